import { assert, assertEquals, assertRejects } from "@std/assert";
import { spawnDeno } from "../../tools/child.ts";
import { ClosedError, LimitError, LocalProtocolError } from "../../src/errors.ts";
import type { ManualClock } from "../../src/thread/manual_clock.ts";
import { QUIET_MS } from "../../src/websocket/quiet_watch.ts";
import { Server } from "../../src/websocket/server.ts";
import type { ServerOptions } from "../../src/websocket/server_options.ts";
import type { ServerSession } from "../../src/websocket/server_session.ts";
import { testOnManualClock, turns, until, withManualClock } from "../support/clock.ts";
import { utf8 } from "../support/websocket_frames.ts";
import { webSocketPair } from "../support/websocket_pair.ts";
import { RawPeer } from "../support/websocket_peer.ts";

const CLOSE = { opcode: 8, payload: new Uint8Array([3, 232, 98, 121, 101]) };

interface Tools {
  peer: RawPeer;
  session: ServerSession;
  server: Server;
  clock: ManualClock;
}

/** A session and its peer, on a clock that is moved by hand. */
async function withPeer(
  test: (tools: Tools) => Promise<void>,
  options: Partial<ServerOptions> = {},
): Promise<void> {
  await withManualClock(async (clock) => {
    await using server = new Server({ host: "127.0.0.1:0", ...options });
    using peer = await RawPeer.call(server.address.port);
    await test({ peer, session: await server.accept(), server, clock });
  });
}

/** Likewise, once nobody has read from the session for the quiet time. */
async function withQuietPeer(
  test: (tools: Tools) => Promise<void>,
  options: Partial<ServerOptions> = {},
): Promise<void> {
  await withPeer(async (tools) => {
    await tools.clock.advance(QUIET_MS);
    await test(tools);
  }, options);
}

/** The kinds of the frames that come until the other end has ended. */
async function opcodesOf(peer: RawPeer): Promise<number[]> {
  return (await peer.receiveAll()).map(({ opcode }) => opcode);
}

Deno.test("a close is answered though nobody reads, and who only sends hears of it (RFC 6455 §5.5.1)", () =>
  withQuietPeer(async ({ peer, session }) => {
    await session.sendText("news");
    await peer.send(CLOSE);
    assertEquals(await opcodesOf(peer), [1, 8]);
    assertEquals(session.isOpen, false);
    assertEquals([session.closeCode, session.closeReason], [1000, "bye"]);
    await assertRejects(() => session.sendText("more"), ClosedError);
    assertEquals(await session.receive(), null);
  }));

Deno.test("the server lets go of a session that its client has closed and nobody reads", () =>
  withQuietPeer(async ({ peer, server }) => {
    await peer.send(CLOSE);
    await peer.receiveAll();
    peer[Symbol.dispose]();
    await until(() => server.sessions.size === 0);
  }));

Deno.test("pings are answered while nobody reads, in their order (RFC 6455 §5.5.2)", () =>
  withQuietPeer(async ({ peer, session, clock }) => {
    for (const payload of ["one", "two"]) {
      await peer.send({ opcode: 9, payload });
      const pong = await peer.receive();
      assertEquals([pong?.opcode, pong?.payload], [10, utf8(payload)]);
    }
    // Likewise between two messages, and none is answered twice.
    await peer.send({ opcode: 1, payload: "a" });
    assertEquals((await session.receive())?.data, "a");
    await clock.advance(QUIET_MS);
    await peer.send({ opcode: 9, payload: "three" }, { opcode: 1, payload: "b" });
    assertEquals((await peer.receive())?.payload, utf8("three"));
    assertEquals((await session.receive())?.data, "b");
    await clock.advance(QUIET_MS);
    await peer.send(CLOSE);
    assertEquals(await opcodesOf(peer), [8]);
  }));

Deno.test("pings without end hold nothing back while nobody reads", () =>
  withQuietPeer(async ({ peer }) => {
    for (let n = 0; n < 2_000; n++) {
      await peer.send({ opcode: 9, payload: String(n) });
      assertEquals((await peer.receive())?.payload, utf8(String(n)));
    }
    await peer.send(CLOSE);
    assertEquals(await opcodesOf(peer), [8]);
  }));

Deno.test("messages that came before the close are kept for who reads later", () =>
  withQuietPeer(async ({ peer, session }) => {
    await peer.send(
      { opcode: 1, payload: "first" },
      { opcode: 2, payload: "sec", fin: false },
      { opcode: 9 },
      { opcode: 0, payload: "ond" },
      CLOSE,
    );
    assertEquals(await opcodesOf(peer), [10, 8]);
    await until(() => session.closeCode !== null);
    assertEquals((await session.receive())?.data, "first");
    assertEquals((await session.receive())?.data, utf8("second"));
    assertEquals(await session.receive(), null);
  }));

