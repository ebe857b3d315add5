import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BusyError,
  ClosedError,
  LimitError,
  LocalProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import { Server } from "../../src/websocket/server.ts";
import type { Message } from "../../src/websocket/assembler.ts";
import { utf8 } from "../support/websocket_frames.ts";
import { webSocketPair } from "../support/websocket_pair.ts";
import { RawPeer } from "../support/websocket_peer.ts";

Deno.test("frames come as they were sent, fragments with again (SEMANTICS 33)", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  await client.sendFrame(false, 1, "foo");
  await client.sendPing("in between");
  await client.sendFrame(false, 0, "bar");
  await client.sendFrame(true, 0, "baz");
  await client.sendBinary(new Uint8Array([1, 2]));
  await client.sendPong();
  await client.sendClose();
  assertEquals(await session.recvFrame(), { type: "text", data: "foo", again: true });
  assertEquals(await session.recvFrame(), { type: "ping", data: utf8("in between"), again: false });
  assertEquals(await session.recvFrame(), { type: "continuation", data: "bar", again: true });
  assertEquals(await session.recvFrame(), { type: "continuation", data: "baz", again: false });
  const data = new Uint8Array([1, 2]);
  assertEquals(await session.recvFrame(), { type: "binary", data, again: false });
  assertEquals(await session.recvFrame(), { type: "pong", data: new Uint8Array(0), again: false });
  assertEquals(await session.recvFrame(), { type: "close", data: "", again: false });
  await assertRejects(() => session.recvFrame(), ClosedError);
});

Deno.test("recvFrame answers neither pings nor a close, receive answers both (SEMANTICS 35)", async () => {
  await using server = new Server("127.0.0.1:0");
  for (const reads of ["frames", "messages"]) {
    using peer = await RawPeer.call(server.address.port);
    const session = await server.accept();
    await peer.send({ opcode: 9, payload: "p" }, { opcode: 8, payload: "\x03\xe8" });
    if (reads === "frames") {
      assertEquals((await session.recvFrame()).type, "ping");
      await peer.send({ opcode: 8, payload: new Uint8Array([3, 233]) });
      assertEquals(await session.recvFrame().catch((error) => error.name), "RemoteProtocolError");
    } else {
      await session.receive().catch(() => {});
    }
    const opcodes = (await peer.receiveAll()).map((frame) => frame.opcode);
    assertEquals(opcodes, reads === "frames" ? [8] : [10, 8]);
  }
});

Deno.test("a timeout in mid-frame loses nothing: the next call gets the whole frame", async () => {
  await using server = new Server("127.0.0.1:0");
  using peer = await RawPeer.call(server.address.port);
  const session = await server.accept();
  session.setTimeout(20);
  const messages = ["short", "é".repeat(100), "x".repeat(20_000)];
  for (const message of messages) {
    for (const opcode of [1, 2]) {
      const bytes = peer.bytesOf({ opcode, payload: message });
      for (const cut of [1, 3, 7, bytes.length - 1]) {
        await peer.sendBytes(bytes.subarray(0, cut));
        const error = await assertRejects(() => session.recvFrame(), TimeoutError);
        assertEquals(error.phase, "read");
        await peer.sendBytes(bytes.subarray(cut));
        const frame = await session.recvFrame();
        assertEquals(frame.data, opcode === 1 ? message : utf8(message));
      }
    }
  }
  await peer.send({ opcode: 8 });
  assertEquals(await session.receive(), null);
});

Deno.test("messages come whole, in order, whatever stands between their fragments", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  await client.sendFrame(false, 1, "fo");
  await client.sendPing();
  await client.sendFrame(true, 0, "o");
  await client.sendFrame(false, 2, new Uint8Array([1]));
  await client.sendFrame(true, 0, new Uint8Array([2, 3]));
  await client.sendText("");
  assertEquals(await session.receive(), { type: "text", data: "foo" });
  assertEquals(await session.receive(), { type: "binary", data: new Uint8Array([1, 2, 3]) });
  assertEquals(await session.receive(), { type: "text", data: "" });
  assertEquals((await client.recvFrame()).type, "pong");
});

Deno.test("a stream is sent in fragments and arrives as one message", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  const pieces = async function* () {
    yield "one, ";
    // Anybody may ping meanwhile, and nobody else may send a message.
    await client.sendPing();
    await assertRejects(() => client.sendText("x"), BusyError);
    yield "two, ";
    yield "three";
  };
  await client.sendText(pieces());
  assertEquals(await session.receive(), { type: "text", data: "one, two, three" });
  const bytes = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const each of [1, 2, 3]) controller.enqueue(new Uint8Array([each]));
      controller.close();
    },
  });
  await client.sendBinary(bytes);
  assertEquals(await session.receive(), { type: "binary", data: new Uint8Array([1, 2, 3]) });
});

Deno.test("a stream that fails leaves half a message, so the connection is closed with 1011", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  const failing = function* () {
    yield "half";
    throw new Error("the source broke");
  };
  await assertRejects(() => client.sendText(failing()), Error, "the source broke");
  assertEquals(await session.receive(), null);
  assertEquals(session.closeCode, 1011);
});

Deno.test("for await gives the messages until the close", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  const told: Message[] = [];
  const reading = (async () => {
    for await (const message of session) told.push(message);
  })();
  await client.sendText("a");
  await client.sendText("b");
  await client.close(3000, "done");
  await reading;
  assertEquals(told.map(({ data }) => data), ["a", "b"]);
  assertEquals([session.closeCode, session.closeReason], [3000, "done"]);
  assertEquals(await session.receive(), null);
});

