import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, ClosedError, KilledError, TimeoutError } from "../../src/errors.ts";
import { tcp } from "../../src/socket/mod.ts";
import { TcpSocket } from "../../src/socket/tcp.ts";
import { deadline } from "../../src/thread/deadline.ts";
import { after, kill, select, sleep, spawn, wait } from "../../src/thread/mod.ts";
import { bytes, splitsOf, text } from "../support/bytes.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { withSocket } from "../support/loopback.ts";
import { HandStream } from "../support/hand_stream.ts";
import { PlannedStream } from "../support/planned_stream.ts";

/** Takes lines until none is here. */
function drained(socket: TcpSocket): string[] {
  const lines: string[] = [];
  for (let line = socket.tryReceive(); line !== null; line = socket.tryReceive()) lines.push(line);
  return lines;
}

Deno.test("tryReceive gives what receive would, in each form, as far as it is here", () =>
  withSocket(async ({ socket, peer }) => {
    const sent = "one\r\nt\rwo\nb\xffs\n12345four\nrest";
    await peer.send(sent);
    await peer.conn.closeWrite();
    assertEquals(await socket.receive(), "one");
    await until(async () => (await socket.peekBytes(sent.length - 5)).length > 0);
    assertEquals(socket.tryReceive(), "two");
    assertEquals(socket.tryReceive("*l", { as: "bytes" }), bytes("b\xffs"));
    assertEquals(socket.tryReceive(5), bytes("12345"));
    assertEquals(socket.tryReceive(0), new Uint8Array(0));
    assertEquals(socket.tryReceive(undefined, { as: "text" }), "four");
    assertEquals(socket.tryReceive(), null);
    assertEquals(socket.tryReceive("*l", { as: "bytes" }), null);
    assertEquals(socket.tryReceive(5), null);
    assertEquals(socket.tryReceive("*a"), null);
    assertEquals(text(await socket.receive("*a")), "rest");
  }));

Deno.test("lines that are awaited and drained in turn are those that were sent, at every split", async () => {
  const sent = "ab\r\n\nc\xc3\xa4\rd\r\r\n\xff\n\xf0\x9f\x98\x80\nlast\xe2\x82";
  for (const pieces of splitsOf(sent)) {
    const sizes = pieces.map((piece) => piece.length);
    await withSocket(async ({ socket, peer }) => {
      await peer.send(sent);
      await peer.conn.closeWrite();
      const lines: string[] = [];
      const error = await assertRejects(async () => {
        for (;;) lines.push(await socket.receive(), ...drained(socket));
      }, ClosedError);
      assertEquals(lines, ["ab", "", "cäd", "\ufffd", "😀"]);
      assertEquals((error as ClosedError).partial, "last\ufffd");
    }, (stream) => new PlannedStream(stream, sizes));
  }
});

Deno.test("tryReceive mixes with every other read, at every split", async () => {
  const sent = "one\r\ntwo\n12345\nuntil|piece|x\nselected\nlooked\nend\n";
  for (const pieces of splitsOf(sent)) {
    const sizes = pieces.map((piece) => piece.length);
    await withSocket(async ({ socket, peer }) => {
      const until = socket.receiveUntil("|");
      // What is not here yet is awaited in the same form: nothing of it may be gone.
      const line = async () => socket.tryReceive() ?? await socket.receive();
      const size = async (size: number) => socket.tryReceive(size) ?? await socket.receive(size);
      await peer.send(sent);
      assertEquals([await line(), await line()], ["one", "two"]);
      assertEquals([text(await size(2)), text(await size(3))], ["12", "345"]);
      assertEquals(await line(), "");
      assertEquals(text((await until())!), "until");
      assertEquals(text((await until(3))!), "pie");
      assertEquals(text(await size(1)), "c");
      assertEquals(text((await until())!), "e");
      assertEquals(await line(), "x");
      assertEquals((await select({ line: socket.receiving() })).value, "selected");
      assertEquals(text(await socket.peekBytes(4)), "look");
      assertEquals([await line(), await line()], ["looked", "end"]);
      assertEquals([socket.tryReceive(), socket.tryReceive(1)], [null, null]);
    }, (stream) => new PlannedStream(stream, sizes));
  }
});

testOnManualClock(
  "what a timeout left and what came late is there for tryReceive",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      await peer.send("a\nhel");
      assertEquals(await socket.receive(), "a");
      const failed = assertRejects(() => socket.receive(), TimeoutError);
      await clock.advance(30_000);
      assertEquals((await failed).partial, "hel");
      assertEquals(socket.tryReceive(), null);
      // The platform's read is still pending: it brings this while nobody waits.
      await peer.send("lo\nworld\n");
      await until(() => socket.peek());
      assertEquals(socket.tryReceive(), "lo");
      assertEquals(socket.tryReceive(), "world");
      assertEquals(clock.pending, 0);
    }),
);

