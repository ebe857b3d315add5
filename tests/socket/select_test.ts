import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, ClosedError, KilledError, LocalProtocolError } from "../../src/errors.ts";
import { connect, tcp } from "../../src/socket/mod.ts";
import type { ByteStream } from "../../src/socket/stream.ts";
import { after, Channel, kill, select, Semaphore, spawn } from "../../src/thread/mod.ts";
import { text } from "../support/bytes.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { withSocket } from "../support/loopback.ts";

Deno.test("an accept is a case: the connection is there once, for who selected it", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  const selecting = select({ call: server.accepting(), never: new Channel().receiving() });
  await using client = await connect("127.0.0.1", server.localAddress!.port);
  const { key, value } = await selecting;
  assert(key === "call");
  await using session = value;
  assertEquals(session.remoteAddress, client.localAddress);
});

Deno.test("a connection that comes when its case has lost is there for the next accept", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  assertEquals((await select({ call: server.accepting(), now: after(0) })).key, "now");
  const selecting = select({ call: server.accepting(), soon: after(1) });
  assertEquals((await selecting).key, "soon");
  await using client = await connect("127.0.0.1", server.localAddress!.port);
  await turns(5);
  const { value } = await select({ call: server.accepting() });
  await using session = value;
  assertEquals(session.remoteAddress, client.localAddress);
});

Deno.test("an accept that is a case is busy for others, and named twice nothing happens", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  const channel = new Channel<number>();
  const selecting = select({ call: server.accepting(), word: channel.receiving() });
  await assertRejects(() => server.accept(), BusyError);
  await assertRejects(() => select({ call: server.accepting() }), BusyError);
  channel.trySend(1);
  await selecting;
  await assertRejects(
    () => select({ one: server.accepting(), two: server.accepting() }),
    BusyError,
  );
  const failed = assertRejects(() => select({ call: server.accepting() }), ClosedError);
  server.close();
  await failed;
  assertThrows(() => server.accepting(), LocalProtocolError, "not bound");
});

Deno.test("what a socket receives is a case, in each form, ready or later", () =>
  withSocket(async ({ socket, peer }) => {
    const never = new Semaphore().waiting();
    const line = select({ never, line: socket.receiving() });
    await peer.send("one\r\ntwo\nthree");
    assertEquals(await line, { key: "line", value: "one" });
    await until(async () => text(await socket.peekBytes(9)) === "two\nthree");
    assertEquals((await select({ line: socket.receiving("*l"), never })).value, "two");
    const { value } = await select({ five: socket.receiving(5), never });
    assertEquals(text(value as Uint8Array), "three");
    const all = select({ all: socket.receiving("*a"), never });
    await peer.send("the ");
    await peer.send("rest");
    await peer.conn.closeWrite();
    assertEquals(text((await all).value as Uint8Array), "the rest");
  }));

Deno.test("a receive that lost has taken nothing, and other reads work on", () =>
  withSocket(async ({ socket, peer }) => {
    const channel = new Channel<string>();
    const selecting = select({ data: socket.receiving(6), stop: channel.receiving() });
    await peer.send("abc");
    await until(() => socket.peek());
    await assertRejects(() => socket.receive(1), BusyError);
    assertThrows(() => socket.close(), BusyError);
    channel.trySend("stop");
    assertEquals(await selecting, { key: "stop", value: "stop" });
    await peer.send("def");
    assertEquals(text(await socket.receive(6)), "abcdef");
  }));

Deno.test("11: a socket that somebody reads from, or that is named twice, is busy", () =>
  withSocket(async ({ socket, peer }) => {
    const reading = socket.receive(1);
    await assertRejects(() => select({ data: socket.receiving(1) }), BusyError);
    await peer.send("x");
    await reading;
    const semaphore = new Semaphore();
    await assertRejects(
      () =>
        select({ place: semaphore.waiting(), a: socket.receiving(1), b: socket.receiving("*l") }),
      BusyError,
    );
    assertEquals(semaphore.count(), 0);
    await peer.send("y");
    assertEquals(text(await socket.receive(1)), "y");
  }));

Deno.test("the peer's end, and a close from here, end the case with what had come", () =>
  withSocket(async ({ socket, peer }) => {
    const selecting = assertRejects(() => select({ data: socket.receiving(9) }), ClosedError);
    await peer.send("part");
    await peer.conn.closeWrite();
    assertEquals(text((await selecting).partial as Uint8Array), "part");
    await assertRejects(() => select({ data: socket.receiving() }), ClosedError);
    await socket[Symbol.asyncDispose]();
    assertThrows(() => socket.receiving(), ClosedError);
  }));

Deno.test("a close of the socket while it is selected ends the select", () =>
  withSocket(async ({ socket }) => {
    const selecting = assertRejects(() => select({ data: socket.receiving(9) }), ClosedError);
    await turns();
    await socket[Symbol.asyncDispose]();
    await selecting;
  }));

Deno.test("23: killing a thread that selects what a socket receives closes that socket", () =>
  withSocket(async ({ socket, peer }) => {
    let error: unknown;
    const thread = spawn(() =>
      select({ data: socket.receiving(), late: after(1_000_000) }).catch((e) => error = e)
    );
    kill(thread);
    await turns();
    assert(error instanceof KilledError);
    assertEquals(await peer.isCutOff(), true);
    await assertRejects(() => socket.send("x"), ClosedError);
  }));

Deno.test("a connection that breaks ends the case with the cause, and is closed", () => {
  class Breaking {
    constructor(readonly inner: ByteStream) {}
    localAddress = null;
    remoteAddress = null;
    read = () => Promise.reject(new Deno.errors.ConnectionReset("reset"));
    write = (bytes: Uint8Array<ArrayBuffer>) => this.inner.write(bytes);
    closeWrite = () => this.inner.closeWrite();
    ref = () => this.inner.ref();
    unref = () => this.inner.unref();
    close = () => this.inner.close();
  }
  return withSocket(async ({ socket, peer }) => {
    const error = await assertRejects(() => select({ data: socket.receiving() }));
    assertEquals((error as { code?: string }).code, "connection reset by peer");
    assertEquals(await peer.isCutOff(), true);
  }, (stream) => new Breaking(stream));
});

testOnManualClock(
  "a select's timeout leaves the socket open, and no byte is lost",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      const failed = assertRejects(() => select({ data: socket.receiving(4) }, { timeoutMs: 10 }));
      await clock.advance(10);
      await failed;
      await peer.send("late");
      assertEquals(text(await socket.receive(4)), "late");
    }),
);
