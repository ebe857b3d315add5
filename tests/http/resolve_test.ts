import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  BrokenError,
  DnsError,
  LocalProtocolError,
  TimeoutError,
  TlsError,
} from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";
import type { Resolve } from "../../src/http/options.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { runRestricted } from "../support/program.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";
import { pathOf, root } from "../support/sources.ts";
import { makeTestTls } from "../support/tls.ts";

const tls = await makeTestTls();
const echo = answering(({ headers }) => response(headers.host));

Deno.test("resolve says where a host is, by name or by name and port; Host stays", async () => {
  await using server = await RawServer.start(echo);
  const { port } = server;
  const resolve = {
    "a.test": "127.0.0.1",
    "b.test": ["127.0.0.1"],
    [`c.test:${port}`]: "127.0.0.1",
    "c.test": "192.0.2.1",
  };
  await withClient({ resolve }, async (client) => {
    for (const host of ["a.test", "b.test", "c.test", "A.TEST"]) {
      const answer = await client.get(`http://${host}:${port}/`);
      assertEquals(await answer.text(), `${host.toLowerCase()}:${port}`);
    }
  });
});

Deno.test("resolve as a function is asked for each connection; nothing leaves it to DNS", async () => {
  await using server = await RawServer.start(echo);
  const asked: unknown[] = [];
  const resolve: Resolve = (...call) => {
    asked.push(call);
    return call[0] === "a.test" ? Promise.resolve("127.0.0.1") : undefined;
  };
  await withClient({ resolve }, async (client) => {
    for (const host of ["a.test", "a.test", "localhost", "127.0.0.1"]) {
      await (await client.get(`http://${host}:${server.port}/`)).text();
    }
  });
  // One that was kept is not opened again, and an address needs no name.
  assertEquals(asked, [["a.test", server.port], ["localhost", server.port]]);
});

Deno.test("TLS asks for the host's name, wherever it is", async () => {
  await using server = await RawServer.start(echo, tls.server);
  const resolve = { localhost: "127.0.0.1", "other.test": "127.0.0.1" };
  await withClient({ resolve, tls: { caCerts: [tls.ca] }, maxRetries: 0 }, async (client) => {
    const answer = await client.get(server.url("/", "localhost"));
    assertEquals(await answer.text(), `localhost:${server.port}`);
    const error = await failure(client.get(server.url("/", "other.test")), TlsError);
    assertStringIncludes(error.message, "other.test");
  });
});

const BAD: [name: string, given: string | string[], told: string][] = [
  ["a name", "b.test", '"b.test", which is not an IP address'],
  ["an address with a port", "127.0.0.1:80", '"127.0.0.1:80"'],
  ["one bad address among good ones", ["127.0.0.1", "127.1"], '"127.1"'],
];

for (const [name, given, told] of BAD) {
  Deno.test(`resolve that gives ${name} is the caller's fault`, async () => {
    await withClient({ resolve: { "a.test": given } }, async (client) => {
      const error = await failure(client.get("http://a.test/"), LocalProtocolError);
      assertStringIncludes(error.message, told);
      assertEquals(error.sent, "none");
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  });
}

Deno.test("resolve that gives no address, or throws", async () => {
  await withClient({ resolve: { "a.test": [] }, maxRetries: 0 }, async (client) => {
    const error = await failure(client.get("http://a.test/"), DnsError);
    assertStringIncludes(error.message, "Cannot resolve a.test");
  });
  const resolve = () => {
    throw new Error("no answer today");
  };
  await withClient({ resolve, maxRetries: 0 }, async (client) => {
    const error = await failure(client.get("http://a.test/"), BrokenError);
    assertStringIncludes(error.message, "no answer today");
  });
});

Deno.test("a lookup that does not end is left when the time is up", async () => {
  const resolve: Resolve = () => new Promise(() => {});
  await withClient({ resolve, timeouts: { connect: 20 } }, async (client) => {
    const error = await failure(client.get("http://a.test/"), TimeoutError);
    assertEquals([error.phase, error.sent], ["connect", "none"]);
    assertEquals(client.stats(), NOTHING_LEFT);
  });
});

Deno.test("a name that nobody knows is a DNS error that says so", async () => {
  await withClient({ maxRetries: 0 }, async (client) => {
    const error = await failure(client.get("http://nowhere.invalid/"), DnsError);
    assertStringIncludes(error.message, "Cannot resolve nowhere.invalid");
    assertEquals([error.code, error.sent], ["dns", "none"]);
  });
});

Deno.test("every address that was tried is named when none answers", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const resolve = { "a.test": ["127.0.0.1", "127.0.0.2"] };
  await withClient({ resolve, maxRetries: 0 }, async (client) => {
    const error = await failure(client.get(`http://a.test:${port}/`), BrokenError);
    assertEquals(error.code, "connection refused");
    assertStringIncludes(
      error.message,
      `connect to a.test:${port}: 127.0.0.1: connection refused; 127.0.0.2: connection refused`,
    );
  });
});

Deno.test("where only the name may be called, it is the platform that looks it up", async () => {
  await using server = await RawServer.start(echo);
  const program = (url: string) => `
    import { Client } from "@lasa/lasa/http";
    const client = new Client();
    console.log(await (await client.get("${url}")).text());
    await client.closeAll();
  `;
  const { port } = server;
  const { out, err } = await runRestricted(program(`http://localhost:${port}/`), [
    `--allow-net=localhost:${port}`,
    `--allow-read=${pathOf(root)}`,
  ]);
  assertEquals([out, err], [`localhost:${port}\n`, ""]);
});

Deno.test("dnsCacheMs says for how long a name's addresses are kept, and refuses nonsense", async () => {
  await using server = await RawServer.start(echo);
  for (const dnsCacheMs of [0, 60_000]) {
    await withClient({ dnsCacheMs }, async (client) => {
      for (let n = 0; n < 3; n++) {
        const answer = await client.get(`http://localhost:${server.port}/`, { close: true });
        assertEquals(answer.status, 200);
        await answer.discard();
      }
    });
  }
  for (const dnsCacheMs of [-1, NaN]) {
    assertThrows(() => new Client({ dnsCacheMs }), RangeError, `dnsCacheMs: ${dnsCacheMs}`);
  }
});
