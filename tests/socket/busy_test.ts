import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, ClosedError, KilledError, TimeoutError } from "../../src/errors.ts";
import { connect } from "../../src/socket/mod.ts";
import type { ByteStream } from "../../src/socket/stream.ts";
import { TcpSocket } from "../../src/socket/tcp.ts";
import { deadline } from "../../src/thread/deadline.ts";
import { kill, list, spawn, wait } from "../../src/thread/mod.ts";
import { text } from "../support/bytes.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { withSocket } from "../support/loopback.ts";

Deno.test("11: while one reads, every other use but send is busy, and send works", () =>
  withSocket(async ({ socket, peer }) => {
    const reading = socket.receive();
    const others: (() => Promise<unknown>)[] = [
      () => socket.receive(1),
      () => socket.receive(),
      () => socket.receive("*a"),
      () => socket.receiveAny(1),
      () => socket.receiveUntil("x")(),
      () => socket.connect("127.0.0.1", 1),
    ];
    for (const other of others) {
      const error = await assertRejects(other, BusyError);
      assertEquals(error.code, "busy");
    }
    assertThrows(() => socket.close(), BusyError, "Cannot close: the socket is busy reading");
    assertThrows(() => socket.bind("127.0.0.1", 0), BusyError);
    await socket.send("ping");
    assertEquals(await peer.receive(4), "ping");
    await peer.send("pong\n");
    assertEquals(await reading, "pong");
    socket.close();
  }));

Deno.test("11: while one connects, another connect, and close, is busy", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using socket = new TcpSocket();
  const calling = socket.connect("127.0.0.1", listener.addr.port);
  await assertRejects(
    () => socket.connect("127.0.0.1", listener.addr.port),
    BusyError,
    "busy connecting",
  );
  assertThrows(() => socket.close(), BusyError, "Cannot close: the socket is busy connecting");
  await calling;
  (await listener.accept()).close();
});

testOnManualClock(
  "10: a read that times out leaves the socket open, both ways",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      const failed = assertRejects(
        () => socket.receive(1),
        TimeoutError,
        "nothing came for 30000 ms",
      );
      await clock.advance(30_000);
      const error = await failed;
      assertEquals([error.code, error.phase], ["timeout", "read"]);
      await socket.send("ping");
      assertEquals(await peer.receive(4), "ping");
      await peer.send("x");
      assertEquals(text(await socket.receive(1)), "x");
    }),
);

testOnManualClock(
  "13: setTimeout is in milliseconds; 0, less or none means 30 s",
  (clock) =>
    withSocket(async ({ socket }) => {
      const cases: [number | undefined, number][] = [
        [250, 250],
        [0, 30_000],
        [10, 10],
        [-1, 30_000],
        [5, 5],
        [undefined, 30_000],
      ];
      for (const [given, expected] of cases) {
        socket.setTimeout(given);
        const failed = assertRejects(() => socket.receive(1), TimeoutError);
        await clock.advance(expected - 1);
        assertEquals(clock.pending, 1);
        await clock.advance(1);
        await failed;
      }
    }),
);

testOnManualClock(
  "13: setTimeouts sets the read's timeout by itself",
  (clock) =>
    withSocket(async ({ socket }) => {
      socket.setTimeouts(1, 2, 70);
      const failed = assertRejects(() => socket.receive(1), TimeoutError);
      await clock.advance(69);
      assertEquals(clock.pending, 1);
      await clock.advance(1);
      await failed;
    }),
);

testOnManualClock(
  "a read that can be met from the buffer sets no alarm",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      await peer.send("abc\ndef");
      await until(() => socket.peek());
      assertEquals(await socket.receive(), "abc");
      const reading = socket.receive(3);
      assertEquals(clock.pending, 0);
      assertEquals(text(await reading), "def");
    }),
);

Deno.test("23: killing a thread that is parked in a read closes that socket", () =>
  withSocket(async ({ socket, peer }) => {
    let error: unknown;
    const thread = spawn(() => socket.receive(5).catch((caught) => error = caught));
    await peer.send("ab");
    await turns(3);
    assertEquals(list().find(({ id }) => id === thread.id)!.waitingOn, "data");
    kill(thread);
    assertEquals(await peer.isCutOff(), true);
    assertEquals([socket.localAddress, socket.remoteAddress], [null, null]);
    assert(error instanceof KilledError);
    await assertRejects(() => socket.receive(1), ClosedError);
    await assertRejects(() => socket.send("x"), ClosedError);
  }));

Deno.test("23: a thread that is killed between its data's arrival and its next wait ends too", async () => {
  const { promise: read, resolve: bring } = Promise.withResolvers<number | null>();
  let isClosed = false;
  const stream: ByteStream = {
    localAddress: null,
    remoteAddress: null,
    read: () => read,
    write: (bytes) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    ref() {},
    unref() {},
    close: () => isClosed = true,
  };
  const socket = TcpSocket.over(stream);
  let error: unknown;
  const thread = spawn(() => socket.receive(10).catch((caught) => error = caught));
  bring(3);
  // Runs when the waiting read has been woken and has not gone on.
  queueMicrotask(() => kill(thread));
  await turns(2);
  assert(error instanceof KilledError, String(error));
  assertEquals(isClosed, true);
});

Deno.test("disposing of a socket fails the read that goes on, as closed", () =>
  withSocket(async ({ socket, peer }) => {
    const failed = assertRejects(() => socket.receive(1), ClosedError, "the socket was closed");
    await socket[Symbol.asyncDispose]();
    await failed;
    assertEquals(await peer.isCutOff(), true);
  }));

testOnManualClock(
  "a deadline ends a read, which keeps its bytes and leaves the socket open",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      await peer.send("ab");
      await until(() => socket.peek());
      const failed = assertRejects(() => deadline(100, () => socket.receive(5)), TimeoutError);
      await clock.advance(100);
      const error = await failed;
      assertEquals([error.code, error.phase], ["timeout", "deadline"]);
      assertEquals(text(error.partial as Uint8Array), "ab");
      await peer.send("cd");
      assertEquals(text(await socket.receive(2)), "cd");
    }),
);

testOnManualClock(
  "a deadline bounds a child's reads, however its bytes trickle in",
  async (clock) => {
    await withSocket(async ({ socket, peer }) => {
      const child = await deadline(100, () => spawn(() => socket.receive(100)));
      const ending = wait(child);
      for (let n = 0; n < 4; n++) {
        await clock.advance(25);
        await peer.send("x").catch(() => {});
      }
      const end = await ending;
      assert(!end.ok);
      assertEquals((end.error as TimeoutError).phase, "deadline");
    });
  },
);

Deno.test("past its deadline not even a read from the buffer is allowed", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("ab");
    await until(() => socket.peek());
    await deadline(0, async () => {
      await assertRejects(() => socket.receive(1), TimeoutError, "deadline");
      await assertRejects(() => socket.send("x"), TimeoutError, "deadline");
      await assertRejects(() => connect("127.0.0.1", 1), TimeoutError, "deadline");
    }).catch((error) => assertEquals(error.phase, "deadline"));
    assertEquals(text(await socket.receive(2)), "ab");
  }));
