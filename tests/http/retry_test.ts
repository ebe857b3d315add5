import { assertEquals, assertMatch } from "@std/assert";
import { AbortedError, BrokenError, ClosedError, LocalProtocolError } from "../../src/errors.ts";
import type { Client } from "../../src/http/client.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { retryAfterMs } from "../../src/http/retry.ts";
import { kill, spawn } from "../../src/thread/mod.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { answering, type RawRequest, RawServer, response } from "../support/raw_server.ts";

const BUSY = "503 Service Unavailable";

/** Answers the first requests with a status, then well; tells the requests. */
async function busyServer(
  times: number,
  head = "Retry-After: 2\r\n",
  status = BUSY,
): Promise<{ server: RawServer; requests: RawRequest[] }> {
  const requests: RawRequest[] = [];
  const server = await RawServer.start(answering((request) => {
    requests.push(request);
    return requests.length <= times ? response("busy", head, status) : response("well");
  }));
  return { server, requests };
}

testOnManualClock(
  "an answer that says Retry-After is asked for again then, not sooner",
  async (clock) => {
    for (const status of ["429 Too Many Requests", BUSY]) {
      const { server, requests } = await busyServer(2, undefined, status);
      await using _ = server;
      await withClient({}, async (client) => {
        const asking = client.get(server.url());
        await until(() => requests.length === 1 && client.stats().queued === 1);
        assertEquals(client.stats(), { ...NOTHING_LEFT, connections: 1, idle: 1, queued: 1 });
        await clock.advance(1_999);
        assertEquals(requests.length, 1);
        await clock.advance(1);
        await until(() => requests.length === 2 && client.stats().queued === 1);
        await clock.advance(2_000);
        const answer = await asking;
        assertEquals([answer.status, await answer.text(), answer.retryCount], [200, "well", 2]);
        // The body of the refusal was drained, not cut: one connection did it all.
        assertEquals([server.peers.length, client.totals().retries], [1, 2]);
      });
    }
  },
);

Deno.test("Retry-After is seconds or a date in one of three forms, nothing else", () => {
  const now = Date.UTC(2026, 10, 20, 12, 0, 0);
  const table: [string | null, number | null][] = [
    ["0", 0],
    ["120", 120_000],
    ["Fri, 20 Nov 2026 12:00:30 GMT", 30_000],
    ["Friday, 20-Nov-26 12:01:00 GMT", 60_000],
    ["Fri Nov 20 12:00:01 2026", 1_000],
    ["fri, 20 nov 2026 12:00:30 gmt", 30_000],
    ["Fri, 20 Nov 2026 11:00:00 GMT", 0],
    ["-1", null],
    ["1.5", null],
    ["soon", null],
    ["Any, 20 Nov 2026 12:00:30 GMT", null],
    ["2026-11-20T12:00:00Z", null],
    ["", null],
    [null, null],
  ];
  for (const [value, ms] of table) assertEquals([value, retryAfterMs(value, now)], [value, ms]);
});

Deno.test("the answer itself is given out where a retry is not wanted, allowed or in time", async () => {
  const post = { method: "POST", body: "x" };
  const table: [string, ClientOptions, Parameters<Client["request"]>[1]?, string?][] = [
    ["no Retry-After", {}, {}, ""],
    ["no retries for this request", {}, { maxRetries: 0 }],
    ["answers are not retried", {}, { retry: false }],
    ["not to be repeated", {}, post],
    ["too long to wait for", { retry: { maxRetryAfterMs: 1_999 } }],
    ["later than the request may take", {}, { timeout: 1_500 }],
    ["no budget", { retry: { budgetRatio: 0, budgetReserve: 0 } }],
    ["unreadable Retry-After", {}, {}, "Retry-After: soon\r\n"],
  ];
  for (const [name, options, request, head] of table) {
    const { server, requests } = await busyServer(9, head);
    await using _ = server;
    await withClient(options, async (client) => {
      const answer = await client.request(server.url(), request ?? {});
      assertEquals([name, answer.status, await answer.text()], [name, 503, "busy"]);
      assertEquals([requests.length, answer.retryCount], [1, 0]);
    });
  }
});

Deno.test("statuses can be named that are asked again after a rest", async () => {
  const retry = { statuses: [500], backoffMs: 1, maxBackoffMs: 2 };
  const { server, requests } = await busyServer(2, "", "500 Internal Server Error");
  await using _ = server;
  await withClient({ retry }, async (client) => {
    const answer = await client.put(server.url(), { body: "again" });
    assertEquals([answer.status, await answer.text(), answer.retryCount], [200, "well", 2]);
    assertEquals(requests.map((each) => each.body), ["again", "again", "again"]);
  });
});