Deno.test("frames that came before the first reader come as they were sent, though they were answered", () =>
  withQuietPeer(async ({ peer, session }) => {
    await peer.send({ opcode: 9, payload: "p" }, { opcode: 1, payload: "t" }, CLOSE);
    assertEquals(await opcodesOf(peer), [10, 8]);
    for (const type of ["ping", "text", "close"]) {
      assertEquals((await session.recvFrame()).type, type);
    }
    // Whoever answers by itself, as it must after recvFrame, does no harm.
    assertEquals(await session.sendClose(1000), 0);
    await assertRejects(() => session.recvFrame(), ClosedError);
  }));

Deno.test("from the first recvFrame on nothing is answered while nobody reads", () =>
  withPeer(async ({ peer, session, clock }) => {
    const reading = session.recvFrame();
    await peer.send({ opcode: 9, payload: "1" });
    assertEquals((await reading).type, "ping");
    await peer.send({ opcode: 9, payload: "2" }, CLOSE);
    await clock.advance(QUIET_MS);
    await until(() => session.closeCode !== null);
    await session.sendText("still here");
    assertEquals((await peer.receive())?.opcode, 1);
    assertEquals((await session.recvFrame()).data, utf8("2"));
    assertEquals((await session.recvFrame()).type, "close");
    await session.sendClose(1000);
    assertEquals(await opcodesOf(peer), [8]);
  }));

Deno.test("a peer that breaks the protocol is told at once, and the next who reads is told why", () =>
  withQuietPeer(async ({ peer, session }) => {
    await peer.send({ opcode: 1, payload: "fine" }, { opcode: 2, payload: new Uint8Array(200) });
    const [close] = await peer.receiveAll();
    assertEquals([close.opcode, close.payload[0] << 8 | close.payload[1]], [8, 1009]);
    assertEquals((await session.receive())?.data, "fine");
    await assertRejects(() => session.receive(), LimitError);
    assertEquals(await session.receive(), null);
  }, { maxPayloadLen: 125 }));

Deno.test("a connection that is lost is noticed while nobody reads, and told of once", () =>
  withQuietPeer(async ({ peer, session, server }) => {
    await peer.send({ opcode: 1, payload: "last words" });
    peer[Symbol.dispose]();
    await until(() => server.sessions.size === 0);
    assertEquals(session.closeCode, 1006);
    assertEquals((await session.receive())?.data, "last words");
    await assertRejects(() => session.receive(), ClosedError, "without a close frame");
    assertEquals(await session.receive(), null);
  }));

Deno.test("behind what nobody takes nothing is read, and nothing is lost", () =>
  withQuietPeer(async ({ peer, session, clock }) => {
    const COUNT = 3_000;
    const payload = new Uint8Array(10_000);
    const sending = (async () => {
      for (let n = 0; n < COUNT; n++) {
        payload[0] = n;
        await peer.send({ opcode: 2, payload });
      }
      await peer.send(CLOSE);
    })();
    let hasSent = false;
    void sending.then(() => hasSent = true);
    // 30 MB fit into no buffers of the system; the session itself has stopped after a few frames.
    await turns(500);
    assertEquals([hasSent, session.closeCode], [false, null]);
    let count = 0;
    for await (const { data } of session) {
      assertEquals([data.length, (data as Uint8Array)[0]], [payload.length, count++ & 255]);
      // Whoever takes its time takes some of it from what was read ahead.
      if (count % 100 === 0) {
        await clock.advance(QUIET_MS);
        await turns(3);
      }
    }
    await sending;
    assertEquals(count, COUNT);
  }));

Deno.test("what was read ahead is dropped with the rest when the session is closed here", () =>
  withQuietPeer(async ({ peer, session }) => {
    await peer.send({ opcode: 1, payload: "unread" }, { opcode: 9 });
    assertEquals((await peer.receive())?.opcode, 10);
    const closing = session.close(3000);
    assertEquals((await peer.receive())?.opcode, 8);
    await peer.send({ opcode: 8, payload: new Uint8Array([11, 184]) });
    peer[Symbol.dispose]();
    await closing;
    assertEquals(await session.receive(), null);
  }));

testOnManualClock("a connection with something unread is not kept for another", async (clock) => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  await session.sendText("unread");
  await session.sendPing();
  await clock.advance(QUIET_MS);
  assertEquals((await session.recvFrame()).type, "pong");
  let error: unknown = null;
  try {
    client.setKeepalive();
  } catch (thrown) {
    error = thrown;
  }
  assert(error instanceof LocalProtocolError);
  assertEquals((await client.receive())?.data, "unread");
});

for (const when of ["at once", "after the quiet time"]) {
  Deno.test(`a program may end although a connection stands that nobody reads: ${when}`, async () => {
    await using server = new Server("127.0.0.1:0");
    const script = new URL("read_ahead/unread_client.ts", import.meta.url);
    const url = `ws://127.0.0.1:${server.address.port}/`;
    const child = spawnDeno(script, [url, when], { stdin: "null" });
    const session = await server.accept();
    assertEquals((await session.receive())?.data, "hello");
    assertEquals((await child.status).code, 0);
  });
}
