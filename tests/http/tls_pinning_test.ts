import { createHash, X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { LocalProtocolError, TlsError } from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";
import { readPins } from "../../src/socket/tls_pins.ts";
import { connect } from "../../src/socket/mod.ts";
import type { TlsOptions } from "../../src/socket/tls.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { turns } from "../support/clock.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";
import { makeTestTls } from "../support/tls.ts";

const tls = await makeTestTls();
const hello = answering(() => response("hello"));

/** The pin of a certificate, as `openssl` would make it. */
function pinOf(cert: string): string {
  const key = new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
}

const own = pinOf(tls.server.cert);
const other = pinOf(tls.client.cert);

const GOOD: [name: string, options: TlsOptions][] = [
  ["its key", { pins: [`sha256/${own}`] }],
  ["its key, as curl writes it", { pins: [`sha256//${own}`] }],
  ["one of several keys", { pins: [`sha256/${other}`, `sha256/${own}`] }],
];

for (const [name, options] of GOOD) {
  Deno.test(`a server is let in by ${name}`, async () => {
    await using server = await RawServer.start(hello, tls.server);
    await withClient({ tls: { caCerts: [tls.ca], ...options } }, async (client) => {
      const ask = async () => await (await client.get(server.url())).text();
      assertEquals(await Promise.all([ask(), ask()]), ["hello", "hello"]);
      assertEquals(await ask(), "hello");
    });
  });
}

Deno.test("a server with another key gets nothing, and the key that it showed is told", async () => {
  await using server = await RawServer.start(hello, tls.server);
  // The authority's key is no help: whoever has it could have signed any other server.
  for (const pin of [other, pinOf(tls.ca)]) {
    const options = { tls: { caCerts: [tls.ca], pins: [`sha256/${pin}`] } };
    await withClient(options, async (client) => {
      const error = await failure(client.get(server.url()), TlsError);
      assertEquals([error.code, error.sent], ["pin mismatch", "none"]);
      assertStringIncludes(error.message, `sha256/${own}`);
      assertStringIncludes(error.message, "127.0.0.1");
      assertEquals([client.stats(), client.totals().retries], [NOTHING_LEFT, 0]);
    });
  }
  assertEquals(server.received, "");
});

Deno.test("a pin does not stand for the authority, but may stand alone with verify: false", async () => {
  await using server = await RawServer.start(hello, tls.server);
  const pins = [`sha256/${own}`];
  await withClient({ tls: { pins }, maxRetries: 0 }, async (client) => {
    const error = await failure(client.get(server.url()), TlsError);
    assertStringIncludes(error.message, "authority that is not trusted here");
    const trusting = { tls: { verify: false } };
    assertEquals(await (await client.get(server.url(), trusting)).text(), "hello");
    const wrong = { tls: { verify: false, pins: [`sha256/${other}`] } };
    assertEquals((await failure(client.get(server.url(), wrong), TlsError)).code, "pin mismatch");
  });
});

Deno.test("a request's own TLS goes over the client's, on connections of its own", async () => {
  await using server = await RawServer.start(hello, tls.server);
  await withClient({ tls: { caCerts: [tls.ca] }, maxRetries: 0 }, async (client) => {
    const ask = async (own?: TlsOptions) =>
      await (await client.get(server.url(), own && { tls: own })).text();
    await ask();
    await ask();
    assertEquals(server.peers.length, 1);
    await ask({ serverName: "localhost" });
    await ask({ serverName: "localhost" });
    assertEquals(server.peers.length, 2);
    const error = await failure(
      client.get(server.url(), { tls: { serverName: "other.test" } }),
      TlsError,
    );
    assertStringIncludes(error.message, "other.test: its certificate is for another name");
    // One that would not be let in by its own terms must not ride on another's connection.
    const pinned = { tls: { pins: [`sha256/${other}`] } };
    assertEquals((await failure(client.get(server.url(), pinned), TlsError)).code, "pin mismatch");
    assertEquals(await ask(), "hello");
    assertEquals(server.peers.filter(({ received }) => received !== "").length, 2);
  });
});

Deno.test("what is no pin is refused before anything is opened", async () => {
  const bad = [
    "",
    own,
    `sha1/${own}`,
    `sha256/${own.slice(1)}`,
    `sha256/${own}=`,
    `sha256///${own}`,
  ];
  for (const pin of bad) {
    let error: unknown;
    try {
      new Client({ tls: { pins: [pin] } });
    } catch (thrown) {
      error = thrown;
    }
    assertEquals(error instanceof LocalProtocolError, true, pin);
  }
  await withClient({}, async (client) => {
    const asked = client.get("https://a.test/", { tls: { pins: ["sha256/x"] } });
    assertStringIncludes((await failure(asked, LocalProtocolError)).message, '"sha256/x"');
  });
  assertEquals(readPins([`sha256/${own}`, `sha256//${own}`]), [own, own]);
});

Deno.test("a server that speaks HTTP/2 alone is told apart from one whose certificate is bad", async () => {
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    alpnProtocols: ["h2"],
    ...tls.server,
  });
  const serving = (async () => {
    for await (const conn of listener) {
      await conn.handshake().catch(() => {});
      conn.close();
    }
  })();
  const url = `https://127.0.0.1:${listener.addr.port}/`;
  await withClient({ tls: { caCerts: [tls.ca] }, maxRetries: 0 }, async (client) => {
    const refused = await failure(client.get(url), TlsError);
    assertStringIncludes(refused.message, "it speaks none of the protocols offered (http/1.1)");
    const agreed = await failure(client.get(url, { tls: { alpn: ["h2"] } }), TlsError);
    assertStringIncludes(agreed.message, 'both sides agreed on "h2"');
  });
  listener.close();
  await serving;
});

Deno.test("a cosocket's handshake knows pins too", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.send("hi\n");
    await peer.ended();
  }, tls.server);
  const shake = async (pin: string) => {
    await using socket = await connect("127.0.0.1", server.port);
    await socket.sslHandshake({ caCerts: [tls.ca], pins: [pin] });
    return await socket.receive();
  };
  assertEquals(await shake(`sha256/${own}`), "hi");
  assertEquals((await failure(shake(`sha256/${other}`), TlsError)).code, "pin mismatch");
  await failure(shake("sha256/none"), LocalProtocolError);
});

Deno.test("a request shows a client certificate of its own, and no other request rides on it", async () => {
  const options = { ...tls.server, requestCert: true, rejectUnauthorized: false, ca: [tls.ca] };
  const server = createServer(options, (socket) => {
    socket.on("data", () => socket.write(response(socket.authorized ? "known" : "nobody")));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await withClient({ tls: { caCerts: [tls.ca] } }, async (client) => {
    const ask = async (own?: TlsOptions) => await (await client.get(url, { tls: own })).text();
    assertEquals(await ask(), "nobody");
    assertEquals(await ask(tls.client), "known");
    assertEquals(await ask(), "nobody");
    assertEquals(await ask(tls.client), "known");
    assertEquals(client.stats().connections, 2);
  });
  await new Promise((resolve) => server.close(resolve));
  await turns(5);
});