Deno.test("what a case of a select that lost has read is there for tryReceive", () =>
  withSocket(async ({ socket, peer }) => {
    assertEquals((await select({ line: socket.receiving(), now: after(0) })).key, "now");
    assertEquals((await select({ line: socket.receiving(), soon: after(1) })).key, "soon");
    await peer.send("late\n");
    await until(() => socket.peek());
    assertEquals(socket.tryReceive(), "late");
  }));

Deno.test("tryReceive reads nothing by itself", async () => {
  const stream = new HandStream();
  await using socket = TcpSocket.over(stream);
  stream.arrive("there\n");
  assertEquals(socket.tryReceive(), null);
  await turns(2);
  assertEquals(socket.tryReceive(), null);
  assertEquals(await socket.receive(), "there");
});

Deno.test("at the end tryReceive gives what is whole, then null, and the next receive tells the end", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("one\ntwo\nthr");
    await peer.conn.closeWrite();
    assertEquals(await socket.receive(), "one");
    await assertRejects(() => socket.peekBytes(8), ClosedError);
    assertEquals(drained(socket), ["two"]);
    assertEquals([socket.tryReceive(), socket.tryReceive(4)], [null, null]);
    const error = await assertRejects(() => socket.receive(), ClosedError);
    assertEquals(error.partial, "thr");
    assertEquals([socket.tryReceive(), socket.tryReceive(0), socket.tryReceive("*a")], [
      null,
      null,
      null,
    ]);
    await assertRejects(() => socket.receive(), ClosedError);
  }));

Deno.test('tryReceive("*a") gives everything once the peer has ended, as receive does', async () => {
  const stream = new HandStream();
  await using socket = TcpSocket.over(stream);
  stream.arrive("abcd");
  assertEquals(text(await socket.receive(1)), "a");
  assertEquals(socket.tryReceive("*a"), null);
  stream.arrive(null);
  await assertRejects(() => socket.peekBytes(9), ClosedError);
  assertEquals(text(socket.tryReceive("*a")!), "bcd");
});

Deno.test("of a connection that broke tryReceive gives what is whole, and the next receive the error", async () => {
  const stream = new HandStream();
  await using socket = TcpSocket.over(stream);
  stream.arrive("one\ntwo\nthr");
  assertEquals(await socket.receive(), "one");
  await select({ more: socket.receiving(99), now: after(1) });
  stream.arrive(new Deno.errors.ConnectionReset("reset"));
  await turns();
  assertEquals(drained(socket), ["two"]);
  const error = await assertRejects(() => socket.receive(), Error, "connection reset by peer");
  assertEquals((error as ClosedError).partial, "thr");
  assertThrows(() => socket.tryReceive(), ClosedError);
});

Deno.test("tryReceive on a socket that is closed, or never was open, throws what receive would", () =>
  withSocket(async ({ socket, peer }) => {
    assertThrows(() => tcp().tryReceive(), ClosedError, "Cannot receive: closed");
    await peer.send("one\ntwo\n");
    await socket.receive();
    socket.close();
    const line = assertThrows(() => socket.tryReceive(), ClosedError);
    const size = assertThrows(() => socket.tryReceive(1), ClosedError);
    assertEquals([line.code, line.partial, size.partial], ["closed", "", new Uint8Array(0)]);
  }));

Deno.test("tryReceive is busy while somebody reads or selects, and takes nothing", () =>
  withSocket(async ({ socket, peer }) => {
    const reading = socket.receive();
    assertThrows(() => socket.tryReceive(), BusyError, "busy reading");
    assertThrows(() => socket.tryReceive(0), BusyError);
    await peer.send("one\ntwo\n");
    assertEquals(await reading, "one");
    assertEquals(socket.tryReceive(), "two");
    const selecting = select({ line: socket.receiving() });
    await turns();
    assertThrows(() => socket.tryReceive(), BusyError);
    await peer.send("three\n");
    assertEquals((await selecting).value, "three");
  }));

Deno.test("tryReceive refuses at once what is no size and no pattern", () =>
  withSocket(({ socket }) => {
    for (const size of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      assertThrows(() => socket.tryReceive(size), RangeError, "not a whole number");
    }
    assertThrows(() => socket.tryReceive("*x" as "*l"), TypeError, "no pattern");
    return Promise.resolve();
  }));

Deno.test("tryReceive of a thread that was killed, or whose deadline has passed, throws", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("one\ntwo\n");
    assertEquals(await socket.receive(), "one");
    let killed: unknown;
    const thread = spawn(async () => {
      try {
        await sleep(60_000);
      } finally {
        killed = assertThrows(() => socket.tryReceive());
      }
    });
    kill(thread);
    await turns(2);
    assert(killed instanceof KilledError);
    const late = spawn(() => deadline(0, () => socket.tryReceive()));
    const end = await wait(late);
    assert(!end.ok && end.error instanceof TimeoutError);
    assertEquals(socket.tryReceive(), "two");
  }));
