import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ClosedError, RemoteProtocolError, TimeoutError } from "../../src/errors.ts";
import { TcpSocket } from "../../src/socket/tcp.ts";
import { shutdown } from "../../src/thread/shutdown.ts";
import { list } from "../../src/thread/thread.ts";
import { Client } from "../../src/websocket/client.ts";
import { serve } from "../../src/websocket/serve.ts";
import { Server } from "../../src/websocket/server.ts";
import type { ServerOptions } from "../../src/websocket/server_options.ts";
import { upgrade } from "../../src/websocket/upgrade.ts";
import { until } from "../support/clock.ts";
import { capturedLog } from "../support/captured_log.ts";
import { makeTestTls } from "../support/tls.ts";
import { RawPeer, requestHead } from "../support/websocket_peer.ts";

/** Sends a text to a server and gives all that it answers until it ends. */
async function ask(port: number, text: string): Promise<string> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(text));
  const answer = await new Response(conn.readable).text();
  return answer;
}

async function answerOf(options: Partial<ServerOptions>, text: string): Promise<string> {
  await using server = new Server({ host: "127.0.0.1:0", ...options });
  return await ask(server.address.port, text);
}

Deno.test("what is no handshake is answered with a status and the connection closed", async () => {
  const cases: [RegExp, string][] = [
    [/^HTTP\/1.1 426 Upgrade Required\r\n/, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    [/^HTTP\/1.1 405 /, requestHead().replace("GET", "POST")],
    [/^HTTP\/1.1 426 [^]*Sec-WebSocket-Version: 13\r\n/, requestHead().replace(": 13", ": 12")],
    [/^HTTP\/1.1 400 /, requestHead().replace("Sec-WebSocket-Key", "X")],
    [/^HTTP\/1.1 400 /, "nonsense\r\n\r\n"],
    [/^HTTP\/1.1 431 /, requestHead(`X: ${"y".repeat(20_000)}\r\n`)],
  ];
  for (const [expected, text] of cases) {
    const answer = await answerOf({}, text);
    assert(expected.test(answer), answer);
  }
});

Deno.test("the server decides who is let in, and with which fields", async () => {
  const admit: ServerOptions["admit"] = ({ target, headers }) => {
    if (target === "/") return { headers: { "X-Room": "1" } };
    if (target === "/none") return 404;
    if (target === "/fail") throw new Error("no database");
    if (headers.has("cookie")) return;
    return { status: 401, reason: "who are you?", headers: { "WWW-Authenticate": "Basic" } };
  };
  await using server = new Server({ host: "127.0.0.1:0", admit });
  const { port } = server.address;
  using _peer = await RawPeer.call(port, requestHead("Cookie: a=b\r\n", "/private"));
  assert((await ask(port, requestHead("", "/none"))).startsWith("HTTP/1.1 404 Not Found\r\n"));
  const answer = await ask(port, requestHead("", "/private"));
  assert(/^HTTP\/1.1 401 [^]*WWW-Authenticate: Basic\r\n[^]*who are you\?\n$/.test(answer), answer);
  const lines = await capturedLog(async () => {
    assert((await ask(port, requestHead("", "/fail"))).startsWith("HTTP/1.1 500 "));
  });
  assert(lines.some((line) => line.includes("no database")));
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(requestHead()));
  const room = new Uint8Array(1_000);
  const head = new TextDecoder().decode(room.subarray(0, await conn.read(room) ?? 0));
  assert(head.includes("X-Room: 1\r\n"));
  conn.close();
});

Deno.test("who does not finish the handshake is cut off, and others need not wait for it", async () => {
  await using server = new Server({ host: "127.0.0.1:0", handshakeTimeoutMs: 60 });
  const { port } = server.address;
  const slow = await Deno.connect({ hostname: "127.0.0.1", port });
  await slow.write(new TextEncoder().encode("GET / HT"));
  using _quick = await RawPeer.call(port);
  assertEquals((await server.accept()).request.target, "/");
  assertEquals(await slow.read(new Uint8Array(10)).catch(() => null), null);
  slow.close();
});

