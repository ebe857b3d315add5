import { assertEquals, assertStringIncludes } from "@std/assert";
import { LocalProtocolError } from "../../src/errors.ts";
import type { AllowAddress, Resolve } from "../../src/http/options.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { until } from "../support/clock.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";
import { makeTestTls } from "../support/tls.ts";
import { TunnelProxy } from "../support/tunnel_proxy.ts";

const tls = await makeTestTls();
const hello = answering(({ target }) => response(`hello ${target}`));

/** A guard that writes down what it is asked, and refuses some. */
function guard(...refused: string[]) {
  const asked: string[] = [];
  const allowAddress: AllowAddress = (address, { hostname, port }) => {
    asked.push(`${address} for ${hostname}:${port}`);
    return !refused.includes(address);
  };
  return { asked, allowAddress };
}

function told(error: LocalProtocolError) {
  return [error.code, error.sent];
}

Deno.test("an address that is refused is not called, and named", async () => {
  await using server = await RawServer.start(hello);
  const { asked, allowAddress } = guard("127.0.0.1");
  await withClient({ allowAddress }, async (client) => {
    for (const host of ["localhost", "127.0.0.1"]) {
      const error = await failure(client.get(server.url("/", host)), LocalProtocolError);
      assertEquals(told(error), ["address not allowed", "none"]);
      assertStringIncludes(error.message, "127.0.0.1");
      assertStringIncludes(error.message, `${host}:${server.port}`);
    }
    assertEquals(client.stats(), NOTHING_LEFT);
  });
  assertEquals(server.peers.length, 0);
  // Once each: what was refused is not asked for again.
  assertEquals(asked, [
    `127.0.0.1 for localhost:${server.port}`,
    `127.0.0.1 for 127.0.0.1:${server.port}`,
  ]);
});

const DISGUISES = [
  "http://2130706433/",
  "http://0x7f.1/",
  "http://0177.0.0.1/",
  "http://127.1/",
  "http://127。0。0。1/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:7f00:1]/",
  "http://[0:0:0:0:0:FFFF:127.0.0.1]/",
];

Deno.test("an address is asked about in its one plain form, however a URL writes it", async () => {
  const { asked, allowAddress } = guard("127.0.0.1", "::1");
  await withClient({ allowAddress }, async (client) => {
    for (const url of [...DISGUISES, "http://[0:0::1]/"]) {
      const error = await failure(client.get(url), LocalProtocolError);
      assertEquals(told(error), ["address not allowed", "none"], url);
    }
  });
  assertEquals(asked.map((line) => line.split(" ")[0]), [
    ...DISGUISES.map(() => "127.0.0.1"),
    "::1",
  ]);
});

Deno.test("refused addresses are left out, and only allowed ones called", async () => {
  await using server = await RawServer.start(hello);
  const resolve = { "a.test": ["192.0.2.1", "127.0.0.1", "192.0.2.2"] };
  const { asked, allowAddress } = guard("192.0.2.1", "192.0.2.2");
  await withClient({ resolve, allowAddress }, async (client) => {
    const answer = await client.get(`http://a.test:${server.port}/`);
    assertEquals(await answer.text(), "hello /");
  });
  assertEquals(asked.length, 3);
});

Deno.test("what was judged is what is called: a name that changes its address gains nothing", async () => {
  await using server = await RawServer.start(hello);
  let lookups = 0;
  // As in DNS rebinding: harmless at first, then this machine.
  const resolve: Resolve = () => ++lookups === 1 ? "127.0.0.1" : "127.0.0.2";
  const { asked, allowAddress } = guard("127.0.0.2");
  await withClient({ resolve, allowAddress }, async (client) => {
    const url = `http://a.test:${server.port}/`;
    const answer = await client.get(url, { close: true });
    assertEquals(await answer.text(), "hello /");
    assertEquals([lookups, asked.length], [1, 1]);
    await failure(client.get(url), LocalProtocolError);
    assertEquals([lookups, asked.length], [2, 2]);
  });
});

Deno.test("every hop of a redirect is asked about", async () => {
  await using inner = await RawServer.start(hello);
  await using outer = await RawServer.start(
    answering(() =>
      `HTTP/1.1 302 Found\r\nLocation: http://inner.test:${inner.port}/\r\nContent-Length: 0\r\n\r\n`
    ),
  );
  const resolve = { "outer.test": "127.0.0.1", "inner.test": "127.0.0.2" };
  const { allowAddress } = guard("127.0.0.2");
  await withClient({ resolve, allowAddress }, async (client) => {
    const error = await failure(
      client.get(`http://outer.test:${outer.port}/`),
      LocalProtocolError,
    );
    assertEquals(error.code, "address not allowed");
    assertEquals(inner.peers.length, 0);
  });
});

