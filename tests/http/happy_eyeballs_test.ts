import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BrokenError, DnsError, LasaError, TimeoutError } from "../../src/errors.ts";
import { dial } from "../../src/socket/dial.ts";
import { attemptDelayOf, connectFirst, interleaved } from "../../src/socket/happy_eyeballs.ts";
import { TcpSocket } from "../../src/socket/tcp.ts";
import type { ManualClock } from "../../src/thread/manual_clock.ts";
import { failure, withClient } from "../support/client.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

Deno.test("the families take turns, IPv6 first, each in its own order (RFC 8305 §4)", () => {
  assertEquals(interleaved(["1.1.1.1", "::1", "2.2.2.2", "::2", "::3"]), [
    "::1",
    "1.1.1.1",
    "::2",
    "2.2.2.2",
    "::3",
  ]);
  assertEquals(interleaved(["1.1.1.1", "2.2.2.2"]), ["1.1.1.1", "2.2.2.2"]);
  assertEquals(interleaved([]), []);
});

Deno.test("happyEyeballs is a duration, or whether there is one", () => {
  assertEquals([undefined, true, false, 0, 30].map(attemptDelayOf), [250, 250, Infinity, 0, 30]);
  for (const bad of [-1, NaN]) {
    let error: unknown;
    try {
      attemptDelayOf(bad);
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof RangeError);
  }
});

/** A connection that is none. */
class Fake {
  readonly address: string;
  isClosed = false;
  constructor(address: string) {
    this.address = address;
  }
  close(): void {
    this.isClosed = true;
  }
}

interface Attempt {
  readonly address: string;
  readonly at: number;
  readonly signal: AbortSignal | undefined;
  readonly open: () => Fake;
  readonly fail: (error: Error) => void;
}

/** Attempts that a test ends as it likes. */
function race(clock: ManualClock, addresses: string[], delayMs = 250, signal?: AbortSignal) {
  const attempts: Attempt[] = [];
  const connect = (address: string, signal: AbortSignal | undefined) => {
    const { promise, resolve, reject } = Promise.withResolvers<Fake>();
    signal?.addEventListener("abort", () => reject(signal.reason));
    const open = () => {
      const connection = new Fake(address);
      resolve(connection);
      return connection;
    };
    attempts.push({ address, at: clock.now(), signal, open, fail: reject });
    return promise;
  };
  const winner = connectFirst(addresses, connect, { doing: "connect to a:80", delayMs, signal });
  const tried = () => attempts.map(({ address, at }) => `${address} at ${at}`);
  return { attempts, winner, tried };
}

testOnManualClock("the next address is tried when the last keeps silent", async (clock) => {
  const { attempts, winner, tried } = race(clock, ["a", "b", "c"]);
  await clock.advance(1_000);
  assertEquals(tried(), ["a at 0", "b at 250", "c at 500"]);
  const opened = attempts[1].open();
  assert(await winner === opened);
  assertEquals(attempts.map(({ signal }) => signal?.aborted), [true, false, true]);
  assertEquals(clock.pending, 0);
});

testOnManualClock("the next address is tried at once when the last fails", async (clock) => {
  const { attempts, winner, tried } = race(clock, ["a", "b", "c"]);
  await clock.advance(100);
  attempts[0].fail(new Error("no"));
  await turns();
  assertEquals(tried(), ["a at 0", "b at 100"]);
  // The time counts from the last attempt.
  await clock.advance(249);
  assertEquals(attempts.length, 2);
  await clock.advance(1);
  assertEquals(tried(), ["a at 0", "b at 100", "c at 350"]);
  attempts[2].open();
  assertEquals((await winner).address, "c");
});

testOnManualClock("one after the other where there is no delay to wait for", async (clock) => {
  const { attempts, winner, tried } = race(clock, ["a", "b"], Infinity);
  await clock.advance(60_000);
  assertEquals(tried(), ["a at 0"]);
  attempts[0].fail(new Error("no"));
  await turns();
  attempts[1].open();
  assertEquals((await winner).address, "b");
});

testOnManualClock("a loser that opens after all is closed", async (clock) => {
  const { attempts, winner } = race(clock, ["a", "b"]);
  await clock.advance(250);
  const [first, second] = attempts.map(({ open }) => open());
  assert(await winner === first);
  await turns();
  assertEquals([first.isClosed, second.isClosed], [false, true]);
});