Deno.test("more than maxSessions get 503, and there is room again when one has gone", async () => {
  await using server = new Server({ host: "127.0.0.1:0", maxSessions: 1 });
  const { port } = server.address;
  const first = await RawPeer.call(port);
  const session = await server.accept();
  const answer = await ask(port, requestHead());
  assert(answer.startsWith("HTTP/1.1 503 "), answer);
  first[Symbol.dispose]();
  await assertRejects(() => session.receive(), ClosedError);
  using _second = await RawPeer.call(port);
  await server.accept();
});

Deno.test("accept waits, times out, and fails when the server is closed", async () => {
  const server = new Server("127.0.0.1:0");
  server.setTimeout(10);
  await assertRejects(() => server.accept(), TimeoutError);
  server.setTimeout();
  const accepting = server.accept();
  accepting.catch(() => {});
  await server.close();
  await assertRejects(() => accepting, ClosedError);
  await assertRejects(() => server.accept(), ClosedError);
  assertThrows(() => new Server("nowhere"), TypeError, '"host:port"');
});

Deno.test("close tells every session 1001 and cuts off those that do not answer", async () => {
  const server = serve("127.0.0.1:0", async (session) => {
    for await (const { data } of session) await session.sendText(String(data));
  });
  const client = new Client();
  await client.connect(`ws://127.0.0.1:${server.address.port}/`);
  using silent = await RawPeer.call(server.address.port);
  await until(() => server.sessions.size === 2);
  const told = client.receive();
  await server.close(40);
  assertEquals([await told, client.closeCode], [null, 1001]);
  assertEquals((await silent.receive())?.opcode, 8);
  assertEquals(server.sessions.size, 0);
  await client.close();
  await until(() => list().length === 0);
});

Deno.test("a handler that fails closes its session with 1011 and is logged; others go on", async () => {
  await using server = serve("127.0.0.1:0", async (session) => {
    for await (const { data } of session) {
      if (data === "fail") throw new Error("the handler broke");
      await session.sendText("fine");
    }
  });
  const [bad, good] = [new Client(), new Client()];
  for (const each of [bad, good]) await each.connect(`ws://127.0.0.1:${server.address.port}/x`);
  const lines = await capturedLog(async () => {
    await bad.sendText("fail");
    assertEquals(await bad.receive(), null);
    await bad.close();
  });
  assertEquals(bad.closeCode, 1011);
  assert(lines.some((line) => line.includes("the handler broke")), lines.join("\n"));
  await good.sendText("and you?");
  assertEquals((await good.receive())?.data, "fine");
  await good.close();
});

Deno.test("a handler that returns closes its session", async () => {
  await using server = serve("127.0.0.1:0", (session) => session.sendText("hello and goodbye"));
  await using client = new Client();
  await client.connect(`ws://127.0.0.1:${server.address.port}/`);
  assertEquals((await client.receive())?.data, "hello and goodbye");
  assertEquals([await client.receive(), client.closeCode], [null, 1000]);
});

Deno.test("wss: with a certificate of one's own authority, and with one of the client's", async () => {
  const tls = await makeTestTls();
  await using server = serve(
    { host: "127.0.0.1:0", ssl: { ...tls.server, caCerts: [tls.ca] } },
    async (session) => {
      for await (const { data } of session) await session.sendText(String(data));
    },
  );
  const url = `wss://127.0.0.1:${server.address.port}/`;
  const client = new Client();
  await client.connect(url, { tls: { caCerts: [tls.ca], ...tls.client } });
  await client.sendText("secret");
  assertEquals((await client.receive())?.data, "secret");
  await client.close();
  await assertRejects(() => new Client().connect(url, { tls: { caCerts: [tls.ca] } }));
});