Deno.test("maxRetries bounds the retries that answers lead to", async () => {
  const { server, requests } = await busyServer(99, "Retry-After: 0\r\n");
  await using _ = server;
  await withClient({ maxRetries: 2 }, async (client) => {
    const answer = await client.get(server.url());
    assertEquals([answer.status, await answer.text(), requests.length], [503, "busy", 3]);
  });
});

Deno.test("a request that rests ends with its signal, its thread and its client", async () => {
  const { server, requests } = await busyServer(99);
  await using _ = server;
  const resting = async (client: Client) => {
    await until(() => requests.length > 0 && client.stats().queued === 1);
    requests.length = 0;
  };
  await withClient({}, async (client) => {
    const abort = new AbortController();
    const aborted = client.get(server.url(), { signal: abort.signal });
    await resting(client);
    abort.abort();
    await failure(aborted, AbortedError);
    const thread = spawn(async () => await client.get(server.url()));
    await resting(client);
    kill(thread);
    await until(() => client.stats().queued === 0);
    const closed = client.get(server.url());
    await resting(client);
    await client.closeAll();
    await failure(closed, ClosedError);
    assertEquals(client.stats(), NOTHING_LEFT);
  });
});

Deno.test("retries stay within the target's budget: an outage is not multiplied", async () => {
  let arrived = 0;
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    arrived++;
    peer.reset();
  });
  const options = {
    maxConnPerTarget: 50,
    maxPipelinedRequests: 0,
    maxRetries: 3,
    retry: { backoffMs: 1, maxBackoffMs: 1, budgetReserve: 5, budgetRatio: 0.1 },
  };
  await withClient(options, async (client) => {
    const all = Array.from({ length: 200 }, (_, n) => client.get(server.url(`/${n}`)));
    const errors = await Promise.all(all.map((each) => failure(each, BrokenError)));
    const { retries, retriesDenied } = client.totals();
    // 5 in reserve and one for every ten requests; the reserve may have gained one or two meanwhile.
    assertEquals([arrived, retries >= 25 && retries < 32], [200 + retries, true]);
    assertEquals(retriesDenied > 0, true);
    assertEquals(errors.filter((each) => each.message.includes("retry budget")).length > 0, true);
  });
});

Deno.test("an Idempotency-Key lets a POST be repeated, and stays the same", async () => {
  const keys: string[] = [];
  await using server = await RawServer.start(async (peer) => {
    const request = await peer.request();
    if (request === null) return;
    keys.push(request.headers["idempotency-key"]);
    if (keys.length % 2 === 1) return peer.reset();
    await peer.send(response("done"));
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const post = async (idempotencyKey?: boolean | string) => {
      const answer = await client.post(server.url(), { body: "pay", idempotencyKey, close: true });
      await answer.discard();
    };
    await post(true);
    await post('order "7"');
    assertEquals(keys[0], keys[1]);
    assertMatch(keys[0], /^"[0-9a-f-]{36}"$/);
    assertEquals(keys.slice(2), ['"order \\"7\\""', '"order \\"7\\""']);
    const error = await failure(post(), BrokenError);
    assertEquals([keys.length, error.sent], [5, "all"]);
    await failure(post("line\r\nbreak"), LocalProtocolError);
  });
});

Deno.test({
  name: "a client IP that got 429 or 503 rests, and the request goes from another",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const ips = ["127.0.0.2", "127.0.0.3"];
    const served: string[] = [];
    await using server = await RawServer.start(answering((_request, peer) => {
      const ip = peer.clientIp.replace("::ffff:", "");
      served.push(ip);
      const isTired = ip === ips[0];
      return isTired
        ? response("", "Retry-After: 30\r\n", "429 Too Many Requests")
        : response("ok");
    }));
    await withClient({ clientIps: ips }, async (client) => {
      for (let n = 0; n < 4; n++) assertEquals(await (await client.get(server.url())).text(), "ok");
      // The one that was refused is left out; the first request did not wait either.
      assertEquals(served, [ips[0], ips[1], ips[1], ips[1], ips[1]]);
      const own = await client.get(server.url(), { clientIp: ips[0], maxRetries: 0 });
      assertEquals(own.status, 429);
    });
  },
});

Deno.test({
  name: "without Retry-After a client IP rests for clientIpRestMs",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const ips = ["127.0.0.2", "127.0.0.3"];
    for (const clientIpRestMs of [0, 60_000]) {
      const served: string[] = [];
      await using server = await RawServer.start(answering((_request, peer) => {
        served.push(peer.clientIp.replace("::ffff:", ""));
        return response("", "", BUSY);
      }));
      await withClient({ clientIps: ips, clientIpRestMs }, async (client) => {
        for (let n = 0; n < 3; n++) assertEquals((await client.get(server.url())).status, 503);
        await turns();
        assertEquals(served, [ips[0], ips[1], ips[0]]);
      });
    }
  },
});
