import { assertEquals, assertMatch } from "@std/assert";
import { BrokenError, ClosedError, DnsError, LimitError } from "../../src/errors.ts";
import type { Client } from "../../src/http/client.ts";
import { failure, NOTHING_LEFT, untilQuiet, withClient } from "../support/client.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { answering, type RawRequest, RawServer, response } from "../support/raw_server.ts";

function echo(request: RawRequest): string {
  return response(`${request.method} ${request.target}`);
}

async function get(client: Client, url: string): Promise<string> {
  return await (await client.get(url)).text();
}

/** A server that answers nothing before it is let go. */
async function holdingServer(): Promise<{ server: RawServer; release: () => void }> {
  const go = Promise.withResolvers<void>();
  const server = await RawServer.start(answering(async (request) => {
    await go.promise;
    return echo(request);
  }));
  return { server, release: go.resolve };
}

/** A port where nobody listens. */
function deadPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("never more connections to a target than maxConnPerTarget", async () => {
  const { server, release } = await holdingServer();
  await using _ = server;
  await withClient({ maxConnPerTarget: 3, maxPipelinedRequests: 0 }, async (client) => {
    const all = Promise.all(Array.from({ length: 10 }, (_, n) => get(client, server.url(`/${n}`))));
    await until(() => client.stats().inFlight === 3);
    await turns(5);
    assertEquals(client.stats(), { ...NOTHING_LEFT, connections: 3, queued: 7, inFlight: 3 });
    release();
    assertEquals(await all, Array.from({ length: 10 }, (_, n) => `GET /${n}`));
    assertEquals([server.peers.length, client.stats().idle], [3, 3]);
  });
});

Deno.test("never more connections in all than maxConn", async () => {
  const [a, b] = [await holdingServer(), await holdingServer()];
  await using _a = a.server;
  await using _b = b.server;
  await withClient({ maxConn: 3, maxPipelinedRequests: 0 }, async (client) => {
    const urls = [0, 1, 2, 3].flatMap((n) => [a.server.url(`/${n}`), b.server.url(`/${n}`)]);
    const all = Promise.all(urls.map((url) => get(client, url)));
    await until(() => client.stats().inFlight === 3);
    await turns(5);
    assertEquals(client.stats(), { ...NOTHING_LEFT, connections: 3, queued: 5, inFlight: 3 });
    a.release();
    b.release();
    await all;
  });
});

Deno.test("one request more than maxQueued fails at once", async () => {
  for (const maxQueued of [0, 2]) {
    const { server, release } = await holdingServer();
    await using _ = server;
    await withClient({ maxConnPerTarget: 1, maxQueued }, async (client) => {
      // One is on its way to a connection: it waits for nobody else.
      const waiting = Array.from({ length: 1 + maxQueued }, () => get(client, server.url("/a")));
      const error = await failure(client.get(server.url("/b")), LimitError);
      assertEquals([error.limit, error.sent], ["maxQueued", "none"]);
      release();
      await Promise.all(waiting);
      assertEquals(await get(client, server.url("/c")), "GET /c");
    });
  }
});

Deno.test("requests wait first come, first served", async () => {
  const seen: string[] = [];
  await using server = await RawServer.start(answering(async (request) => {
    seen.push(request.target);
    await turns(2);
    return echo(request);
  }));
  await withClient({ maxConnPerTarget: 1, maxPipelinedRequests: 0 }, async (client) => {
    await Promise.all(Array.from({ length: 12 }, async (_, n) => {
      await (await client.request(server.url(`/${n}`), { method: n % 3 === 0 ? "POST" : "GET" }))
        .text();
    }));
  });
  assertEquals(seen, Array.from({ length: 12 }, (_, n) => `/${n}`));
});

Deno.test("one target's idle connections do not starve another", async () => {
  await using a = await RawServer.start(answering(echo));
  await using b = await RawServer.start(answering(echo));
  await withClient({ maxConn: 2 }, async (client) => {
    for (let round = 0; round < 3; round++) {
      await Promise.all([get(client, a.url("/1")), get(client, a.url("/2"))]);
      await Promise.all([get(client, b.url("/1")), get(client, b.url("/2"))]);
      assertEquals(client.stats().connections <= 2, true);
    }
  });
});

Deno.test("a target whose server closes after each answer does not starve another", async () => {
  const order: string[] = [];
  const note = (name: string) =>
    answering((request) => {
      order.push(name);
      return response(request.target, "Connection: close\r\n");
    });
  await using a = await RawServer.start(note("a"));
  await using b = await RawServer.start(note("b"));
  await withClient({ maxConn: 1 }, async (client) => {
    const all = Array.from({ length: 5 }, () => get(client, a.url()));
    all.push(get(client, b.url()));
    await Promise.all(all);
  });
  assertEquals(order.indexOf("b") <= 2, true, order.join());
});

