import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  BrokenError,
  LimitError,
  LocalProtocolError,
  RemoteProtocolError,
  TlsError,
} from "../../src/errors.ts";
import { openTunnel } from "../../src/http/connect_tunnel.ts";
import { readProxy } from "../../src/http/proxy.ts";
import { readerLimits } from "../../src/protocol/http1/limits.ts";
import { dial } from "../../src/socket/dial.ts";
import { bytes } from "../support/bytes.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { answering, type RawScript, RawServer, response } from "../support/raw_server.ts";
import { startSquid, testWithSquid } from "../support/squid.ts";
import { readAll } from "../support/stream_contract.ts";
import { startTinyproxy, testWithTinyproxy } from "../support/tinyproxy.ts";
import { makeTestTls } from "../support/tls.ts";
import { TunnelProxy } from "../support/tunnel_proxy.ts";

const tls = await makeTestTls();
const proxyTls = await makeTestTls();
const echo = answering(({ method, target }) => response(`${method} ${target}`));
const PASSWORD = "s3cret";

Deno.test("an http: target is asked for in absolute form, with what lets one in (RFC 9112 §3.2.2)", async () => {
  await using proxy = await RawServer.start(echo);
  const url = `http://us%40er:p%C3%A4ss@127.0.0.1:${proxy.port}`;
  await withClient({ proxy: url, headers: { "User-Agent": "t" } }, async (client) => {
    for (let times = 0; times < 2; times++) {
      const answer = await client.get("http://origin.test:81/a?b");
      assertEquals(await answer.text(), "GET http://origin.test:81/a?b");
    }
    await (await client.post("http://origin.test:81/up", { body: "x" })).text();
    const [first, second] = proxy.received.split("\r\n\r\n");
    const credentials = btoa(String.fromCharCode(...new TextEncoder().encode("us@er:päss")));
    assertEquals(first.split("\r\n"), [
      "GET http://origin.test:81/a?b HTTP/1.1",
      "Host: origin.test:81",
      "Accept: */*",
      "Accept-Encoding: gzip, deflate, br, zstd",
      "User-Agent: t",
      `Proxy-Authorization: Basic ${credentials}`,
    ]);
    assertEquals(second, first);
    assertMatch(proxy.received, /POST http:\/\/origin\.test:81\/up HTTP\/1\.1\r\n/);
    assertEquals(proxy.received.split("Proxy-Authorization: Basic").length, 4);
    assertEquals(proxy.peers.length, 1);
  });
});

Deno.test("OPTIONS * is asked of a proxy without a path (RFC 9112 §3.2.4)", async () => {
  await using proxy = await RawServer.start(echo);
  await withClient({ proxy: `http://127.0.0.1:${proxy.port}` }, async (client) => {
    const url = "http://origin.test:81/";
    const answer = await client.request(url, { method: "OPTIONS", requestTarget: "*" });
    assertEquals(await answer.text(), "OPTIONS http://origin.test:81");
  });
});

Deno.test("a redirect through a proxy goes on through it, and the proxy is told who asks", async () => {
  await using proxy = await RawServer.start(
    answering(({ target }) =>
      target.endsWith("/to")
        ? "HTTP/1.1 302 Found\r\nLocation: http://other.test/x\r\nContent-Length: 0\r\n\r\n"
        : response(target)
    ),
  );
  await withClient({ proxy: `http://u:${PASSWORD}@127.0.0.1:${proxy.port}` }, async (client) => {
    const headers = { Authorization: "Bearer t" };
    const answer = await client.get("http://origin.test/to", { headers });
    assertEquals(await answer.text(), "http://other.test/x");
    const [first, second] = proxy.received.split("\r\n\r\n");
    assertEquals([first, second].map((head) => head.includes("\r\nProxy-Authorization: Basic ")), [
      true,
      true,
    ]);
    assertEquals([first, second].map((head) => head.includes("Bearer")), [true, false]);
  });
});

