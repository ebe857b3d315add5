/** Connections that speak another protocol from here on (RFC 9110 §7.8). @module */

import { assertEquals, assertMatch } from "@std/assert";
import {
  AbortedError,
  LocalProtocolError,
  RemoteProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import type { TcpSocket } from "../../src/socket/tcp.ts";
import { kill, spawn } from "../../src/thread/mod.ts";
import { text } from "../support/bytes.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { until } from "../support/clock.ts";
import { type RawPeer, RawServer, response } from "../support/raw_server.ts";
import { makeTestTls } from "../support/tls.ts";

const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

/** Answers with some pieces, then sends back what comes, line by line. */
async function echo(peer: RawPeer, pieces: string[]): Promise<void> {
  await peer.request();
  for (const piece of pieces) {
    await peer.send(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let at = 0; !peer.hasEnded;) {
    await until(() => peer.hasEnded || peer.untaken.includes("\n", at));
    const end = peer.untaken.lastIndexOf("\n") + 1;
    await peer.send(peer.untaken.slice(at, end));
    at = end;
  }
  peer.end();
}

async function speak(socket: TcpSocket, greeting: string): Promise<void> {
  if (greeting !== "") assertEquals(text(await socket.receive(greeting.length)), greeting);
  await socket.send("one\ntwo\n");
  assertEquals([await socket.receive(), await socket.receive()], ["one", "two"]);
  await socket.shutdown("send");
  assertEquals((await socket.receive("*a")).length, 0);
  socket.close();
}

Deno.test("101 gives the socket, and every byte behind the head, wherever it is split", async () => {
  const greeting = "\0\xffHTTP/1.1 200 OK\r\n\r\n";
  const all = SWITCH + greeting;
  await using server = await RawServer.start((peer) =>
    echo(peer, [all.slice(0, peer.index), all.slice(peer.index)].filter((each) => each !== ""))
  );
  await withClient({ maxConn: 1 }, async (client) => {
    for (let split = 0; split <= all.length; split++) {
      const answer = await client.get(server.url(), { upgrade: "echo" });
      assertEquals([answer.status, answer.headers.get("upgrade"), answer.body], [
        101,
        "echo",
        null,
      ]);
      // It is the caller's from here on: its place is free.
      assertEquals(client.stats(), NOTHING_LEFT);
      await speak(answer.socket!, greeting);
    }
  });
  const [head] = server.received.split("\r\n\r\n");
  assertMatch(head, /\r\nUpgrade: echo\r\n/);
  assertMatch(head, /\r\nConnection: Upgrade($|\r\n)/);
});

Deno.test("the socket tells where both ends are, and keeps its timeouts", async () => {
  await using server = await RawServer.start((peer) => echo(peer, [SWITCH]));
  await withClient({ clientIps: ["127.0.0.3"] }, async (client) => {
    const { socket } = await client.get(server.url(), { upgrade: "echo" });
    assertEquals(socket!.remoteAddress, {
      transport: "tcp",
      hostname: "127.0.0.1",
      port: server.port,
    });
    assertEquals(socket!.localAddress!.hostname, "127.0.0.3");
    socket!.setTimeout(20);
    await failure(socket!.receive(), TimeoutError);
    socket!.setTimeout();
    await speak(socket!, "");
  });
});

Deno.test("an upgrade over TLS", async () => {
  const tls = await makeTestTls();
  await using server = await RawServer.start((peer) => echo(peer, [SWITCH + "hi"]), tls.server);
  await withClient({ tls: { caCerts: [tls.ca] } }, async (client) => {
    const { socket } = await client.get(server.url(), { upgrade: "echo" });
    assertEquals(text(await socket!.receive(2)), "hi");
    await socket!.send("over TLS\n");
    assertEquals(await socket!.receive(), "over TLS");
    socket!.close();
  });
});

Deno.test("any other status is an ordinary answer, and the connection stays in use", async () => {
  await using server = await RawServer.start(async (peer) => {
    for (let next = await peer.request(); next !== null; next = await peer.request()) {
      await peer.send(response(next.target, "Upgrade: h2c\r\nConnection: Upgrade\r\n"));
    }
  });
  await withClient({}, async (client) => {
    for (const path of ["/1", "/2"]) {
      const answer = await client.get(server.url(path), { upgrade: "echo" });
      assertEquals([answer.status, answer.socket, await answer.text()], [200, null, path]);
    }
    assertEquals(server.peers.length, 1);
  });
});

Deno.test("101 must name what was asked for", async () => {
  const heads = ["", "Upgrade: chat\r\n", "Upgrade: echo, chat\r\n", "Upgrade: echo/2\r\n"];
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(`HTTP/1.1 101 Switching\r\n${heads[peer.index]}\r\n`);
    await peer.ended();
  });
  await withClient({}, async (client) => {
    for (const _ of heads) {
      const asked = client.get(server.url(), { upgrade: "echo" });
      assertEquals((await failure(asked, RemoteProtocolError)).sent, "all");
      assertEquals(client.stats(), NOTHING_LEFT);
    }
  });
});

