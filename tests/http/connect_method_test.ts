/** Request targets that are no path: `CONNECT host:port` and `OPTIONS *` (RFC 9112 §3.2). @module */

import { assertEquals } from "@std/assert";
import { LocalProtocolError } from "../../src/errors.ts";
import type { RequestOptions } from "../../src/http/options.ts";
import { text } from "../support/bytes.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { answering, type RawRequest, RawServer, response } from "../support/raw_server.ts";
import { until } from "../support/clock.ts";
import { makeTestTls } from "../support/tls.ts";

const CONNECT = { method: "CONNECT", requestTarget: "example.org:443" };

Deno.test("2xx to CONNECT gives the socket right behind the head, whatever length is told", async () => {
  const heads = ["", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"];
  heads.push(heads[1] + heads[2]);
  let request: RawRequest | null = null;
  await using server = await RawServer.start(async (peer) => {
    request = await peer.request();
    await peer.send(`HTTP/1.1 200 Connected\r\n${heads[peer.index]}\r\nfar`);
    await peer.until("ping");
    await peer.send("pong");
    await peer.ended();
  });
  await withClient({}, async (client) => {
    for (const _ of heads) {
      const { status, socket, body } = await client.request(server.url("/path"), CONNECT);
      assertEquals([status, body, client.stats()], [200, null, NOTHING_LEFT]);
      assertEquals(text(await socket!.receive(3)), "far");
      await socket!.send("ping");
      assertEquals(text(await socket!.receive(4)), "pong");
      socket!.close();
    }
  });
  assertEquals([request!.target, request!.headers.host], ["example.org:443", "example.org:443"]);
});

Deno.test("TLS with the far end through the tunnel", async () => {
  const tls = await makeTestTls();
  await using far = await RawServer.start(answering(() => response("far")), tls.server);
  await using proxy = await RawServer.start(async (peer) => {
    await peer.request();
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: far.port });
    await peer.send("HTTP/1.1 200 Connected\r\n\r\n");
    const back = conn.readable.pipeTo(new WritableStream({ write: (bytes) => peer.send(bytes) }));
    for (let at = 0; !peer.hasEnded;) {
      await until(() => peer.hasEnded || peer.untaken.length > at);
      const bytes = Uint8Array.from(peer.untaken.slice(at), (char) => char.charCodeAt(0));
      await conn.write(bytes);
      at += bytes.length;
    }
    await conn.closeWrite();
    await back;
  });
  await withClient({}, async (client) => {
    const requestTarget = `localhost:${far.port}`;
    const { socket } = await client.request(proxy.url(), { method: "CONNECT", requestTarget });
    await socket!.sslHandshake({ caCerts: [tls.ca] });
    await socket!.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertEquals(await socket!.receive(), "HTTP/1.1 200 OK");
    socket!.close();
  });
});

Deno.test("CONNECT that fails is an ordinary answer", async () => {
  await using server = await RawServer.start(
    answering(() => response("no", "Location: /x\r\n", "407 Proxy Authentication Required")),
  );
  await withClient({}, async (client) => {
    for (let n = 0; n < 2; n++) {
      const answer = await client.request(server.url(), CONNECT);
      assertEquals([answer.status, answer.socket, await answer.text()], [407, null, "no"]);
    }
    assertEquals(server.peers.length, 1);
  });
});

Deno.test("OPTIONS * asks the server itself", async () => {
  await using server = await RawServer.start(
    answering(({ method, target, headers }) => response(`${method} ${target} ${headers.host}`)),
  );
  await withClient({}, async (client) => {
    const answer = await client.request(server.url("/x"), {
      method: "OPTIONS",
      requestTarget: "*",
    });
    assertEquals(await answer.text(), `OPTIONS * 127.0.0.1:${server.port}`);
  });
});

Deno.test("other request targets are refused", async () => {
  const refused: RequestOptions[] = [
    { requestTarget: "*" },
    { requestTarget: "/path" },
    { method: "OPTIONS", requestTarget: "a:1" },
    { method: "CONNECT" },
    ...[
      "*",
      "",
      "a",
      "a:",
      "a:0",
      "a:65536",
      "a:x",
      "/a:1",
      "u@a:1",
      "a b:1",
      "::1:443",
      "http://a:1/",
    ]
      .map((requestTarget) => ({ method: "CONNECT", requestTarget })),
    { ...CONNECT, body: "x" },
  ];
  await withClient({}, async (client) => {
    for (const options of refused) {
      await failure(client.request("http://127.0.0.1:9/", options), LocalProtocolError);
    }
    assertEquals(client.totals().connectionsOpened, 0);
  });
});