for (const kind of ["http", "https"]) {
  Deno.test(`an https: target is reached by a tunnel through an ${kind}:// proxy`, async () => {
    await using origin = await RawServer.start(echo, tls.server);
    await using proxy = await TunnelProxy.start(kind === "https" ? proxyTls.server : undefined);
    await withClient({
      tls: { caCerts: [tls.ca] },
      proxy: {
        url: `${kind}://user:${PASSWORD}@localhost:${proxy.port}`,
        headers: { "X-For": "proxy" },
        tls: { caCerts: [proxyTls.ca] },
      },
    }, async (client) => {
      const get = async (n: number) =>
        await (await client.get(origin.url(`/${n}`, "localhost"))).text();
      assertEquals(await get(0), "GET /0");
      assertEquals(await Promise.all([1, 2, 3].map(get)), [1, 2, 3].map((n) => `GET /${n}`));
      const body = new Blob(["x".repeat(300_000)]);
      const answer = await client.post(origin.url("/up", "localhost"), { body });
      assertEquals(await answer.text(), "POST /up");
      assertEquals(
        proxy.heads[0],
        `CONNECT localhost:${origin.port} HTTP/1.1\r\nHost: localhost:${origin.port}\r\n` +
          `X-For: proxy\r\nProxy-Authorization: Basic ${btoa(`user:${PASSWORD}`)}\r\n\r\n`,
      );
      assertEquals(/proxy-|x-for/i.test(origin.received), false);
    });
  });
}

Deno.test("an https:// proxy's certificate is checked by its own terms, not the origin's", async () => {
  await using origin = await RawServer.start(echo, tls.server);
  await using proxy = await TunnelProxy.start(proxyTls.server);
  const url = `https://localhost:${proxy.port}`;
  await withClient({ tls: { caCerts: [tls.ca] }, proxy: url, maxRetries: 0 }, async (client) => {
    const error = await failure(client.get(origin.url("/", "localhost")), TlsError);
    assertStringIncludes(error.message, "localhost");
    assertEquals([proxy.heads, origin.received], [[], ""]);
  });
});

Deno.test("an http: target through an https:// proxy is asked for over its TLS", async () => {
  await using proxy = await RawServer.start(echo, proxyTls.server);
  const url = `https://localhost:${proxy.port}`;
  await withClient({ proxy: { url, tls: { caCerts: [proxyTls.ca] } } }, async (client) => {
    const answer = await client.get("http://origin.test/a");
    assertEquals(await answer.text(), "GET http://origin.test/a");
  });
});

Deno.test("tunnel: true opens a tunnel for an http: target too", async () => {
  await using origin = await RawServer.start(echo);
  await using proxy = await TunnelProxy.start();
  const url = `http://u:${PASSWORD}@127.0.0.1:${proxy.port}`;
  await withClient({ proxy: { url, tunnel: true } }, async (client) => {
    assertEquals(await (await client.get(origin.url("/a"))).text(), "GET /a");
    assertEquals(proxy.heads.length, 1);
    assertEquals(origin.received.includes("Proxy-"), false);
  });
});

Deno.test("bytes behind the head that opens a tunnel are the far end's first", async () => {
  await using proxy = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nhello, ");
    await peer.send("world");
    await peer.ended();
  });
  const stream = await dial({ host: "127.0.0.1", port: proxy.port });
  const tunnel = await openTunnel(stream, {
    proxyName: "http://proxy.test:80",
    authority: "far.test:7",
    fields: [],
    limits: readerLimits(),
  });
  assertEquals(await readAll(tunnel, 12), "hello, world");
  tunnel.close();
});

const REFUSALS: [name: string, answer: string, told: RegExp][] = [
  [
    "403",
    response("no", "", "403 Forbidden"),
    /through http:\/\/127\.0\.0\.1:\d+: it answered 403 Forbidden$/,
  ],
  [
    "407 for Basic",
    response("", 'Proxy-Authenticate: Basic realm="x"\r\n', "407 Proxy Authentication Required"),
    /it answered 407 Proxy Authentication Required; give a user and a password .*in the proxy's URL/,
  ],
  [
    "407 for what is not known here",
    response("", "Proxy-Authenticate: NTLM\r\n", "407 No"),
    /407 No; it wants NTLM/,
  ],
  ["502 of HTTP/1.0", "HTTP/1.0 502 Bad Gateway\r\n\r\n", /it answered 502 Bad Gateway$/],
];