Deno.test("a target with many requests shares slots with another in turn", async () => {
  const order: string[] = [];
  const close = "Connection: close\r\n";
  await using a = await RawServer.start(answering(() => (order.push("a"), response("", close))));
  await using b = await RawServer.start(answering(() => (order.push("b"), response("", close))));
  await withClient({ maxConn: 1 }, async (client) => {
    const all = Array.from({ length: 6 }, () => get(client, a.url()));
    await turns();
    all.push(...Array.from({ length: 3 }, () => get(client, b.url())));
    await Promise.all(all);
  });
  assertMatch(order.join(""), /^aa?(ba){3}a*$/);
});

Deno.test("a refused port fails every request that waits, with the plain cause", async () => {
  await withClient({ maxConnPerTarget: 1, maxRetries: 1 }, async (client) => {
    const url = `http://127.0.0.1:${deadPort()}/`;
    const all = Array.from({ length: 5 }, () => failure(client.get(url), BrokenError));
    for (const error of await Promise.all(all)) {
      assertEquals([error.code, error.sent], ["connection refused", "none"]);
    }
    assertEquals(client.stats(), NOTHING_LEFT);
    assertEquals(client.totals().retries, 5);
  });
});

Deno.test("a name without an address is a DNS error", async () => {
  await withClient({ maxRetries: 0 }, async (client) => {
    await failure(client.get("http://no-such-host.invalid/"), DnsError);
  });
});

Deno.test("a failed dial gives its slot to the next target in line", async () => {
  await using server = await RawServer.start(answering(echo));
  await withClient({ maxConn: 1, maxRetries: 0 }, async (client) => {
    const refused = failure(client.get(`http://127.0.0.1:${deadPort()}/`), BrokenError);
    const answered = get(client, server.url("/a"));
    await refused;
    assertEquals(await answered, "GET /a");
  });
});

Deno.test("a request that finds nobody listening is sent once somebody is", async () => {
  const port = deadPort();
  await withClient({}, async (client) => {
    const answer = get(client, `http://127.0.0.1:${port}/`);
    await until(() => client.stats().queued === 1 && client.stats().dialing === 0);
    const server = Deno.serve(
      { port, hostname: "127.0.0.1", onListen() {} },
      () => new Response("up"),
    );
    assertEquals(await answer, "up");
    await client.closeAll();
    await server.shutdown();
  });
});

Deno.test("closeAll ends what waits, what rests, what dials and what is in flight", async () => {
  const { server, release } = await holdingServer();
  await using _ = server;
  await using halfway = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    await peer.ended();
  });
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    const reading = client.get(halfway.url()).then((answer) => answer.text());
    const bodyFailed = failure(reading, ClosedError);
    const inFlight = failure(client.post(server.url(), { body: "x" }), ClosedError);
    await until(() => server.received.includes("x"));
    const queued = failure(client.get(server.url()), ClosedError);
    const resting = failure(client.get(`http://127.0.0.1:${deadPort()}/`), ClosedError);
    await until(() => client.stats().queued === 2 && client.stats().dialing === 0);
    const dialing = failure(client.get("http://127.0.0.1:1/"), ClosedError);
    await Promise.all([client.closeAll(), client.closeAll()]);
    assertEquals(client.stats(), NOTHING_LEFT);
    assertEquals((await inFlight).sent, "all");
    assertEquals((await queued).sent, "none");
    for (const each of await Promise.all([resting, dialing, bodyFailed])) {
      assertEquals(each.code, "closed");
    }
    release();
  });
});

Deno.test("a client serves on after closeAll, and never after it was disposed of", async () => {
  await using server = await RawServer.start(answering(echo));
  await withClient({}, async (client) => {
    await get(client, server.url("/1"));
    await client.closeAll();
    assertEquals(await get(client, server.url("/2")), "GET /2");
    await client[Symbol.asyncDispose]();
    await failure(client.get(server.url("/3")), ClosedError);
  });
});

testOnManualClock(
  "an idle connection is closed after idleTimeoutMs, a used one is not",
  async (clock) => {
    await using server = await RawServer.start(answering(echo));
    await withClient({ idleTimeoutMs: 10_000 }, async (client) => {
      await Promise.all([get(client, server.url("/a")), get(client, server.url("/b"))]);
      assertEquals(client.stats().idle, 2);
      await clock.advance(6_000);
      await get(client, server.url("/c"));
      await clock.advance(6_000);
      assertEquals(client.stats().idle, 1);
      await clock.advance(20_000);
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  },
);

Deno.test("many targets are forgotten again, and none of their places is lost", async () => {
  await using server = await RawServer.start(answering(echo));
  await withClient({ maxConn: 4 }, async (client) => {
    for (let n = 0; n < 1_200; n += 100) {
      await Promise.all(Array.from({ length: 100 }, async (_, m) => {
        const host = `127.0.${Math.floor((n + m) / 250)}.${1 + (n + m) % 250}`;
        await client.get(`http://${host}:${server.port}/`, { maxRetries: 0 }).catch(() => {});
      }));
    }
    await untilQuiet(client);
  });
});
