import { assert, assertEquals } from "@std/assert";
import { Client } from "../../../src/http/client.ts";
import { CookieJar } from "../../../src/http/cookies/jar.ts";
import type { ClientOptions } from "../../../src/http/options.ts";
import { withClient } from "../../support/client.ts";
import { answering, type RawRequest, RawServer, response } from "../../support/raw_server.ts";
import { makeTestTls } from "../../support/tls.ts";

/** Sets what the query says, field by field, and says what cookies came. */
function echo({ target, headers }: RawRequest): string {
  const { searchParams } = new URL(target, "http://x");
  const fields = searchParams.getAll("set").map((line) => `Set-Cookie: ${line}\r\n`);
  const to = searchParams.get("to");
  if (to !== null) fields.push(`Location: ${to}\r\n`);
  const body = headers.cookie ?? "none";
  return response(body, fields.join(""), to === null ? "200 OK" : "302 Found");
}

function setting(path: string, lines: readonly string[], to?: string): string {
  const query = new URLSearchParams(lines.map((line) => ["set", line]));
  if (to !== undefined) query.set("to", to);
  return `${path}?${query}`;
}

/** Runs a test with a server that echoes, and a client. */
async function withEcho(
  options: ClientOptions,
  test: (
    ask: (path: string, more?: Parameters<Client["get"]>[1]) => Promise<string>,
    client: Client,
    server: RawServer,
  ) => Promise<void>,
): Promise<void> {
  await using server = await RawServer.start(answering(echo));
  await withClient(options, async (client) => {
    const ask = async (path: string, more?: Parameters<Client["get"]>[1]) => {
      const url = path.startsWith("http") ? path : server.url(path);
      return await (await client.get(url, more)).text();
    };
    await test(ask, client, server);
  });
}

Deno.test("a client keeps no cookies unless it is told to", async () => {
  await withEcho({}, async (ask, client) => {
    await ask(setting("/", ["a=1"]));
    assertEquals([await ask("/"), client.jar()], ["none", null]);
  });
});

Deno.test("what a server sets is sent back, from every Set-Cookie field, until it is removed", async () => {
  await withEcho({ cookies: true }, async (ask, client, server) => {
    assertEquals(
      await ask(setting("/x/y", ["a=1", "b=2; Path=/", "c=3; Path=/elsewhere"])),
      "none",
    );
    assertEquals(await ask("/x/z"), "a=1; b=2");
    assertEquals(await ask("/"), "b=2");
    assertEquals(await ask(setting("/x/y", ["a=; Max-Age=0"])), "a=1; b=2");
    assertEquals(await ask("/x/y"), "b=2");
    assertEquals(client.jar()!.get(server.url("/")).map(({ name }) => name), ["b"]);
  });
});

Deno.test("every answer of a chain of redirects sets cookies, and the next request has them", async () => {
  await withEcho({ cookies: true }, async (ask, client, server) => {
    const last = setting("/3", ["third=3"]);
    const second = setting("/2", ["second=2", "first=; Max-Age=0"], last);
    assertEquals(await ask(setting("/1", ["first=1", "zero=0"], second)), "zero=0; second=2");
    assertEquals(await ask("/"), "zero=0; second=2; third=3");
    const answer = await client.get(server.url(setting("/", ["manual=1"], "/nowhere")), {
      redirect: "manual",
    });
    assertEquals([answer.status, await answer.text()], [302, "zero=0; second=2; third=3"]);
    assert((await ask("/")).includes("manual=1"));
  });
});

Deno.test("a redirect to another host takes that host's cookies along, and no others", async () => {
  const resolve = { "a.example.org": "127.0.0.1", "b.example.org": "127.0.0.1" };
  await withEcho({ cookies: true, resolve, proxy: false }, async (ask, _client, server) => {
    const a = (path: string) => server.url(path, "a.example.org");
    const b = (path: string) => server.url(path, "b.example.org");
    await ask(b(setting("/", ["b=1"])));
    await ask(a(setting("/", ["a=1", "both=1; Domain=example.org", "bad=1; Domain=org"])));
    assertEquals(await ask(a("/")), "a=1; both=1");
    assertEquals(await ask(a(setting("/", [], b("/")))), "b=1; both=1");
    // The caller's own cookies were for the first host.
    const headers = { Cookie: "own=1" };
    assertEquals(await ask(a(setting("/", [], "/next")), { headers }), "own=1");
    assertEquals(await ask(a(setting("/", [], b("/"))), { headers }), "b=1; both=1");
  });
});

Deno.test("a caller's own Cookie field is sent as it is and alone, and what is set is kept", async () => {
  await withEcho({ cookies: true }, async (ask) => {
    await ask(setting("/", ["a=1"]));
    const headers = { cookie: "own=1" };
    assertEquals(await ask(setting("/", ["b=2"]), { headers }), "own=1");
    assertEquals(await ask("/"), "a=1; b=2");
  });
  await withEcho({ cookies: true, headers: { Cookie: "always=1" } }, async (ask) => {
    await ask(setting("/", ["a=1"]));
    assertEquals(await ask("/"), "always=1");
  });
});

