import { assertEquals } from "@std/assert";
import { BrokenError, TimeoutError } from "../../src/errors.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { failure, NOTHING_LEFT, untilQuiet, withClient } from "../support/client.ts";
import { testOnManualClock, until } from "../support/clock.ts";
import { winTrust } from "../support/pipelining.ts";
import { answering, type RawScript, RawServer, response } from "../support/raw_server.ts";

const silent: RawScript = (peer) => peer.ended();

/** What a timeout says, beside its kind. */
function told(error: TimeoutError) {
  return [error.phase, error.sent, error.code];
}

/** A listener whose backlog is full, so that connecting to it never ends. */
async function withDeafPort(test: (port: number) => Promise<void>): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const fill: Deno.Conn[] = [];
  for (let count = 0; count < 4; count++) {
    const signal = AbortSignal.timeout(50);
    const to = { hostname: "127.0.0.1", port: listener.addr.port, signal };
    await Deno.connect(to).then((conn) => fill.push(conn), () => {});
  }
  try {
    await test(listener.addr.port);
  } finally {
    for (const conn of fill) conn.close();
  }
}

Deno.test("queue: no connection was free in time", async () => {
  await using server = await RawServer.start(silent);
  await withClient({ maxConnPerTarget: 1, timeouts: { queue: 20 } }, async (client) => {
    const first = failure(client.get(server.url(), { timeout: 300 }), TimeoutError);
    await until(() => client.stats().inFlight === 1);
    const second = await failure(client.get(server.url()), TimeoutError);
    assertEquals(told(second), ["queue", "none", "timeout"]);
    assertEquals(client.stats().queued, 0);
    assertEquals(told(await first), ["headers", "all", "timeout"]);
  });
});

Deno.test("connect: the connection does not come about in time, and is not tried again", async () => {
  await withDeafPort(async (port) => {
    await withClient({ timeouts: { connect: 30 } }, async (client) => {
      const error = await failure(client.get(`http://127.0.0.1:${port}/`), TimeoutError);
      assertEquals(told(error), ["connect", "none", "timeout"]);
      assertEquals(client.stats(), NOTHING_LEFT);
      assertEquals(client.totals().retries, 0);
    });
  });
});

Deno.test("tls: the handshake is not answered in time", async () => {
  await using server = await RawServer.start(silent);
  const url = server.url().replace("http:", "https:");
  for (const tls of [{}, { verify: false }]) {
    await withClient({ timeouts: { connect: 30 }, tls }, async (client) => {
      const error = await failure(client.get(url), TimeoutError);
      assertEquals(told(error), ["tls", "none", "timeout"]);
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  }
});

const LARGE = new Uint8Array(32 * 1024 * 1024);

Deno.test("send: the peer takes nothing", async () => {
  await using server = await RawServer.start((peer) => peer.stopReading());
  await withClient({ timeouts: { send: 50 } }, async (client) => {
    const bodies = [LARGE, new Blob([LARGE]), () => ReadableStream.from([LARGE])];
    for (const body of bodies) {
      const error = await failure(client.post(server.url(), { body }), TimeoutError);
      assertEquals(told(error), ["send", "partial", "timeout"]);
    }
  });
});

testOnManualClock("send: a source that is slow is not the peer's fault", async (clock) => {
  await using server = await RawServer.start(answering(({ body }) => response(body)));
  await withClient({}, async (client) => {
    const go = Promise.withResolvers<void>();
    const body = (async function* () {
      yield new Uint8Array([65]);
      await go.promise;
      yield new Uint8Array([66]);
    })();
    const answer = client.post(server.url(), { body });
    await until(() => server.received.endsWith("A\r\n"));
    await clock.advance(300_000);
    go.resolve();
    assertEquals(await (await answer).text(), "AB");
  });
});

testOnManualClock("send: a peer that takes a large piece bit by bit is not late", async (clock) => {
  const folder = await Deno.makeTempDir();
  // What the system keeps of a Unix connection is little and fixed, so each bit needs the client.
  const socketPath = `${folder}/socket`;
  using listener = Deno.listen({ transport: "unix", path: socketPath });
  const piece = new Uint8Array(4 * 1024 * 1024);
  await withClient({ socketPath }, async (client) => {
    const answer = client.put("http://a.test/", { body: () => ReadableStream.from([piece]) });
    using peer = await listener.accept();
    const into = new Uint8Array(64 * 1024);
    let taken = 0;
    let last = "";
    const take = async () => {
      const count = (await peer.read(into))!;
      taken += count;
      last = new TextDecoder("latin1").decode(into.subarray(0, count));
    };
    for (let part = 1; part <= 3; part++) {
      while (taken < part * piece.length / 4) await take();
      assertEquals(client.stats().inFlight, 1);
      await clock.advance(29_000);
    }
    while (!last.endsWith("0\r\n\r\n")) await take();
    await peer.write(new TextEncoder().encode(response("all")));
    // On a clock that stands still, nothing but this keeps the process alive.
    const end = peer.read(into);
    assertEquals(await (await answer).text(), "all");
    await client.closeAll();
    assertEquals(await end, null);
  });
  await Deno.remove(folder, { recursive: true });
});

testOnManualClock("headers: no answer within the time from the request sent", async (clock) => {
  await using server = await RawServer.start(silent);
  await withClient({}, async (client) => {
    for (const method of ["GET", "POST"]) {
      const answer = failure(client.request(server.url(), { method }), TimeoutError);
      await until(() => client.stats().inFlight === 1 && server.received.includes(method));
      await clock.advance(29_000);
      assertEquals(client.stats().inFlight, 1);
      await clock.advance(1_001);
      assertEquals(told(await answer), ["headers", "all", "timeout"]);
      assertEquals(client.stats(), NOTHING_LEFT);
    }
  });
});

testOnManualClock("headers: the time begins anew when a request is sent again", async (clock) => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const answer = failure(client.get(server.url()), TimeoutError);
    await until(() => server.received.includes("GET"));
    await clock.advance(20_000);
    server.peers[0].reset();
    await until(() => server.peers[1]?.received.includes("GET") ?? false);
    await clock.advance(20_000);
    assertEquals(client.stats().inFlight, 1);
    await clock.advance(11_000);
    await answer;
  });
});

