/** Bodies that wait until the server wants them (RFC 9110 §10.1.1). @module */

import { assertEquals } from "@std/assert";
import { AbortedError, LocalProtocolError, TimeoutError } from "../../src/errors.ts";
import type { RequestOptions } from "../../src/http/options.ts";
import { failure, NOTHING_LEFT, untilQuiet, withClient } from "../support/client.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { type RawPeer, RawServer, response } from "../support/raw_server.ts";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

/** Waits for the head of a request; gives what came behind it. */
async function headOf(peer: RawPeer): Promise<string> {
  await peer.until("\r\n\r\n");
  await turns(5);
  return peer.untaken.slice(peer.untaken.indexOf("\r\n\r\n") + 4);
}

/** Bodies of every kind; all say "hello". */
const BODIES: [kind: string, make: () => RequestOptions["body"]][] = [
  ["text", () => "hello"],
  ["a blob", () => new Blob(["hello"])],
  ["a stream", () => new Blob(["hello"]).stream()],
  ["a function", () => () => "hello"],
];

for (const [kind, make] of BODIES) {
  Deno.test(`a body (${kind}) waits until the server says 100 Continue`, async () => {
    let early = "?";
    await using server = await RawServer.start(async (peer) => {
      early = await headOf(peer);
      await peer.send(CONTINUE);
      const request = await peer.request();
      await peer.send(response(`${request!.headers.expect} ${request!.body}`));
      await peer.ended();
    });
    await withClient({}, async (client) => {
      const options = { body: make(), expectContinue: 60_000 };
      const answer = await client.post(server.url(), options);
      assertEquals([early, await answer.text()], ["", "100-continue hello"]);
      // The connection is as good as before.
      assertEquals(client.stats(), { ...NOTHING_LEFT, connections: 1, idle: 1 });
    });
  });
}

testOnManualClock("a server that says nothing gets the body when the time is up", async (clock) => {
  for (const [expectContinue, ms] of [[true, 1_000], [250, 250]] as const) {
    await using server = await RawServer.start(async (peer) => {
      const request = await peer.request();
      await peer.send(response(request!.body));
      await peer.ended();
    });
    await withClient({}, async (client) => {
      const answer = client.post(server.url(), { body: "hello", expectContinue });
      await until(() => server.peers[0]?.received.endsWith("\r\n\r\n"));
      await clock.advance(ms - 1);
      await turns(5);
      assertEquals(server.received.includes("hello"), false);
      await clock.advance(1);
      assertEquals(await (await answer).text(), "hello");
    });
  }
});

Deno.test("an answer that comes first keeps the body back, and the connection is not used again", async () => {
  let isCancelled = false;
  await using server = await RawServer.start(async (peer) => {
    await headOf(peer);
    await peer.send(response("no", "", "413 Content Too Large"));
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const body = new ReadableStream<Uint8Array>({ cancel: () => void (isCancelled = true) });
    const answer = await client.post(server.url(), { body, expectContinue: 60_000 });
    assertEquals([answer.status, await answer.text()], [413, "no"]);
    await until(() => isCancelled);
    assertEquals(client.stats(), NOTHING_LEFT);
  });
  assertEquals(server.received.endsWith("\r\n\r\n"), true);
});

Deno.test("417: the request goes once more without the expectation, its body untouched", async () => {
  for (const [kind, make] of BODIES) {
    await using server = await RawServer.start(async (peer) => {
      if (peer.index === 0) {
        await headOf(peer);
        return await peer.send(response("", "", "417 Expectation Failed"));
      }
      const request = await peer.request();
      await peer.send(response(`${request!.headers.expect} ${request!.body}`));
      await peer.ended();
    });
    await withClient({ maxRetries: 0 }, async (client) => {
      const answer = await client.post(server.url(), { body: make(), expectContinue: 60_000 });
      assertEquals([answer.status, await answer.text()], [200, "undefined hello"], kind);
      assertEquals([server.peers.length, client.totals().retries], [2, 0]);
    });
  }
});

Deno.test("417 to a request that expects nothing any more is an answer like others", async () => {
  await using server = await RawServer.start(async (peer) => {
    await headOf(peer);
    await peer.send(response("never", "", "417 Expectation Failed"));
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const answer = await client.post(server.url(), { body: "x", expectContinue: 60_000 });
    assertEquals([answer.status, await answer.text()], [417, "never"]);
    assertEquals(server.peers.length, 2);
  });
});

Deno.test("100 and the answer in one piece: the body is still owed and goes", async () => {
  await using server = await RawServer.start(async (peer) => {
    await headOf(peer);
    await peer.send(CONTINUE + response("early", "Connection: close\r\n"));
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const answer = await client.post(server.url(), { body: "hello", expectContinue: 60_000 });
    assertEquals(await answer.text(), "early");
  });
});

Deno.test("100 Continue that nobody waits for is passed over", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(CONTINUE + CONTINUE + response("ok"));
    await peer.ended();
  });
  await withClient({}, async (client) => {
    assertEquals(await (await client.post(server.url(), { body: "x" })).text(), "ok");
  });
});

Deno.test("nothing stands behind a request whose body waits, nor it behind another", async () => {
  const behind: string[] = [];
  await using server = await RawServer.start(async (peer) => {
    for (let n = 0; n < 3; n++) {
      await until(() => peer.untaken.includes("\r\n\r\n"));
      await turns(5);
      behind.push(peer.untaken.split("\r\n\r\n").slice(1).join("|"));
      if (peer.untaken.startsWith("POST")) await peer.send(CONTINUE);
      await peer.send(response((await peer.request())!.target));
    }
    await peer.ended();
  });
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await (await client.get(server.url("/0"))).text();
    const asked = [
      client.post(server.url("/1"), { body: "b", expectContinue: 60_000, idempotent: true }),
      client.get(server.url("/2")),
    ];
    const all = await Promise.all(asked.map(async (each) => await (await each).text()));
    assertEquals(all, ["/1", "/2"]);
  });
  assertEquals(behind, ["", "", ""]);
});

Deno.test("a request that is given up while its body waits leaves nothing behind", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  await withClient({}, async (client) => {
    const abort = new AbortController();
    const options = { body: "x", expectContinue: 60_000 };
    const aborted = client.post(server.url(), { ...options, signal: abort.signal });
    await until(() => server.received.endsWith("\r\n\r\n"));
    abort.abort();
    await failure(aborted, AbortedError);
    const late = await failure(
      client.post(server.url(), { ...options, timeout: 30 }),
      TimeoutError,
    );
    assertEquals(late.sent, "partial");
    await untilQuiet(client);
    assertEquals(client.stats(), NOTHING_LEFT);
  });
});

Deno.test("a request without a body expects nothing; a field that says so too is refused", async () => {
  await using server = await RawServer.start(async (peer) => {
    const request = await peer.request();
    await peer.send(response(String(request!.headers.expect)));
    await peer.ended();
  });
  await withClient({}, async (client) => {
    for (const body of [undefined, ""]) {
      const answer = await client.post(server.url(), { body, expectContinue: true });
      assertEquals(await answer.text(), "undefined");
      await client.closeAll();
    }
    const options = { body: "x", expectContinue: true, headers: { Expect: "100-continue" } };
    await failure(client.post(server.url(), options), LocalProtocolError);
  });
});
