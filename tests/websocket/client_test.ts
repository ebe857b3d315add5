import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  AbortedError,
  BrokenError,
  LocalProtocolError,
  RemoteProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import { Client as HttpClient } from "../../src/http/client.ts";
import { Client } from "../../src/websocket/client.ts";
import { serve } from "../../src/websocket/serve.ts";
import { Server } from "../../src/websocket/server.ts";
import { until } from "../support/clock.ts";
import { RawWebSocketServer } from "../support/websocket_peer.ts";

Deno.test("the request carries what was asked for", async () => {
  using server = new RawWebSocketServer();
  const asked = server.answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  const connecting = new Client({ compression: true }).connect(`${server.url}chat?room=1`, {
    protocols: ["v2", "v1"],
    origin: "https://app.test",
    headers: { "X-Token": "secret" },
  });
  connecting.catch(() => {});
  const head = await asked;
  assert(head.startsWith("GET /chat?room=1 HTTP/1.1\r\n"), head);
  for (
    const line of [
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: v2, v1",
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
      "Origin: https://app.test",
      "X-Token: secret",
    ]
  ) assert(head.toLowerCase().includes(`\r\n${line.toLowerCase()}`), `${line} in ${head}`);
  await assertRejects(() => connecting, RemoteProtocolError, "answered 404");
});

Deno.test("an answer that does not fit is refused and the connection closed", async () => {
  const answers = [
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n",
    "Upgrade: websocket\r\nConnection: Upgrade\r\n",
  ];
  for (const fields of answers) {
    using server = new RawWebSocketServer();
    const asked = server.answer(`HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`);
    await assertRejects(() => new Client().connect(server.url), RemoteProtocolError);
    await asked;
  }
  using server = new RawWebSocketServer();
  const accepting = server.accept("Sec-WebSocket-Protocol: other\r\n");
  await assertRejects(
    () => new Client().connect(server.url, { protocols: "chat" }),
    RemoteProtocolError,
  );
  using peer = await accepting;
  assertEquals(await peer.receive(), null);
});

Deno.test("addresses that make no sense are refused before anybody is called", async () => {
  for (const url of ["http://a/", "ws://a/#b", "nonsense", "wss://"]) {
    await assertRejects(() => new Client().connect(url), LocalProtocolError);
  }
  const twice = { protocols: ["a", "a"] };
  await assertRejects(() => new Client().connect("ws://127.0.0.1:1/", twice), LocalProtocolError);
});

Deno.test("connecting fails as it must: refused, late, or taken back", async () => {
  const refused = await assertRejects(() => new Client().connect("ws://127.0.0.1:1/"), BrokenError);
  assertEquals(refused.code, "connection refused");
  assertEquals(refused.message, "Cannot connect to ws://127.0.0.1:1/: connection refused");
  assertInstanceOf(refused.cause, Deno.errors.ConnectionRefused);
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `ws://127.0.0.1:${silent.addr.port}/`;
  const late = await assertRejects(() => new Client({ timeoutMs: 30 }).connect(url), TimeoutError);
  assertEquals(late.phase, "headers");
  assertStringIncludes(late.message, `Cannot connect to ${url}: `);
  const controller = new AbortController();
  const connecting = new Client().connect(url, { signal: controller.signal });
  controller.abort();
  await assertRejects(() => connecting, AbortedError);
  silent.close();
});

Deno.test("the subprotocol is the one that the server chose", async () => {
  await using server = new Server({ host: "127.0.0.1:0", protocols: ["v1", "v2"] });
  const client = new Client();
  await client.connect(`ws://127.0.0.1:${server.address.port}/`, { protocols: ["v2", "v1"] });
  const session = await server.accept();
  assertEquals([client.protocol, session.protocol], ["v1", "v1"]);
  await Promise.all([client.close(), session.close()]);
});

Deno.test("frames that come with the answer are not lost", async () => {
  using server = new RawWebSocketServer();
  const client = new Client();
  const accepting = server.accept();
  const connecting = client.connect(server.url);
  using peer = await accepting;
  await peer.send({ opcode: 1, payload: "early" });
  await connecting;
  assertEquals((await client.receive())?.data, "early");
  peer[Symbol.dispose]();
  await client.close();
});

Deno.test("the handshake goes through the HTTP client that is given: cookies and all", async () => {
  await using server = new Server({
    host: "127.0.0.1:0",
    admit: ({ headers }) => ({
      headers: { "Set-Cookie": `visits=${(headers.get("cookie") ?? "visits=0").slice(-1) + 1}` },
    }),
  });
  await using http = new HttpClient({ cookies: true });
  const url = `ws://127.0.0.1:${server.address.port}/`;
  for (const cookie of [null, "visits=01"]) {
    await using client = new Client({ http });
    await client.connect(url);
    const session = await server.accept();
    assertEquals(session.request.headers.get("cookie"), cookie);
    await Promise.all([client.close(), session.close()]);
  }
});

Deno.test("a connection that is kept is taken again, with no second handshake", async () => {
  await using server = serve("127.0.0.1:0", async (session) => {
    for await (const { data } of session) await session.sendText(String(data));
  });
  const url = `ws://127.0.0.1:${server.address.port}/`;
  const client = new Client();
  await client.connect(url, { protocols: "none" });
  client.setKeepalive(10_000);
  assertEquals(client.isOpen, false);
  await assertRejects(() => client.sendText("x"), Error, "closed");
  const other = new Client();
  await other.connect(url);
  assertEquals([other.getReusedTimes(), server.sessions.size], [0, 2]);
  await other.close();
  await client.connect(url, { protocols: "none" });
  assertEquals(client.getReusedTimes(), 1);
  await client.sendText("again");
  assertEquals((await client.receive())?.data, "again");
  await client.close();
});

Deno.test("a kept connection on which something comes is dropped", async () => {
  await using server = new Server("127.0.0.1:0");
  const url = `ws://127.0.0.1:${server.address.port}/`;
  const client = new Client();
  await client.connect(url, { pool: "mine" });
  const session = await server.accept();
  client.setKeepalive();
  await session.sendText("nobody asked");
  await assertRejects(() => session.receive());
  await client.connect(url, { pool: "mine" });
  assertEquals(client.getReusedTimes(), 0);
  const next = await server.accept();
  await Promise.all([client.close(), next.close()]);
});

Deno.test("connecting again closes the connection that stands", async () => {
  await using server = new Server("127.0.0.1:0");
  const url = `ws://127.0.0.1:${server.address.port}/`;
  const client = new Client();
  await client.connect(url);
  const first = await server.accept();
  const ended = first.receive();
  await client.connect(url);
  assertEquals([await ended, first.closeCode], [null, 1000]);
  await until(() => server.sessions.size === 1);
  await Promise.all([client.close(), (await server.accept()).close()]);
});