for (const [name, answer, told] of REFUSALS) {
  Deno.test(`a proxy that answers CONNECT with ${name} opens no tunnel`, async () => {
    await using proxy = await RawServer.start(answering(() => answer));
    const url = `http://user:${PASSWORD}@127.0.0.1:${proxy.port}`;
    await withClient({ proxy: url }, async (client) => {
      const error = await failure(client.get("https://origin.test/"), BrokenError);
      assertEquals([error.code, error.sent], ["proxy refused", "none"]);
      assertMatch(error.message, told);
      assertEquals(error.message.includes(PASSWORD), false);
      // A refusal is not asked for twice.
      assertEquals(proxy.peers.length, 1);
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  });
}

const FAULTS: [name: string, script: RawScript, kind: typeof BrokenError, code: string][] = [
  ["what is no HTTP", answering(() => "SSH-2.0-x\r\n"), RemoteProtocolError, "remote protocol"],
  ["nothing at all", (peer) => peer.end(), BrokenError, "closed"],
  [
    "half a head",
    async (peer) => {
      await peer.request();
      await peer.send("HTTP/1.1 200 OK\r\nA: b\r\n");
      peer.end();
    },
    RemoteProtocolError,
    "incomplete",
  ],
  [
    "a head without end",
    answering(() => `HTTP/1.1 200 OK\r\nA: ${"x".repeat(9_000)}`),
    LimitError as unknown as typeof BrokenError,
    "limit",
  ],
];

for (const [name, script, kind, code] of FAULTS) {
  Deno.test(`a proxy that answers with ${name} is at fault`, async () => {
    await using proxy = await RawServer.start(script);
    const url = `http://user:${PASSWORD}@127.0.0.1:${proxy.port}`;
    await withClient({ proxy: url, maxRetries: 0 }, async (client) => {
      const error = await failure(client.get("https://origin.test/"), kind);
      assertEquals([error.code, error.sent], [code, "none"]);
      assertEquals(error.message.includes(PASSWORD), false);
    });
  });
}

Deno.test("a proxy that is not there is named, without its password", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const proxy = `http://user:${PASSWORD}@127.0.0.1:${port}`;
  await withClient({ proxy, maxRetries: 0 }, async (client) => {
    for (const url of ["http://origin.test/", "https://origin.test/"]) {
      const error = await failure(client.get(url), BrokenError);
      assertEquals(error.code, "connection refused");
      assertStringIncludes(error.message, `the proxy http://127.0.0.1:${port}`);
      assertEquals(error.message.includes(PASSWORD), false);
    }
  });
});

Deno.test("a request may have a proxy of its own, or none, with connections of its own", async () => {
  await using one = await RawServer.start(answering(() => response("one")));
  await using two = await RawServer.start(answering(() => response("two")));
  const proxyOf = (server: RawServer) => `http://127.0.0.1:${server.port}`;
  await withClient({ proxy: proxyOf(one) }, async (client) => {
    const ask = async (options?: object) => await (await client.get(two.url(), options)).text();
    assertEquals(await ask(), "one");
    assertEquals(await ask({ proxy: proxyOf(two) }), "two");
    assertEquals(await ask({ proxy: { url: proxyOf(two) } }), "two");
    assertEquals(await ask({ proxy: new URL(proxyOf(one)) }), "one");
    assertEquals(await ask({ proxy: false }), "two");
    assertEquals(await ask({ proxy: false }), "two");
    assertEquals(await ask(), "one");
    assertEquals([one.peers.length, two.peers.length], [2, 3]);
    assertEquals(two.peers.at(-1)!.received.startsWith("GET / HTTP/1.1"), true);
  });
});

Deno.test("hosts of noProxy are called directly", async () => {
  await using origin = await RawServer.start(answering(() => response("direct")));
  await using proxy = await RawServer.start(answering(() => response("proxied")));
  const url = `http://127.0.0.1:${proxy.port}`;
  await withClient({ proxy: { url, noProxy: "127.0.0.0/8, example.com" } }, async (client) => {
    assertEquals(await (await client.get(origin.url())).text(), "direct");
    assertEquals(await (await client.get("http://origin.test/")).text(), "proxied");
  });
});

Deno.test("Proxy-Authorization of a request's own goes to the proxy, and through no tunnel", async () => {
  await using proxy = await RawServer.start(echo);
  const url = `http://user:${PASSWORD}@127.0.0.1:${proxy.port}`;
  await withClient({ proxy: url }, async (client) => {
    const headers = { "proxy-authorization": "Bearer mine" };
    await (await client.get("http://origin.test/", { headers })).text();
    assertEquals(proxy.received.match(/proxy-authorization: .*/gi), [
      "proxy-authorization: Bearer mine",
    ]);
    const error = await failure(
      client.get("https://origin.test/", { headers }),
      LocalProtocolError,
    );
    assertStringIncludes(error.message, "Proxy-Authorization");
    assertEquals(proxy.peers.length, 1);
  });
});

Deno.test("a proxy is read from a URL, with the port that its scheme stands for", () => {
  const told = (given: string) => readProxy(given).name;
  assertEquals(told("proxy.test"), "http://proxy.test:80");
  assertEquals(told("proxy.test:3128"), "http://proxy.test:3128");
  assertEquals(told("HTTP://Proxy.TEST:80/"), "http://proxy.test:80");
  assertEquals(told("https://proxy.test"), "https://proxy.test:443");
  assertEquals(told("socks5://u:p@Proxy.test"), "socks5://proxy.test:1080");
  assertEquals(told("socks5h://[::1]:80"), "socks5h://[::1]:80");
  const { user, password, fields } = readProxy("socks5://%C3%A4:%3A@h");
  assertEquals([user, password, fields], ["ä", ":", []]);
  const own: [string, string][] = [["proxy-authorization", "Bearer mine"]];
  assertEquals(readProxy({ url: "http://u:p@h", headers: own }).fields, own);
});

Deno.test("what is no proxy is refused, and its password is not told", async () => {
  const bad = [
    "ftp://u:s3cret@h",
    "socks4://u:s3cret@h",
    "http://u:s3cret@h:99999",
    "http://u%zz:s3cret@h",
    "http://a%3Ab:s3cret@h",
    "http://u:s3cret@",
  ];
  for (const proxy of bad) {
    let error: unknown;
    try {
      readProxy(proxy, "the test");
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof LocalProtocolError, proxy);
    assertStringIncludes(error.message, "the test");
    assertEquals(error.message.includes(PASSWORD), false, error.message);
  }
  await withClient({}, async (client) => {
    await failure(client.get("http://h/", { proxy: bad[0] }), LocalProtocolError);
  });
});

const USER = { name: "lasa", password: "s3cret-1" };

for (
  const [name, test, start] of [
    ["squid", testWithSquid, startSquid],
    ["tinyproxy", testWithTinyproxy, startTinyproxy],
  ] as const
) {
  test(`${name}: plain, by tunnel and over TLS, for whom it knows`, async () => {
    await using plain = await RawServer.start(echo);
    await using secure = await RawServer.start(echo, tls.server);
    await using peer = await start({ user: USER });
    const url = `http://${USER.name}:${USER.password}@127.0.0.1:${peer.port}`;
    await withClient({ tls: { caCerts: [tls.ca] } }, async (client) => {
      for (const tunnel of [false, true]) {
        const proxy = { url, tunnel };
        for (const server of [plain, secure]) {
          const get = async (n: number) => {
            return await (await client.get(server.url(`/${n}`), { proxy })).text();
          };
          const many = Array.from({ length: 20 }, (_, n) => n);
          assertEquals(await get(0), "GET /0");
          assertEquals(await Promise.all(many.map(get)), many.map((n) => `GET /${n}`));
          const answer = await client.post(server.url("/up"), { proxy, body: bytes("x\n") });
          assertEquals(await answer.text(), "POST /up");
        }
      }
      assertEquals(/proxy-authorization/i.test(plain.received + secure.received), false);
    });
  });

  test(`${name}: whom it does not know is told so`, async () => {
    await using secure = await RawServer.start(echo, tls.server);
    await using peer = await start({ user: USER });
    await withClient({ proxy: `http://lasa:wrong@127.0.0.1:${peer.port}` }, async (client) => {
      const error = await failure(client.get(secure.url()), BrokenError);
      assertEquals(error.code, "proxy refused");
      assertMatch(error.message, /40[17]/);
      const answer = await client.get(secure.url().replace("https", "http"));
      assertMatch(String(answer.status), /^40[17]$/);
      await answer.discard();
    });
  });
}
