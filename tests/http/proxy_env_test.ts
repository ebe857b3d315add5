import { assertEquals } from "@std/assert";
import { LocalProtocolError } from "../../src/errors.ts";
import { NoProxy } from "../../src/http/no_proxy.ts";
import { proxyEnv } from "../../src/http/proxy_env.ts";
import { failure, withClient } from "../support/client.ts";
import { runRestricted } from "../support/program.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";
import { pathOf, root } from "../support/sources.ts";

/** What an environment says: the proxies' URLs, and who goes without. */
function said(variables: Record<string, string>): unknown[] {
  const { http, https, noProxy } = proxyEnv((name) => variables[name]);
  return [http?.url ?? null, https?.url ?? null, noProxy];
}

Deno.test("each scheme has its proxy, ALL_PROXY stands in for both", () => {
  assertEquals(said({}), [null, null, ""]);
  assertEquals(said({ HTTP_PROXY: "http://a" }), ["http://a", null, ""]);
  assertEquals(said({ HTTPS_PROXY: "http://b" }), [null, "http://b", ""]);
  assertEquals(said({ ALL_PROXY: "socks5://c" }), ["socks5://c", "socks5://c", ""]);
  assertEquals(said({ ALL_PROXY: "c", https_proxy: "b" }), ["c", "b", ""]);
  assertEquals(said({ http_proxy: " a ", NO_PROXY: "x,y" }), ["a", null, "x,y"]);
});

Deno.test("lower case wins, an empty variable is none", () => {
  assertEquals(said({ http_proxy: "a", HTTP_PROXY: "A" }), ["a", null, ""]);
  assertEquals(said({ http_proxy: "", HTTP_PROXY: "A" }), ["A", null, ""]);
  assertEquals(said({ https_proxy: "b", HTTPS_PROXY: "B" }), [null, "b", ""]);
  assertEquals(said({ all_proxy: "c", ALL_PROXY: "C" }), ["c", "c", ""]);
  assertEquals(said({ no_proxy: "n", NO_PROXY: "N" }), [null, null, "n"]);
});

Deno.test("in a CGI program HTTP_PROXY says what a stranger likes, and is not read (httpoxy)", () => {
  const cgi = { REQUEST_METHOD: "GET", HTTP_PROXY: "http://evil" };
  assertEquals(said(cgi), [null, null, ""]);
  assertEquals(said({ ...cgi, http_proxy: "a" }), ["a", null, ""]);
  assertEquals(said({ ...cgi, ALL_PROXY: "c" }), ["c", "c", ""]);
});

const CASES: [list: string, hosts: string, others: string][] = [
  ["", "", "a.test 127.0.0.1 ::1"],
  ["*", "a.test 127.0.0.1 ::1", ""],
  [
    "example.com",
    "example.com www.example.com a.b.example.com",
    "notexample.com example.com.evil com",
  ],
  [".example.com", "example.com www.example.com", "notexample.com"],
  ["*.example.com", "www.example.com", "notexample.com"],
  ["EXAMPLE.com.", "example.com example.com. www.example.com", "example.org"],
  ["localhost, a.test b.test", "localhost a.test b.test x.b.test", "c.test"],
  ["example.com:8080", "example.com|8080 www.example.com|8080", "example.com|80"],
  ["192.0.2.1", "192.0.2.1", "192.0.2.10 192.0.2.1.test 1.192.0.2.1"],
  ["192.0.2.1:81", "192.0.2.1|81", "192.0.2.1|80"],
  ["10.0.0.0/8,192.168.4.0/22", "10.1.2.3 192.168.7.255", "11.0.0.1 192.168.8.0 10.0.0.1.test"],
  ["0.0.0.0/0", "1.2.3.4", "::1 a.test"],
  ["::1", "::1", "::2"],
  ["[::1]:81", "::1|81", "::1|80"],
  ["fd00::/8", "fd12:3::4 fdff::", "fe80::1 10.0.0.1"],
  ["2001:DB8:0:0::1", "2001:db8::1", "2001:db8::2"],
  ["0.1", "", "10.0.0.1 192.0.0.1"],
  ["10.0.0.0/33", "", "10.0.0.0"],
];

for (const [list, hosts, others] of CASES) {
  Deno.test(`NO_PROXY "${list}"`, () => {
    const rules = new NoProxy(list);
    const has = (entry: string) => {
      const [host, port = "80"] = entry.split("|");
      return rules.has(host, Number(port));
    };
    for (const host of hosts.split(" ").filter(Boolean)) assertEquals(has(host), true, host);
    for (const host of others.split(" ").filter(Boolean)) assertEquals(has(host), false, host);
  });
}

/** Runs a test with variables of the environment, which are gone again after it. */
async function withVariables(
  variables: Record<string, string>,
  test: () => Promise<void>,
): Promise<void> {
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    await test();
  } finally {
    for (const name of Object.keys(variables)) Deno.env.delete(name);
  }
}

Deno.test("a client goes by the environment unless it is told otherwise", async () => {
  await using origin = await RawServer.start(answering(() => response("direct")));
  await using proxy = await RawServer.start(answering(() => response("proxied")));
  const variables = { http_proxy: `127.0.0.1:${proxy.port}`, no_proxy: "127.0.0.1:1, a.test" };
  await withVariables(variables, async () => {
    await withClient({}, async (client) => {
      const ask = async (options?: object) =>
        await (await client.get(origin.url(), options)).text();
      assertEquals(await ask(), "proxied");
      assertEquals(await ask({ proxy: false }), "direct");
      // What was read once holds.
      Deno.env.set("no_proxy", "*");
      assertEquals(await ask(), "proxied");
      assertEquals(await ask({ proxy: "env" }), "proxied");
    });
    await withClient({}, async (client) => {
      assertEquals(await (await client.get(origin.url())).text(), "direct");
    });
    await withClient({ proxy: false }, async (client) => {
      assertEquals(await (await client.get(origin.url())).text(), "direct");
    });
  });
});

Deno.test("a variable that names no proxy is named", async () => {
  await withVariables({ HTTPS_PROXY: "gopher://u:s3cret@h" }, async () => {
    await withClient({}, async (client) => {
      const error = await failure(client.get("https://a.test/"), LocalProtocolError);
      assertEquals(
        error.message,
        "Cannot use the proxy of HTTPS_PROXY: its scheme is gopher; known are http, https, socks5 and socks5h",
      );
    });
  });
});

Deno.test("without the permission the environment is not read, and nobody is asked for it", async () => {
  await using origin = await RawServer.start(answering(() => response("direct")));
  const program = `
    import { Client } from "@lasa/lasa/http";
    const client = new Client();
    console.log(await (await client.get("${origin.url()}")).text());
    await client.closeAll();
  `;
  const { out, err } = await runRestricted(program, [
    "--allow-net=127.0.0.1",
    `--allow-read=${pathOf(root)}`,
  ]);
  assertEquals([out, err], ["direct\n", ""]);
});
