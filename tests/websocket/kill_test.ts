import { assertEquals, assertRejects } from "@std/assert";
import { ClosedError } from "../../src/errors.ts";
import { scope } from "../../src/thread/scope.ts";
import { deadline } from "../../src/thread/deadline.ts";
import { sleep } from "../../src/thread/sleep.ts";
import { list, spawn } from "../../src/thread/thread.ts";
import { kill, wait } from "../../src/thread/wait_thread.ts";
import { Client } from "../../src/websocket/client.ts";
import { serve } from "../../src/websocket/serve.ts";
import { Server } from "../../src/websocket/server.ts";
import { turns, until } from "../support/clock.ts";
import { Random } from "../support/random.ts";
import { webSocketPair } from "../support/websocket_pair.ts";
import { RawPeer, requestHead } from "../support/websocket_peer.ts";

Deno.test("a thread that is killed in a read takes its session along; the peer is told 1001", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  const reader = spawn(() => session.receive());
  await turns();
  assertEquals(list().map((each) => each.waitingOn), ["a WebSocket message"]);
  kill(reader);
  assertEquals(session.isOpen, false);
  assertEquals([await client.receive(), client.closeCode], [null, 1001]);
});

Deno.test("one thread reads, one writes, and a scope kills both together", async () => {
  await using pair = await webSocketPair({ maxPayloadLen: 1 << 20 });
  const { client, session } = pair;
  {
    await using both = scope();
    both.spawn(async () => {
      for await (const _message of session);
    });
    both.spawn(async () => {
      for (;;) await session.sendBinary(new Uint8Array(100_000));
    });
    await until(() => list().every((each) => each.status === "suspended"));
    assertEquals(list().map((each) => each.waitingOn), ["a WebSocket message", "room to send"]);
  }
  assertEquals([list().length, session.isOpen], [0, false]);
  await assertRejects(async () => {
    while (await client.receive() !== null);
  }, ClosedError);
});

Deno.test("a sender that is killed costs nobody anything: its message is whole", async () => {
  await using pair = await webSocketPair({ maxPayloadLen: 1 << 24 });
  const { client, session } = pair;
  const large = new Uint8Array(12 << 20);
  const sender = spawn(() => session.sendBinary(large));
  await turns();
  kill(sender);
  assertEquals(session.isOpen, true);
  const sending = session.sendText("behind it");
  assertEquals((await client.receive())?.data.length, large.length);
  assertEquals((await client.receive())?.data, "behind it");
  await sending;
});

Deno.test("killed while it connects, accepts or closes, a thread leaves nothing behind", async () => {
  await using server = new Server("127.0.0.1:0");
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connecting = spawn(() => new Client().connect(`ws://127.0.0.1:${silent.addr.port}/`));
  const accepting = spawn(() => server.accept());
  using peer = await RawPeer.call(server.address.port);
  const session = (await wait(accepting)).ok ? [...server.sessions][0] : null;
  const again = spawn(() => server.accept());
  const closing = spawn(() => session!.close());
  await turns(2);
  for (const each of [connecting, again, closing]) kill(each);
  silent.close();
  assertEquals((await peer.receive())?.opcode, 8);
  peer[Symbol.dispose]();
  await until(() => server.sessions.size === 0);
});

Deno.test("a deadline ends the waits inside and leaves the session open", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  const error = await assertRejects(() => deadline(20, () => session.receive()));
  assertEquals((error as { phase?: string }).phase, "deadline");
  await client.sendText("still here");
  assertEquals((await session.receive())?.data, "still here");
});

Deno.test("close in a finally block of a killed thread still tells the peer", async () => {
  await using pair = await webSocketPair();
  const { client, session } = pair;
  const thread = spawn(async () => {
    try {
      await sleep(60_000);
    } finally {
      await session.close(3003, "killed");
    }
  });
  await turns();
  kill(thread);
  assertEquals([await client.receive(), client.closeCode], [null, 3003]);
});

Deno.test("clients that vanish in every state leave nothing behind", async () => {
  const random = new Random(1006);
  await using server = serve({ host: "127.0.0.1:0", handshakeTimeoutMs: 200 }, async (session) => {
    for await (const { data } of session) await session.sendText(String(data));
  });
  const { port } = server.address;
  for (let round = 0; round < 150; round++) {
    const head = requestHead();
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    const state = random.below(6);
    if (state === 1) {
      await conn.write(new TextEncoder().encode(head.slice(0, random.below(head.length))));
    }
    if (state < 2) {
      conn.close();
      continue;
    }
    await conn.write(new TextEncoder().encode(head));
    if (state > 2) {
      await conn.read(new Uint8Array(1_000));
      const peer = new RawPeer(conn, true);
      const frame = peer.bytesOf({ opcode: 1, payload: "x".repeat(300) });
      await peer.sendBytes(frame);
      if (state > 3) await peer.sendBytes(frame.subarray(0, random.below(frame.length)));
      if (state > 4) await peer.send({ opcode: 8 });
    }
    conn.close();
  }
  await until(() => server.sessions.size === 0 && list().length === 0);
});

Deno.test("idle sessions are threads that wait, and all end with their peers", async () => {
  const count = 500;
  const handled: number[] = [];
  await using server = serve({ host: "127.0.0.1:0", backlog: 1_024 }, async (session) => {
    handled.push(1);
    for await (const _message of session);
  });
  const peers: RawPeer[] = [];
  for (let n = 0; n < count; n++) peers.push(await RawPeer.call(server.address.port));
  await until(() => handled.length === count);
  assertEquals([server.sessions.size, list().length], [count, count]);
  for (const peer of peers) peer[Symbol.dispose]();
  await until(() => server.sessions.size === 0 && list().length === 0);
});
