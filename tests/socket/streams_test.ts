import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { BrokenError, ClosedError, TimeoutError } from "../../src/errors.ts";
import { connect } from "../../src/socket/mod.ts";
import { bytes, text } from "../support/bytes.ts";
import { testOnManualClock, turns } from "../support/clock.ts";
import { tcpPair, withSocket } from "../support/loopback.ts";

Deno.test("what arrives can be read as a stream, to the peer's end", () =>
  withSocket(async ({ socket, peer }) => {
    const reading = new Response(socket.readable).text();
    for (const piece of ["one ", "two ", "three"]) await peer.send(piece);
    await peer.conn.closeWrite();
    assertEquals(await reading, "one two three");
  }));

Deno.test("what is written to the stream is sent, and closing it ends the sending side alone", () =>
  withSocket(async ({ socket, peer }) => {
    const writer = socket.writable.getWriter();
    await writer.write(bytes("one "));
    await writer.write(bytes("two"));
    await writer.close();
    assertEquals(await peer.receive(100), "one two");
    await peer.send("still here");
    assertEquals(text(await socket.receive(10)), "still here");
    await assertRejects(() => socket.send("x"), BrokenError, "broken pipe");
  }));

Deno.test("streams pipe from socket to socket, more than any buffer holds", async () => {
  await using ends = await tcpPair();
  await using onward = await tcpPair();
  const all = new Uint8Array(1 << 20).map((_, at) => at % 251);
  const sending = new Response(all).body!.pipeTo(ends.near.writable);
  const piping = ends.far.readable.pipeTo(onward.near.writable);
  assertEquals(await onward.far.receive("*a"), all);
  await Promise.all([sending, piping]);
});

Deno.test("a stream reads no further than it is read: lines and streams can take turns", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("line\nbody");
    assertEquals(await socket.receive(), "line");
    const reader = socket.readable.getReader();
    assertEquals(text((await reader.read()).value!), "body");
    reader.releaseLock();
    await peer.send("tail\n");
    assertEquals(await socket.receive(), "tail");
    assertStrictEquals(socket.readable, socket.readable);
    assertStrictEquals(socket.writable, socket.writable);
  }));

Deno.test("a reader with a buffer of its own gets no more than fits", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("abcdef");
    await peer.conn.closeWrite();
    const reader = socket.readable.getReader({ mode: "byob" });
    const read = async (size: number) => {
      const { value, done } = await reader.read(new Uint8Array(size));
      return done ? null : text(value!);
    };
    assertEquals([await read(4), await read(4), await read(4)], ["abcd", "ef", null]);
  }));

Deno.test("cancelling or aborting a stream closes the socket, and the peer is told", async () => {
  for (const how of ["cancel", "abort"]) {
    await withSocket(async ({ socket, peer }) => {
      if (how === "cancel") await socket.readable.cancel();
      else await socket.writable.abort();
      assertEquals(await peer.isCutOff(), true);
      await assertRejects(() => socket.send("x"), ClosedError);
    });
  }
});

Deno.test("cancelling a stream that is being read ends that read", () =>
  withSocket(async ({ socket, peer }) => {
    const reader = socket.readable.getReader();
    const reading = reader.read();
    await turns();
    await reader.cancel();
    assertEquals((await reading).done, true);
    assertEquals(await peer.isCutOff(), true);
  }));

testOnManualClock(
  "a stream's read keeps the socket's timeout, and fails with it",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      socket.setTimeout(20);
      const failed = assertRejects(() => socket.readable.getReader().read(), TimeoutError);
      await clock.advance(20);
      await failed;
      await peer.send("late");
      assertEquals(text(await socket.receive(4)), "late");
    }),
);

Deno.test("a closed socket's streams end, and refuse; those of a new connection are new", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using socket = await connect("127.0.0.1", listener.addr.port);
  (await listener.accept()).close();
  const { readable } = socket;
  socket.close();
  assertEquals((await readable.getReader().read()).done, true);
  await assertRejects(() => socket.writable.getWriter().write(bytes("x")), ClosedError);
  await socket.connect("127.0.0.1", listener.addr.port);
  using conn = await listener.accept();
  await conn.write(bytes("new"));
  assertEquals(text((await socket.readable.getReader().read()).value!), "new");
});
