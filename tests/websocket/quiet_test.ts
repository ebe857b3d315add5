import { assertEquals, assertRejects } from "@std/assert";
import { ClosedError, TimeoutError } from "../../src/errors.ts";
import type { ManualClock } from "../../src/thread/manual_clock.ts";
import { QUIET_MS } from "../../src/websocket/quiet_watch.ts";
import { Server } from "../../src/websocket/server.ts";
import type { ServerSession } from "../../src/websocket/server_session.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { utf8 } from "../support/websocket_frames.ts";
import { webSocketPair } from "../support/websocket_pair.ts";
import { RawPeer } from "../support/websocket_peer.ts";

const CLOSE = { opcode: 8, payload: new Uint8Array([3, 232]) };

/** Declares a test of a session and its peer, on a clock that is moved by hand. */
function testOfQuiet(
  name: string,
  test: (peer: RawPeer, session: ServerSession, clock: ManualClock) => Promise<void>,
): void {
  testOnManualClock(name, async (clock) => {
    await using server = new Server("127.0.0.1:0");
    using peer = await RawPeer.call(server.address.port);
    await test(peer, await server.accept(), clock);
  });
}

/** Sends a ping and sees that nothing is answered, though there is all the time to do it. */
async function assertUnanswered(peer: RawPeer, session: ServerSession): Promise<void> {
  await peer.send({ opcode: 9 });
  await turns(20);
  await session.sendText("what is sent next");
  assertEquals((await peer.receive())?.opcode, 1);
}

testOfQuiet(
  "ping and close before recvFrame answer nothing (SEMANTICS 35)",
  async (peer, session, clock) => {
    await peer.send({ opcode: 9, payload: "p" }, CLOSE);
    await clock.advance(QUIET_MS - 1);
    await turns(20);
    assertEquals([session.isOpen, session.closeCode], [true, null]);
    assertEquals((await session.recvFrame()).type, "ping");
    assertEquals((await session.recvFrame()).type, "close");
    await clock.advance(5 * QUIET_MS);
    await session.sendText("not yet");
    await session.sendClose(1000);
    assertEquals((await peer.receiveAll()).map(({ opcode }) => opcode), [1, 8]);
  },
);

testOfQuiet(
  "who reads messages with less than the quiet time between is met nowhere",
  async (peer, session, clock) => {
    for (let n = 0; n < 5; n++) {
      await clock.advance(QUIET_MS - 1);
      await assertUnanswered(peer, session);
      await peer.send({ opcode: 1, payload: String(n) });
      assertEquals((await session.receive())?.data, String(n));
      assertEquals((await peer.receive())?.opcode, 10);
    }
  },
);

testOfQuiet(
  "the quiet time begins when a wait for a message has ended, however long it was",
  async (peer, session, clock) => {
    session.setTimeout(10 * QUIET_MS);
    const reading = session.receive();
    await clock.advance(5 * QUIET_MS + 500);
    await peer.send({ opcode: 1, payload: "late" });
    assertEquals((await reading)?.data, "late");
    await clock.advance(QUIET_MS - 1);
    await assertUnanswered(peer, session);
    await clock.advance(1);
    assertEquals((await peer.receive())?.opcode, 10);
  },
);

testOfQuiet("likewise when it has timed out", async (peer, session, clock) => {
  session.setTimeout(5 * QUIET_MS);
  const reading = assertRejects(() => session.receive(), TimeoutError);
  await clock.advance(5 * QUIET_MS);
  await reading;
  await clock.advance(QUIET_MS - 1);
  await assertUnanswered(peer, session);
  await clock.advance(1);
  assertEquals((await peer.receive())?.opcode, 10);
});

testOfQuiet(
  "half a frame stays, also where it was read by itself",
  async (peer, session, clock) => {
    const bytes = peer.bytesOf({ opcode: 2, payload: "x".repeat(20_000) });
    let sent = 0;
    for (const end of [1, 3, 7, 5_000, bytes.length - 1, bytes.length]) {
      await peer.sendBytes(bytes.subarray(sent, end));
      sent = end;
      await clock.advance(QUIET_MS);
      await turns(5);
    }
    await clock.advance(QUIET_MS);
    assertEquals((await session.receive())?.data, utf8("x".repeat(20_000)));
    // Half of it is met by the reader, the rest comes when nobody reads.
    session.setTimeout(20);
    await peer.sendBytes(bytes.subarray(0, 5_000));
    const reading = assertRejects(() => session.recvFrame(), TimeoutError);
    await clock.advance(20);
    await reading;
    await clock.advance(QUIET_MS);
    await peer.sendBytes(bytes.subarray(5_000));
    await turns(5);
    assertEquals((await session.recvFrame()).data, utf8("x".repeat(20_000)));
  },
);

testOnManualClock("each session is noticed a quiet time after its own last read", async (clock) => {
  await using server = new Server("127.0.0.1:0");
  const peers: RawPeer[] = [];
  const sessions: ServerSession[] = [];
  for (let n = 0; n < 4; n++) {
    peers.push(await RawPeer.call(server.address.port));
    sessions.push(await server.accept());
    if (n > 0) await peers[n].send(CLOSE);
    await clock.advance(200);
  }
  // The first has 200 ms left when it is read from: then it is the last to be due.
  sessions[0].setTimeout(1);
  const reading = assertRejects(() => sessions[0].receive(), TimeoutError);
  await clock.advance(1);
  await reading;
  await peers[0].send(CLOSE);
  for (const [n, ms] of [[1, 399], [2, 200], [3, 200], [0, 201]]) {
    assertEquals(sessions[n].closeCode, null);
    await clock.advance(ms - 1);
    await turns(20);
    assertEquals(sessions[n].closeCode, null);
    await clock.advance(1);
    await until(() => sessions[n].closeCode !== null);
  }
  for (const peer of peers) peer[Symbol.dispose]();
});

testOnManualClock(
  "nothing is left of the quiet time of sessions that are closed or kept",
  async (clock) => {
    {
      await using server = new Server("127.0.0.1:0");
      using peer = await RawPeer.call(server.address.port);
      const session = await server.accept();
      await peer.send(CLOSE);
      assertEquals(await session.receive(), null);
    }
    assertEquals(clock.pending, 0);
    await using pair = await webSocketPair();
    const { client, session } = pair;
    client.setKeepalive();
    await clock.advance(QUIET_MS);
    assertEquals(client.isOpen, false);
    // What comes while it is kept drops it.
    await session.sendText("anybody?");
    await assertRejects(() => session.receive(), ClosedError);
  },
);