testOnManualClock(
  "when all fail, each is named, and the most telling decides the kind",
  async (clock) => {
    const { attempts, winner } = race(clock, ["::1", "192.0.2.1", "192.0.2.2"], 0);
    const failed = assertRejects(() => winner, BrokenError);
    await clock.advance(1);
    attempts[2].fail(new Error("os error: connection reset"));
    attempts[0].fail(new Error("Network is unreachable (os error 101)"));
    attempts[1].fail(new Error("No route to host (os error 113)"));
    const error = await failed;
    assertEquals(error.code, "connection reset by peer");
    assertEquals(
      error.message,
      "Cannot connect to a:80: 192.0.2.2: connection reset by peer; ::1: network is unreachable; " +
        "192.0.2.1: no route to host",
    );
    assert(error.cause instanceof AggregateError);
  },
);

testOnManualClock("what is taken back ends when all attempts have", async (clock) => {
  const abort = new AbortController();
  const { attempts, winner } = race(clock, ["a", "b", "c"], 250, abort.signal);
  const failed = assertRejects(() => winner, Error, "enough");
  await clock.advance(300);
  abort.abort(new Error("enough"));
  await failed;
  assertEquals(attempts.map(({ signal }) => signal?.aborted), [true, true]);
  assertEquals(clock.pending, 0);
  const late = race(clock, ["a", "b"], 250, abort.signal);
  await assertRejects(() => late.winner, Error, "enough");
  assertEquals(late.attempts, []);
});

/** A port that a listener with a full backlog keeps silent on, at 127.0.0.2. */
async function withDeafPort(test: (port: number) => Promise<void>): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.2", port: 0, tcpBacklog: 1 });
  const { port } = listener.addr;
  const fill: Deno.Conn[] = [];
  for (let count = 0; count < 4; count++) {
    const signal = AbortSignal.timeout(50);
    await Deno.connect({ hostname: "127.0.0.2", port, signal })
      .then((conn) => fill.push(conn), () => {});
  }
  try {
    await test(port);
  } finally {
    for (const conn of fill) conn.close();
  }
}

Deno.test("an address that keeps silent holds a client up no longer than it is told", async () => {
  await withDeafPort(async (port) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port });
    const serving = listener.accept();
    const resolve = { "a.test": ["127.0.0.2", "127.0.0.1"] };
    await withClient({ resolve, happyEyeballs: 20 }, async (client) => {
      const answer = client.get(`http://a.test:${port}/`);
      const conn = await serving;
      await conn.read(new Uint8Array(1024));
      await conn.write(new TextEncoder().encode(response("here")));
      assertEquals(await (await answer).text(), "here");
      assertEquals(client.stats().connections, 1);
      conn.close();
      await until(() => client.stats().connections === 0);
    });
    await withClient(
      { resolve, happyEyeballs: false, timeouts: { connect: 60 } },
      async (client) => {
        const error = await failure(client.get(`http://a.test:${port}/`), TimeoutError);
        assertEquals(error.phase, "connect");
      },
    );
  });
});

Deno.test("an address that refuses gives way to the next at once", async () => {
  await using server = await RawServer.start(answering(() => response("here")));
  const resolve = { "a.test": ["::1", "127.0.0.2", "127.0.0.1"] };
  await withClient({ resolve, happyEyeballs: false }, async (client) => {
    assertEquals(await (await client.get(`http://a.test:${server.port}/`)).text(), "here");
    assertEquals(client.totals().retries, 0);
  });
});

Deno.test("a cosocket tries the addresses of a name too, and tells each that failed", async () => {
  await using server = await RawServer.start((peer) => peer.send("hi\n"));
  for (const happyEyeballs of [undefined, false, 5]) {
    await using socket = new TcpSocket();
    await socket.connect("localhost", server.port, { happyEyeballs });
    assertEquals(await socket.receive(), "hi");
  }
  const stream = await dial({ host: "a.test", port: server.port }, {
    addresses: ["127.0.0.2", "127.0.0.1"],
  });
  assertEquals(stream.remoteAddress, {
    transport: "tcp",
    hostname: "127.0.0.1",
    port: server.port,
  });
  stream.close();
  const unknown = await assertRejects(
    () => new TcpSocket().connect("nowhere.invalid", 80),
    DnsError,
  );
  assertStringIncludes(unknown.message, "nowhere.invalid");
});

Deno.test("from a local address only those of its family are called", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  const to = { host: "a.test", port: server.port };
  const stream = await dial(to, {
    addresses: ["::1", "127.0.0.1"],
    localAddress: "127.0.0.3",
  });
  assertEquals(
    stream.localAddress?.transport === "tcp" && stream.localAddress.hostname,
    "127.0.0.3",
  );
  stream.close();
  const error = await assertRejects(
    () => dial(to, { addresses: ["127.0.0.1"], localAddress: "::1" }),
    LasaError,
  );
  assertStringIncludes(error.message, "none of 127.0.0.1 can be called from ::1");
  await until(() => server.peers[0]?.hasEnded ?? false);
});
