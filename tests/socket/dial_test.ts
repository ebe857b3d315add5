import { assert, assertEquals, assertRejects } from "@std/assert";
import { createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { TlsError } from "../../src/errors.ts";
import { dial } from "../../src/socket/dial.ts";
import type { TlsOptions } from "../../src/socket/mod.ts";
import { ioError } from "../../src/socket/io_error.ts";
import { turns } from "../support/clock.ts";
import { readAll } from "../support/stream_contract.ts";
import { makeTestTls } from "../support/tls.ts";

const tls = await makeTestTls();

/** Runs a test with a TLS server of the platform's that says "hi" to whoever gets through. */
async function withServer(test: (port: number) => Promise<void>): Promise<void> {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...tls.server });
  const { promise: served, resolve } = Promise.withResolvers<void>();
  listener.accept().then(async (conn) => {
    // Whoever does not like the certificate ends the handshake here.
    await conn.handshake().then(() => conn.write(new TextEncoder().encode("hi"))).catch(() => {});
    await conn.read(new Uint8Array(1)).catch(() => {});
    conn.close();
    resolve();
  });
  try {
    await test(listener.addr.port);
    await served;
  } finally {
    listener.close();
    await turns(5);
  }
}

async function greet(port: number, options: TlsOptions): Promise<string> {
  const stream = await dial({ host: "127.0.0.1", port }, { tls: options });
  try {
    return await readAll(stream, 2);
  } finally {
    stream.close();
  }
}

async function assertTlsError(dialing: () => Promise<unknown>): Promise<void> {
  const error = await assertRejects(dialing);
  assert(ioError(error, "connect") instanceof TlsError, String(error));
}

// What takes the platform's own TLS, and what takes node:tls: a certificate to show.
const ways: Record<string, TlsOptions> = { "startTls": {}, "node:tls": tls.client };

for (const [way, own] of Object.entries(ways)) {
  Deno.test(`TLS by ${way} trusts an authority that it is given, for a name or an address`, async () => {
    const caCerts = [tls.ca];
    await withServer(async (port) => {
      assertEquals(await greet(port, { ...own, caCerts, serverName: "localhost" }), "hi");
    });
    await withServer(async (port) => assertEquals(await greet(port, { ...own, caCerts }), "hi"));
  });

  Deno.test(`TLS by ${way} refuses an authority that it does not know`, () =>
    withServer((port) => assertTlsError(() => greet(port, { ...own, serverName: "localhost" }))));

  Deno.test(`TLS by ${way} refuses a certificate for another name`, () =>
    withServer((port) =>
      assertTlsError(() => greet(port, { ...own, caCerts: [tls.ca], serverName: "example.test" }))
    ));

  Deno.test(`TLS by ${way} to a peer that never answers ends when its signal fires`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const abort = new AbortController();
    let isConnected = false;
    const dialing = dial({ host: "127.0.0.1", port: listener.addr.port }, {
      signal: abort.signal,
      tls: { ...own, serverName: "localhost" },
      onConnected: () => {
        isConnected = true;
        // Once before the handshake has begun, once in its middle.
        if (way === "startTls") abort.abort(new Error("enough"));
        else setTimeout(() => abort.abort(new Error("enough")), 5);
      },
    });
    const conn = await listener.accept();
    await assertRejects(() => dialing, Error, "enough");
    assertEquals(isConnected, true);
    // The platform's own TLS would let the peer wait on: it closes only what has shaken hands.
    const rest = new Uint8Array(4096);
    if (way === "node:tls") { while (await conn.read(rest).catch(() => null) !== null); }
    conn.close();
    await turns(5);
  });
}

Deno.test("TLS with verify: false takes any certificate", () =>
  withServer(async (port) => assertEquals(await greet(port, { verify: false }), "hi")));

Deno.test("TLS shows a certificate of its own to a server that asks", async () => {
  const server = createServer({ ...tls.server, requestCert: true, ca: [tls.ca] }, (socket) => {
    socket.end(socket.authorized ? "known" : "nobody");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stream = await dial({ host: "127.0.0.1", port }, {
    tls: { ...tls.client, caCerts: [tls.ca], serverName: "localhost" },
  });
  assertEquals(await readAll(stream, 10), "known");
  stream.close();
  await new Promise((resolve) => server.close(resolve));
  await turns(5);
});