Deno.test("a guard may take its time, and one that fails lets nobody through", async () => {
  await using server = await RawServer.start(hello);
  const slow = () => new Promise<boolean>((resolve) => setTimeout(resolve, 5, true));
  await withClient({ allowAddress: slow }, async (client) => {
    assertEquals(await (await client.get(server.url())).text(), "hello /");
  });
  const failing = () => Promise.reject(new Error("no list"));
  await withClient({ allowAddress: failing, maxRetries: 0 }, async (client) => {
    const error = await client.get(server.url()).catch((error) => error);
    assertStringIncludes(error.message, "no list");
  });
  // Only true is a yes.
  const vague = () => "maybe" as unknown as boolean;
  await withClient({ allowAddress: vague }, async (client) => {
    await failure(client.get(server.url()), LocalProtocolError);
  });
  assertEquals(server.peers.length, 1);
});

Deno.test("a Unix socket is asked about by its path", async () => {
  const { asked, allowAddress } = guard("unix:/var/run/docker.sock");
  await withClient({ allowAddress, socketPath: "/var/run/docker.sock" }, async (client) => {
    const error = await failure(client.get("http://a.test/"), LocalProtocolError);
    assertEquals(told(error), ["address not allowed", "none"]);
  });
  assertEquals(asked, ["unix:/var/run/docker.sock for a.test:80"]);
});

Deno.test("with a proxy its own address is asked about, and the origin's before it is told", async () => {
  await using origin = await RawServer.start(hello, tls.server);
  await using plain = await RawServer.start(hello);
  await using proxy = await TunnelProxy.start();
  const resolve = { "proxy.test": "127.0.0.1", "bad.test": "127.0.0.2", "plain.test": "127.0.0.1" };
  const { asked, allowAddress } = guard("127.0.0.2");
  const at = `http://proxy.test:${proxy.port}`;
  const options = { resolve, allowAddress, proxy: at, tls: { caCerts: [tls.ca] } };
  await withClient(options, async (client) => {
    // The proxy gets the address that was judged; TLS and Host keep the name.
    assertEquals(await (await client.get(origin.url("/", "localhost"))).text(), "hello /");
    assertStringIncludes(proxy.heads[0], `CONNECT 127.0.0.1:${origin.port} HTTP/1.1\r\n`);
    assertStringIncludes(origin.received, `Host: localhost:${origin.port}\r\n`);
    // And so for http: targets, since in absolute form the proxy would look the name up by itself.
    const url = `http://plain.test:${plain.port}/a`;
    assertEquals(await (await client.get(url)).text(), "hello /a");
    assertStringIncludes(proxy.heads[1], `CONNECT 127.0.0.1:${plain.port} HTTP/1.1\r\n`);
    assertStringIncludes(plain.received, "GET /a HTTP/1.1\r\n");
    for (const scheme of ["http", "https"]) {
      const error = await failure(client.get(`${scheme}://bad.test/`), LocalProtocolError);
      assertEquals(told(error), ["address not allowed", "none"]);
    }
    assertEquals(proxy.heads.length, 2);
    assertEquals(asked.slice(0, 2), [
      `127.0.0.1 for localhost:${origin.port}`,
      `127.0.0.1 for proxy.test:${proxy.port}`,
    ]);
  });
  await until(() => proxy.connectionCount === 0);
});

Deno.test("a proxy whose address is refused is not called", async () => {
  await using proxy = await RawServer.start(hello);
  const resolve = { "proxy.test": "127.0.0.2", "a.test": "192.0.2.1" };
  const { allowAddress } = guard("127.0.0.2");
  await withClient({ resolve, allowAddress, maxRetries: 0 }, async (client) => {
    for (const scheme of ["http", "socks5", "socks5h"]) {
      const options = { proxy: `${scheme}://proxy.test:${proxy.port}` };
      const error = await failure(client.get("http://a.test/", options), LocalProtocolError);
      assertEquals(told(error), ["address not allowed", "none"]);
    }
  });
  assertEquals(proxy.peers.length, 0);
});

Deno.test("a kept connection was judged when it was opened", async () => {
  await using server = await RawServer.start(hello);
  const { asked, allowAddress } = guard();
  await withClient({ allowAddress }, async (client) => {
    for (let times = 0; times < 3; times++) await (await client.get(server.url())).text();
  });
  assertEquals(asked.length, 1);
});