Deno.test("one of several protocols may be taken, in any case of letters", async () => {
  await using server = await RawServer.start((peer) =>
    echo(peer, [SWITCH.replace("echo", "ECHO/1")])
  );
  await withClient({}, async (client) => {
    const { socket } = await client.get(server.url(), { upgrade: "chat/2, Echo/1" });
    await speak(socket!, "");
  });
});

Deno.test("fields of the caller's own are not said twice", async () => {
  await using server = await RawServer.start((peer) => echo(peer, [SWITCH]));
  await withClient({}, async (client) => {
    const headers = { Connection: "keep-alive, upgrade", Upgrade: "echo" };
    const { socket } = await client.get(server.url(), { upgrade: "echo", headers });
    await speak(socket!, "");
  });
  assertEquals(server.received.match(/upgrade/gi)?.length, 2);
});

Deno.test("an upgrade stands behind nothing, and nothing behind it", async () => {
  await using server = await RawServer.start(async (peer) => {
    const first = await peer.request();
    assertEquals(peer.untaken, "");
    await peer.send(response(first!.target));
    await echo(peer, [SWITCH]);
  });
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    const first = client.get(server.url("/1"));
    const switched = client.get(server.url("/2"), { upgrade: "echo" });
    const last = client.get(server.url("/3"));
    assertEquals(await (await first).text(), "/1");
    const { socket } = await switched;
    // The one that waited got a connection of its own, since the place is free.
    assertEquals(await (await last).text(), "/3");
    await speak(socket!, "");
  });
});

Deno.test("what is given up before 101 closes its connection", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  await withClient({}, async (client) => {
    const url = server.url();
    const abort = new AbortController();
    const aborted = client.get(url, { upgrade: "echo", signal: abort.signal });
    await until(() => server.peers.length === 1 && server.received.endsWith("\r\n\r\n"));
    abort.abort();
    await failure(aborted, AbortedError);
    await failure(client.get(url, { upgrade: "echo", timeout: 20 }), TimeoutError);
    await failure(client.get(url, { upgrade: "echo", timeouts: { headers: 20 } }), TimeoutError);
    const thread = spawn(() => client.get(url, { upgrade: "echo" }));
    await until(() => server.peers.length === 4 && server.peers[3].received !== "");
    kill(thread);
    await until(() => server.peers.every((peer) => peer.hasEnded));
    assertEquals(client.stats(), NOTHING_LEFT);
  });
});

Deno.test("discard closes a socket that nobody has asked for, and no other", async () => {
  await using server = await RawServer.start((peer) => echo(peer, [SWITCH]));
  await withClient({}, async (client) => {
    await (await client.get(server.url(), { upgrade: "echo" })).discard();
    await server.peers[0].ended();
    const answer = await client.get(server.url(), { upgrade: "echo" });
    const { socket } = answer;
    await answer.discard();
    await speak(socket!, "");
  });
});

Deno.test("101 in the middle of an upload, and names that are none, are refused", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.until("\r\n\r\n");
    await peer.send(SWITCH);
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const body = new ReadableStream<Uint8Array>();
    await failure(client.post(server.url(), { upgrade: "echo", body }), RemoteProtocolError);
    for (const upgrade of ["a b", "a/b c", "a\r\nb"]) {
      await failure(client.get(server.url(), { upgrade }), LocalProtocolError);
    }
  });
});