/** A server that has earned trust, then gets a pipeline and is told when to answer which. */
async function withPipeline(
  test: (
    server: RawServer,
    ask: (n: number, options?: object) => Promise<string>,
    untilSent: (n: number) => Promise<void>,
  ) => Promise<void>,
  options: ClientOptions = {},
): Promise<void> {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    if (peer.index === 0) {
      await peer.send(response("trust"));
      await peer.requests(2);
      await peer.send(response("trust").repeat(2));
    }
    await peer.ended();
  });
  await withClient({ maxConnPerTarget: 1, maxRetries: 0, ...options }, async (client) => {
    await winTrust(client, server.url());
    await test(
      server,
      async (n, options) => await (await client.get(server.url(`/${n}`), options)).text(),
      (n) => until(() => server.received.includes(`/${n} `)),
    );
    await untilQuiet(client);
  });
}

testOnManualClock(
  "headers: a pipelined request's time begins when its turn comes",
  async (clock) => {
    await withPipeline(async (server, ask, untilSent) => {
      const first = ask(1);
      const second = failure(ask(2, { timeouts: { headers: 5_000 } }), TimeoutError);
      await untilSent(2);
      await clock.advance(20_000);
      await server.peers[0].send(response("one"));
      assertEquals(await first, "one");
      await clock.advance(4_000);
      await clock.advance(1_001);
      assertEquals(told(await second), ["headers", "all", "timeout"]);
    });
  },
);

testOnManualClock("headers: those behind the one that times out go elsewhere", async (clock) => {
  await withPipeline(async (server, ask, untilSent) => {
    const first = failure(ask(1), TimeoutError);
    const second = ask(2);
    await untilSent(2);
    await clock.advance(30_001);
    await first;
    await until(() => server.peers[1]?.received.includes("/2 ") ?? false);
    await server.peers[1].send(response("two"));
    assertEquals(await second, "two");
  });
});

testOnManualClock("a body that was given up holds nobody up for ever", async (clock) => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(response(peer.index === 0 ? "trust" : "elsewhere"));
    await peer.requests(2);
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    await peer.ended();
  });
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await (await client.get(server.url())).text();
    const stuck = client.get(server.url("/1"));
    const behind = client.get(server.url("/2"));
    await (await stuck).discard();
    await clock.advance(30_001);
    assertEquals(await (await behind).text(), "elsewhere");
  });
});

testOnManualClock("body: the next piece does not come in time", async (clock) => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const answer = await client.get(server.url());
    // While nobody reads, no time runs.
    await clock.advance(300_000);
    const reading = failure(answer.text(), TimeoutError);
    await clock.advance(29_000);
    await clock.advance(1_001);
    assertEquals(told(await reading), ["body", "all", "timeout"]);
    assertEquals(client.stats().inFlight <= 1, true);
  });
});

testOnManualClock(
  "timeout: the whole exchange ends in time, whatever phase it is in",
  async (clock) => {
    await using server = await RawServer.start(async (peer) => {
      const request = await peer.request();
      if (request?.target === "/body") {
        await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
      }
      await peer.ended();
    });
    await withClient({ maxConnPerTarget: 1 }, async (client) => {
      const headers = failure(client.get(server.url(), { timeout: 1_000 }), TimeoutError);
      await until(() => server.received.includes("GET"));
      const queue = failure(client.get(server.url(), { timeout: 500 }), TimeoutError);
      await clock.advance(1_001);
      assertEquals([told(await queue), told(await headers)], [
        ["queue", "none", "timeout"],
        ["headers", "all", "timeout"],
      ]);
      const answer = await client.get(server.url("/body"), { timeout: 1_000 });
      const reading = failure(answer.text(), TimeoutError);
      await clock.advance(1_001);
      assertEquals(told(await reading), ["body", "all", "timeout"]);
    });
  },
);

Deno.test("an error of the connection is not called a timeout", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    peer.reset();
  });
  await withClient({ maxRetries: 0 }, async (client) => {
    await failure(client.get(server.url(), { timeout: 5_000 }), BrokenError);
  });
});