Deno.test("readable and writable carry messages as a stream's chunks", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  const echoing = session.readable.pipeTo(session.writable);
  const writer = client.writable.getWriter();
  await writer.write("text");
  await writer.write(new Uint8Array([7]));
  const reader = client.readable.getReader();
  assertEquals((await reader.read()).value, "text");
  assertEquals((await reader.read()).value, new Uint8Array([7]));
  await writer.close();
  assertEquals((await reader.read()).done, true);
  await echoing;
});

Deno.test("one reader at a time; sending does not disturb it", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  const first = session.receive();
  await assertRejects(() => session.receive(), BusyError);
  await assertRejects(() => session.recvFrame(), BusyError);
  await session.sendText("to you");
  await client.sendText("to them");
  assertEquals((await first)?.data, "to them");
  assertEquals((await client.receive())?.data, "to you");
});

Deno.test("a send waits while the peer is slow, and times out without harm", async () => {
  await using pair = await webSocketPair({ maxPayloadLen: 1 << 20 });
  const { client, session } = pair;
  session.setTimeout(30);
  const chunk = new Uint8Array(256 * 1024);
  let sent = 0;
  const error = await assertRejects(async () => {
    for (;;) {
      sent++;
      await session.sendBinary(chunk);
    }
  }, TimeoutError);
  assertEquals(error.phase, "send");
  assert(session.bufferedAmount > 0);
  // The frame that was being sent is whole on the other side.
  for (let got = 0; got < sent; got++) {
    assertEquals((await client.receive())?.data.length, chunk.length);
  }
  session.setTimeout(5_000);
  await session.sendText("later");
  assertEquals((await client.receive())?.data, "later");
});

Deno.test("a slow reader stops the socket: little is kept here", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  await client.sendText("first");
  assertEquals((await session.receive())?.data, "first");
  client.setTimeout(50);
  const blast = async () => {
    for (;;) await client.sendBinary(new Uint8Array(60_000));
  };
  await assertRejects(blast, TimeoutError);
  // The system keeps some megabytes at most on either side; this end has stopped reading.
  assert(client.bufferedAmount > 0);
  session.abort(1001, new ClosedError("enough"));
});

Deno.test("limits close with 1009 and tell which", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  await client.sendBinary(new Uint8Array(65_536));
  const error = await assertRejects(() => session.receive(), LimitError);
  assertEquals(error.limit, "maxPayloadLen");
  assertEquals(await session.receive(), null);
  assertEquals(await client.receive(), null);
  assertEquals(client.closeCode, 1009);
});

Deno.test("what may not be sent is refused, and after close nothing is sent", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  await assertRejects(() => client.sendFrame(true, 0, "x"), LocalProtocolError);
  await assertRejects(() => client.sendFrame(true, 5, "x"), RangeError, "opcode 5");
  await assertRejects(() => client.sendPing("x".repeat(126)), LocalProtocolError);
  await assertRejects(() => client.close(1005), RangeError);
  await assertRejects(() => client.close(1000, "x".repeat(124)), RangeError);
  assertEquals(client.isOpen, true);
  const closing = client.close();
  await assertRejects(() => client.sendText("late"), ClosedError);
  assertEquals(await session.receive(), null);
  await closing;
  await client.close();
  await assertRejects(() => session.sendText("late"), ClosedError);
});

Deno.test("both ends may close at once", async () => {
  const pair = await webSocketPair();
  await Promise.all([pair.client.close(3001), pair.session.close(3002)]);
  assertEquals([pair.client.closeCode, pair.session.closeCode], [3002, 3001]);
  await pair.server.close();
});

Deno.test("a peer that ends without a close frame is told of once, then there is nothing", async () => {
  await using server = new Server("127.0.0.1:0");
  const peer = await RawPeer.call(server.address.port);
  const session = await server.accept();
  await peer.send({ opcode: 1, payload: "last words" });
  peer[Symbol.dispose]();
  assertEquals((await session.receive())?.data, "last words");
  await assertRejects(() => session.receive(), ClosedError, "without a close frame");
  assertEquals(await session.receive(), null);
  assertEquals(session.closeCode, 1006);
});

Deno.test("a peer that does not answer the close is cut off in time", async () => {
  await using server = new Server({ host: "127.0.0.1:0", closeTimeoutMs: 30 });
  using peer = await RawPeer.call(server.address.port);
  const session = await server.accept();
  await session.close(1000, "bye");
  assertEquals((await peer.receiveAll()).map((frame) => frame.opcode), [8]);
});

Deno.test("pings keep an idle connection known, and find out one that is dead", async () => {
  await using pair = await webSocketPair({}, { pingIntervalMs: 15 });
  const { client, session } = pair;
  // The client reads and so answers; the session stays though nobody reads from it.
  await assertRejects(() => {
    client.setTimeout(100);
    return client.receive();
  }, TimeoutError);
  assertEquals(session.isOpen, true);
  // It no longer reads: nothing answers.
  const error = await assertRejects(() => session.receive(), TimeoutError);
  assert(error.message.includes("ping"));
  assertEquals(session.isOpen, false);
});

Deno.test("compressed messages go both ways, large and small", async () => {
  await using pair = await webSocketPair({ compression: true }, { compression: true });
  const { client, session } = pair;
  assertEquals(client.extensions, "permessage-deflate");
  assertEquals(session.extensions, "permessage-deflate");
  const text = "all work and no play ".repeat(1_000);
  for (let round = 0; round < 3; round++) {
    const size = await client.sendText(text);
    assert(size < 1_000, `${size} bytes`);
    assertEquals((await session.receive())?.data, text);
    await session.sendBinary(utf8(text));
    assertEquals((await client.receive())?.data, utf8(text));
    await session.sendText("short");
    assertEquals(await client.recvFrame(), { type: "text", data: "short", again: false });
  }
});