Deno.test("a request can leave the jar out, or bring its own", async () => {
  await withEcho({ cookies: true }, async (ask, client) => {
    await ask(setting("/", ["a=1"]));
    assertEquals(await ask(setting("/", ["b=2"]), { cookies: false }), "none");
    const own = new CookieJar();
    assertEquals(await ask(setting("/", ["own=1"], "/next"), { cookies: own }), "own=1");
    assertEquals(await ask("/", { cookies: true }), "a=1");
    assertEquals([own.size, client.jar()!.size], [1, 1]);
  });
  await withEcho({}, async (ask) => {
    const own = new CookieJar();
    await ask(setting("/", ["own=1"]), { cookies: own });
    assertEquals([await ask("/", { cookies: own }), await ask("/")], ["own=1", "none"]);
    assertEquals(await ask("/", { cookies: true }), "none");
  });
});

Deno.test("clients that are given one jar share it; those made by `extend` have their own", async () => {
  const cookies = new CookieJar();
  await withEcho({ cookies }, async (ask, client, server) => {
    await ask(setting("/", ["a=1"]));
    assertEquals([client.jar(), client.jar("127.0.0.9")], [cookies, cookies]);
    await withClient({ cookies }, async (other) => {
      assertEquals(await (await other.get(server.url("/"))).text(), "a=1");
    });
  });
  const client = new Client({ cookies: true });
  assert(client.jar() !== client.extend({}).jar());
});

Deno.test({
  name: "each client IP has a jar of its own",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const clientIps = ["127.0.0.2", "127.0.0.3"];
    await withEcho({ cookies: true, clientIps }, async (ask, client, server) => {
      await ask(setting("/", ["two=1"]));
      await ask(setting("/", ["three=1"]));
      assertEquals([await ask("/"), await ask("/")], ["two=1", "three=1"]);
      assertEquals(await ask("/", { clientIp: "127.0.0.9" }), "none");
      const names = [...clientIps, undefined].map((ip) =>
        client.jar(ip)!.cookieHeader(server.url())
      );
      assertEquals(names, ["two=1", "three=1", ""]);
      // The redirect stays with its client IP.
      assertEquals(await ask(setting("/", ["more=1"], "/")), "two=1; more=1");
    });
  },
});

Deno.test("answers that are errors set cookies too, and an attempt after one sends them", async () => {
  const cookies: (string | undefined)[] = [];
  await using server = await RawServer.start(answering(({ headers, target }) => {
    cookies.push(headers.cookie);
    if (target === "/404") return response("", "Set-Cookie: lost=1\r\n", "404 Not Found");
    if (cookies.length > 2) return response("done");
    const head = "Set-Cookie: ticket=7\r\nRetry-After: 0\r\n";
    return response("", head, "503 Service Unavailable");
  }));
  await withClient({ cookies: true }, async (client) => {
    await (await client.get(server.url("/404"))).discard();
    assertEquals(await (await client.get(server.url("/"))).text(), "done");
  });
  assertEquals(cookies, [undefined, "lost=1", "lost=1; ticket=7"]);
});

Deno.test("the bytes of a cookie go back as they came", async () => {
  const received: (string | undefined)[] = [];
  await using server = await RawServer.start(answering(({ headers }) => {
    received.push(headers.cookie);
    return response("", 'Set-Cookie: a="\xe2\x82\xac\xff"\tb ; Path=/\r\n');
  }));
  await withClient({ cookies: true }, async (client) => {
    for (let n = 0; n < 2; n++) await (await client.get(server.url())).discard();
  });
  assertEquals(received, [undefined, 'a="\xe2\x82\xac\xff"\tb']);
});

Deno.test("secure cookies go over TLS and stay off plain connections to the same host", async () => {
  const tls = await makeTestTls();
  await using secure = await RawServer.start(answering(echo), tls.server);
  await using plain = await RawServer.start(answering(echo));
  await withClient({ cookies: true, tls: { caCerts: [tls.ca] } }, async (client) => {
    const ask = async (server: RawServer, path: string) =>
      await (await client.get(server.url(path, "localhost"))).text();
    await ask(secure, setting("/", ["__Host-id=7; Secure; Path=/", "any=1"]));
    assertEquals(await ask(secure, "/"), "__Host-id=7; any=1");
    assertEquals(await ask(plain, setting("/", ["__Host-id=8; Path=/", "x=1; Secure"])), "any=1");
    assertEquals(await ask(secure, "/"), "__Host-id=7; any=1");
  });
});

Deno.test("fetch has the client's cookies, and leaves them out with credentials: omit", async () => {
  await withEcho({ cookies: true }, async (_ask, client, server) => {
    const { fetch } = client;
    await (await fetch(server.url(setting("/", ["a=1"])))).text();
    assertEquals(await (await fetch(server.url())).text(), "a=1");
    const omitted = await fetch(server.url(setting("/", ["b=1"])), { credentials: "omit" });
    assertEquals(await omitted.text(), "none");
    assertEquals(client.jar()!.size, 1);
  });
});

Deno.test("requests that are pipelined each have their own cookies", async () => {
  await withEcho({ cookies: true, maxConnPerTarget: 1 }, async (ask, _client, server) => {
    await ask(setting("/", Array.from({ length: 8 }, (_, n) => `n${n}=1; Path=/${n}`)));
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => ask(`/${n}`)));
    assertEquals(answers, Array.from({ length: 8 }, (_, n) => `n${n}=1`));
    assertEquals(server.peers.length, 1);
  });
});
