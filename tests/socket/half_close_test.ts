import { assertEquals, assertRejects } from "@std/assert";
import { BrokenError, BusyError, ClosedError } from "../../src/errors.ts";
import { tcp } from "../../src/socket/mod.ts";
import { text } from "../support/bytes.ts";
import { tcpPair, withSocket } from "../support/loopback.ts";
import { makeTestTls } from "../support/tls.ts";

Deno.test("shutdown tells the peer that no more comes, and receiving goes on", () =>
  withSocket(async ({ socket, peer }) => {
    await socket.send("all I have");
    await socket.shutdown("send");
    assertEquals(await peer.receive(100), "all I have");
    await peer.send("answer\n");
    assertEquals(await socket.receive(), "answer");
    await assertRejects(() => socket.send("more"), BrokenError, "broken pipe");
    await assertRejects(() => socket.receive(), ClosedError);
  }));

Deno.test("shutdown in the middle of a receive leaves that receive alone", () =>
  withSocket(async ({ socket, peer }) => {
    const receiving = socket.receive("*a");
    await socket.shutdown();
    assertEquals(await peer.receive(1), "");
    await peer.send("the rest");
    await peer.conn.closeWrite();
    assertEquals(text(await receiving), "the rest");
  }));

Deno.test("shutdown works from a local address, and under TLS on both sides", async () => {
  const { ca, server, client } = await makeTestTls();
  for (const localAddress of [undefined, "127.0.0.2"]) {
    for (const options of [null, { caCerts: [ca] }, { caCerts: [ca], ...client }]) {
      await using ends = await tcpPair({ localAddress });
      const { near, far } = ends;
      if (options !== null) {
        const called = { ...options, serverName: "localhost" };
        await Promise.all([near.sslHandshake(called), far.sslHandshake(server)]);
      }
      await near.send("question\n");
      await near.shutdown("send");
      assertEquals(text(await far.receive("*a")), "question\n");
      await far.send("answer\n");
      await far.shutdown("send");
      assertEquals(text(await near.receive("*a")), "answer\n");
    }
  }
});

Deno.test("shutdown while somebody sends is busy, and on a closed socket closed", () =>
  withSocket(async ({ socket, peer }) => {
    const sending = socket.send(new Uint8Array(32 << 20)).catch((error) => error);
    await assertRejects(() => socket.shutdown("send"), BusyError, "busy sending");
    peer.conn.close();
    await sending;
    await assertRejects(() => socket.shutdown("send"), ClosedError);
    await assertRejects(() => tcp().shutdown("send"), ClosedError);
  }));
