import { assertEquals } from "@std/assert";
import { TlsError } from "../../src/errors.ts";
import type { TlsOptions } from "../../src/socket/tls.ts";
import { failure, withClient } from "../support/client.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";
import { makeTestTls } from "../support/tls.ts";

const tls = await makeTestTls();
const other = await makeTestTls();
const echo = answering(({ method, target }) => response(`${method} ${target}`));

Deno.test("https with the authority given: requests, pipelines and uploads", async () => {
  await using server = await RawServer.start(echo, tls.server);
  await withClient({ tls: { caCerts: [tls.ca] }, maxConnPerTarget: 1 }, async (client) => {
    for (const host of ["localhost", "127.0.0.1"]) {
      const get = async (n: number) => await (await client.get(server.url(`/${n}`, host))).text();
      assertEquals(await get(0), "GET /0");
      assertEquals(await Promise.all([1, 2, 3, 4].map(get)), [1, 2, 3, 4].map((n) => `GET /${n}`));
    }
    const body = new Blob(["x".repeat(500_000)]);
    assertEquals(await (await client.post(server.url("/up"), { body })).text(), "POST /up");
    assertEquals(server.peers.length, 2);
  });
});

const REFUSED: [name: string, options: TlsOptions][] = [
  ["an authority that nobody trusts", {}],
  ["another authority", { caCerts: [other.ca] }],
  ["another name", { caCerts: [tls.ca], serverName: "example.org" }],
  ["another address", { caCerts: [tls.ca], serverName: "127.0.0.9" }],
];

for (const [name, options] of REFUSED) {
  Deno.test(`a certificate of ${name} is refused and nothing is sent`, async () => {
    // Once over the platform's TLS, once over Node's, which a client certificate needs.
    for (const extra of [{}, tls.client]) {
      await using server = await RawServer.start(echo, tls.server);
      await withClient({ tls: { ...options, ...extra }, maxRetries: 0 }, async (client) => {
        const error = await failure(client.get(server.url("/", "localhost")), TlsError);
        assertEquals([error.code, error.sent], ["tls", "none"]);
        assertEquals(server.received, "");
      });
    }
  });
}

Deno.test("verify: false takes any certificate", async () => {
  await using server = await RawServer.start(echo, tls.server);
  await withClient({ tls: { verify: false } }, async (client) => {
    assertEquals(await (await client.get(server.url("/a"))).text(), "GET /a");
  });
});

Deno.test("https to a server that speaks plain text is a TLS error", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.until("\x16");
    await peer.send(response("plain"));
    await peer.ended();
  });
  await withClient({ maxRetries: 0 }, async (client) => {
    await failure(client.get(server.url().replace("http:", "https:")), TlsError);
  });
});

Deno.test("a truncated TLS connection is no good end of a body without a told length", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\n\r\nall of it?");
    peer.destroy();
  }, tls.server);
  await withClient({ tls: { caCerts: [tls.ca] } }, async (client) => {
    const answer = await client.get(server.url());
    const text = await answer.text().catch((error) => error);
    // The platform's TLS tells an end without close_notify from a good one (RFC 9112 §9.8).
    assertEquals(text === "all of it?" || text.name === "BrokenError", true, String(text));
  });
});
