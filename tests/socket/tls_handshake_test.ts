import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  BrokenError,
  ClosedError,
  LasaError,
  LocalProtocolError,
  TlsError,
} from "../../src/errors.ts";
import { connect, type HandshakeOptions, type TcpSocket } from "../../src/socket/mod.ts";
import { text } from "../support/bytes.ts";
import { tcpPair as pair } from "../support/loopback.ts";
import { makeTestTls } from "../support/tls.ts";

const { ca, server, client: identity } = await makeTestTls();
const stranger = await makeTestTls();

/** How a handshake ended on one side: what it came to, or its error. */
type End = { alpn: string | null } | LasaError;

/** Both sides of a handshake. */
async function handshake(
  near: TcpSocket,
  client: HandshakeOptions,
  far: TcpSocket,
  called: HandshakeOptions,
): Promise<[End, End]> {
  return await Promise.all([
    near.sslHandshake(client).catch((error) => error),
    far.sslHandshake(called).catch((error) => error),
  ]);
}

/** Lines there and back, over what is between two sockets. */
async function talk(near: TcpSocket, far: TcpSocket): Promise<void> {
  await near.send("there\r\n");
  assertEquals(await far.receive(), "there");
  await far.send(["back", "\n"]);
  assertEquals(await near.receive(), "back");
}

Deno.test("both sides speak TLS after a handshake under an authority of one's own", async () => {
  await using ends = await pair();
  const { near, far } = ends;
  const [localAddress, remoteAddress] = [near.localAddress, near.remoteAddress];
  assertEquals(await handshake(near, { caCerts: [ca] }, far, server), [
    { alpn: null },
    { alpn: null },
  ]);
  await talk(near, far);
  assertEquals([near.localAddress, near.remoteAddress], [localAddress, remoteAddress]);
  assertEquals([far.localAddress, far.remoteAddress], [remoteAddress, localAddress]);
  const large = new Uint8Array(300_000).map((_, at) => at);
  const [received] = await Promise.all([far.receive(large.length), near.send(large)]);
  assertEquals(received, large);
  await near.shutdown("send");
  assertEquals(text(await far.receive("*a")), "");
  await far.send("still here\n");
  assertEquals(await near.receive(), "still here");
});

Deno.test("what is on the wire is not what is said", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using socket = await connect("127.0.0.1", listener.addr.port);
  using conn = await listener.accept();
  const failed = assertRejects(() => socket.sslHandshake({ caCerts: [ca] }), LasaError);
  const hello = new Uint8Array(1024);
  await conn.read(hello);
  // RFC 8446 §5.1: a record of the type handshake.
  assertEquals(hello[0], 22);
  conn.close();
  await failed;
});

Deno.test("the platform's own client and server are understood", async () => {
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...server });
  const serving = listener.accept().then(async (conn) => {
    await conn.handshake();
    return conn;
  });
  await using near = await connect("127.0.0.1", listener.addr.port);
  await near.sslHandshake({ caCerts: [ca], serverName: "localhost" });
  using conn = await serving;
  await near.send("ping");
  const into = new Uint8Array(4);
  assertEquals([await conn.read(into), text(into)], [4, "ping"]);

  await using ends = await pair();
  ends.near.close();
  await using called = ends.listener;
  const calling = Deno.connectTls({
    hostname: "localhost",
    port: called.localAddress!.port,
    caCerts: [ca],
  });
  await using session = await called.accept();
  await session.sslHandshake(server);
  using caller = await calling;
  await caller.write(new TextEncoder().encode("pong\n"));
  assertEquals(await session.receive(), "pong");
});

for (
  const [what, options] of [
    ["the platform's client", { caCerts: [stranger.ca] }],
    ["the platform's client that knows no authority", {}],
    ["a client with a certificate of its own", { caCerts: [stranger.ca], ...identity }],
  ] as [string, HandshakeOptions][]
) {
  Deno.test(`${what} refuses an unknown authority, and both sockets are closed`, async () => {
    await using ends = await pair();
    const { near, far } = ends;
    const [refusing, refused] = await handshake(near, options, far, server);
    assertInstanceOf(refusing, TlsError);
    assertEquals(refusing.code, "tls");
    await assertRejects(() => near.send("x"), ClosedError);
    // With TLS 1.3 the called side may be through before it is told (RFC 8446 §2).
    if (!(refused instanceof LasaError)) await assertRejects(() => far.receive(), LasaError);
    await far[Symbol.asyncDispose]();
  });
}

Deno.test("verify: false takes any certificate, and any name", async () => {
  await using ends = await pair();
  const options = { verify: false, serverName: "elsewhere.test" };
  assertEquals((await handshake(ends.near, options, ends.far, stranger.server))[0], { alpn: null });
  await talk(ends.near, ends.far);
});

for (const verify of ["by the platform", "by node:tls"]) {
  // A certificate of the client's own needs node:tls.
  const own = verify === "by node:tls" ? identity : {};

  Deno.test(`the name is checked ${verify}: the host's, or the one that is given`, async () => {
    await using good = await pair();
    const byName = { caCerts: [ca], serverName: "localhost", ...own };
    assertEquals((await handshake(good.near, byName, good.far, server))[0], { alpn: null });
    await talk(good.near, good.far);
    await using byAddress = await pair();
    const [end] = await handshake(byAddress.near, { caCerts: [ca], ...own }, byAddress.far, server);
    assertEquals(end, { alpn: null });
    await using bad = await pair();
    const wrong = { caCerts: [ca], serverName: "elsewhere.test", ...own };
    const [error] = await handshake(bad.near, wrong, bad.far, server);
    assertInstanceOf(error, TlsError);
  });

  Deno.test(`the protocol that both sides speak is agreed on ${verify}`, async () => {
    const agreed = async (offered: string[] | undefined, known: string[] | undefined) => {
      await using ends = await pair();
      const client = { caCerts: [ca], alpn: offered, ...own };
      const [near, far] = await handshake(ends.near, client, ends.far, { ...server, alpn: known });
      return [near, far].map((end) => end instanceof LasaError ? "refused" : end.alpn);
    };
    assertEquals(await agreed(["h2", "lasa/1"], ["lasa/1"]), ["lasa/1", "lasa/1"]);
    assertEquals(await agreed(["lasa/1"], undefined), [null, null]);
    assertEquals(await agreed(undefined, ["lasa/1"]), [null, null]);
    // RFC 7301 §3.2: without a common protocol the handshake fails.
    assertEquals((await agreed(["h2"], ["lasa/1"]))[0], "refused");
  });
}