Deno.test("wss: an unknown authority is refused unless verification is off", async () => {
  const tls = await makeTestTls();
  const folder = await Deno.makeTempDir();
  const [certFile, keyFile] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  await Deno.writeTextFile(certFile, tls.server.cert);
  await Deno.writeTextFile(keyFile, tls.server.key);
  await using server = new Server({ host: "127.0.0.1:0", ssl: { certFile, keyFile } });
  await Deno.remove(folder, { recursive: true });
  const url = `wss://127.0.0.1:${server.address.port}/`;
  const error = await assertRejects(() => new Client().connect(url));
  assertEquals((error as { code?: string }).code, "tls");
  await using client = new Client();
  await client.connect(url, { sslVerify: false });
  await using session = await server.accept();
  const receiving = session.receive();
  await client.sendText("hello");
  assertEquals((await receiving)?.data, "hello");
  await Promise.all([client.close(), session.close()]);
});

Deno.test("upgrade stands inside another server, and takes what came behind the head", async () => {
  await using listener = new TcpSocket();
  listener.bind("127.0.0.1", 0);
  const peer = await Deno.connect({ hostname: "127.0.0.1", port: listener.localAddress!.port });
  const text = new TextEncoder().encode(requestHead("Sec-WebSocket-Protocol: b, a\r\n"));
  const frame = new RawPeer(peer, true).bytesOf({ opcode: 1, payload: "early" });
  await peer.write(new Uint8Array([...text, ...frame]));
  const tcp = await listener.accept();
  await tcp.receiveUntil("\r\n\r\n")();
  const request = new Request("http://127.0.0.1/", { headers: fieldsOf(requestHead()) });
  const session = await upgrade(request, tcp, { protocols: ["a"] });
  assertEquals((await session.receive())?.data, "early");
  session.abort(1001, new ClosedError("done"));
  await assertRejects(() => tcp.send("x"), ClosedError);
  peer.close();
});

function fieldsOf(head: string): [string, string][] {
  return head.split("\r\n").slice(1, -2).map((line) => line.split(": ") as [string, string]);
}

Deno.test("upgrade turns away what is no handshake, and says so", async () => {
  await using listener = new TcpSocket();
  listener.bind("127.0.0.1", 0);
  const asked = ask(listener.localAddress!.port, "GET / HTTP/1.1\r\n\r\n");
  const tcp = await listener.accept();
  await tcp.receiveUntil("\r\n\r\n")();
  const request = { method: "GET", target: "/", headers: new Headers() };
  const upgrading = upgrade(request, tcp);
  upgrading.catch(() => {});
  tcp.close();
  assert((await asked).startsWith("HTTP/1.1 426 "));
  await assertRejects(() => upgrading, Error, "answered 426");
});

Deno.test("shutdown closes servers and sessions", async () => {
  const server = new Server("127.0.0.1:0");
  const client = new Client();
  await client.connect(`ws://127.0.0.1:${server.address.port}/`);
  const session = await server.accept();
  await shutdown();
  assertEquals([client.isOpen, session.isOpen, server.sessions.size], [false, false, 0]);
  await assertRejects(() => new Client().connect(`ws://127.0.0.1:${server.address.port}/`));
});

Deno.test("a client that is answered with another status is told it", async () => {
  await using server = new Server({ host: "127.0.0.1:0", admit: () => 403 });
  await assertRejects(
    () => new Client().connect(`ws://127.0.0.1:${server.address.port}/`),
    RemoteProtocolError,
    "answered 403",
  );
});

Deno.test("a peer that sends too much is told so, and nothing is logged", async () => {
  const lines = await capturedLog(async () => {
    await using server = serve({ host: "127.0.0.1:0", maxPayloadLen: 125 }, async (session) => {
      for await (const { data } of session) await session.sendText(String(data));
    });
    await using client = new Client();
    await client.connect(`ws://127.0.0.1:${server.address.port}/`);
    await client.sendText("x".repeat(126));
    assertEquals([await client.receive(), client.closeCode], [null, 1009]);
  });
  assertEquals(lines, []);
});