Deno.test("the name is sent, an address is not", async () => {
  const { createServer } = await import("node:tls");
  const seen: (string | false)[] = [];
  const listener = createServer(
    { ...server, ALPNProtocols: ["lasa/1"] },
    (socket) => {
      seen.push((socket as unknown as { servername: string | false }).servername);
      socket.end();
    },
  );
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  for (const own of [{}, identity]) {
    for (const serverName of ["localhost", undefined]) {
      await using socket = await connect("127.0.0.1", port);
      await socket.sslHandshake({ caCerts: [ca], serverName, alpn: ["lasa/1"], ...own });
      await socket.receive("*a");
    }
  }
  assertEquals(seen.map((name) => name || null), ["localhost", null, "localhost", null]);
  await new Promise((resolve) => listener.close(resolve));
});

Deno.test("a client certificate that is asked for and known is let in", async () => {
  await using ends = await pair();
  const { near, far } = ends;
  const asking = { ...server, caCerts: [ca] };
  assertEquals(await handshake(near, { caCerts: [ca], ...identity }, far, asking), [
    { alpn: null },
    { alpn: null },
  ]);
  await talk(near, far);
});

for (
  const [what, shown] of [["no certificate", {}], ["a stranger's", stranger.client]] as const
) {
  Deno.test(`a client that shows ${what} where one is asked for is refused`, async () => {
    await using ends = await pair();
    const { near, far } = ends;
    const asking = { ...server, caCerts: [ca] };
    const [end, refusing] = await handshake(near, { caCerts: [ca], ...shown }, far, asking);
    assertInstanceOf(refusing, TlsError);
    await assertRejects(() => far.send("x"), ClosedError);
    // With TLS 1.3 the caller is through before it is told (RFC 8446 §2): its next read says it.
    if (!(end instanceof LasaError)) await assertRejects(() => near.receive(), LasaError);
  });
}

Deno.test("a client certificate that is asked for with verify: false may be any, or none", async () => {
  for (const shown of [{}, stranger.client]) {
    await using ends = await pair();
    const asking = { ...server, caCerts: [ca], verify: false };
    await handshake(ends.near, { caCerts: [ca], ...shown }, ends.far, asking);
    await talk(ends.near, ends.far);
  }
});

Deno.test("a certificate or key that is none is a TlsError, not the platform's own", async () => {
  for (const options of [{ cert: "none", key: "none" }, { ...server, key: stranger.server.key }]) {
    await using ends = await pair();
    const [, end] = await handshake(ends.near, { caCerts: [ca] }, ends.far, options);
    assertInstanceOf(end, TlsError);
    await ends.near[Symbol.asyncDispose]();
  }
});

Deno.test("the side that was called needs a certificate and its key; which side it is may be said", async () => {
  await using ends = await pair();
  const { near, far } = ends;
  await assertRejects(() => far.sslHandshake(), LocalProtocolError, "needs cert and key");
  await assertRejects(
    () => near.sslHandshake({ role: "server", cert: server.cert }),
    LocalProtocolError,
  );
  // Turned around: the one that called is the server.
  const calling: HandshakeOptions = { role: "client", caCerts: [ca], serverName: "localhost" };
  await handshake(near, { role: "server", ...server }, far, calling);
  await talk(near, far);
});

Deno.test("a second handshake on the same terms gives what the first came to, on others it is refused", async () => {
  await using ends = await pair();
  const { near, far } = ends;
  const options = { caCerts: [ca], alpn: ["lasa/1"] };
  await handshake(near, options, far, { ...server, alpn: ["lasa/1"] });
  assertEquals(await near.sslHandshake(options), { alpn: "lasa/1" });
  await assertRejects(() => near.sslHandshake({ verify: false }), LocalProtocolError, "terms");
  await talk(near, far);
});

Deno.test("what is no TLS ends the handshake with an error, and the socket", async () => {
  for (const options of [{ caCerts: [ca] }, { verify: false }]) {
    await using ends = await pair();
    await ends.far.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    const error = await assertRejects(() => ends.near.sslHandshake(options), LasaError);
    assertInstanceOf(error, error instanceof TlsError ? TlsError : BrokenError);
    await assertRejects(() => ends.near.send("x"), ClosedError);
  }
  await using ends = await pair();
  await ends.near.send("EHLO there, this is no client hello\r\n");
  await assertRejects(() => ends.far.sslHandshake(server), LasaError);
  await assertRejects(() => ends.far.send("x"), ClosedError);
});

Deno.test("a peer that goes away in mid-handshake ends it", async () => {
  for (const options of [{ caCerts: [ca] }, { verify: false }]) {
    await using ends = await pair();
    const failed = assertRejects(() => ends.near.sslHandshake(options), LasaError);
    await ends.far.receiveAny(1);
    ends.far.close();
    await failed;
  }
  await using ends = await pair();
  const failed = assertRejects(() => ends.far.sslHandshake(server), LasaError);
  ends.near.close();
  await failed;
});
