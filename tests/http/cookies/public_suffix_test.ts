import { assertEquals } from "@std/assert";
import { runProgram, runRestricted } from "../../support/program.ts";
import { readSource } from "../../support/sources.ts";

Deno.test("the list is asked for in the version that deno.json names", () => {
  const named: string = JSON.parse(readSource("deno.json")).imports.tldts;
  const source = readSource("src/http/cookies/public_suffix.ts");
  assertEquals(/import\.meta\.resolve\("([^"]+)"\)/.exec(source)?.[1], named);
});

Deno.test("the list is there at once when it is needed, and not loaded before", async () => {
  const ending = await runProgram(`
    import { http } from "@lasa/lasa";
    const jar = new http.CookieJar();
    const isLoaded = () => Object.keys(globalThis.process.getBuiltinModule("node:module")._cache)
      .some((name) => name.includes("tldts"));
    jar.set("a=1", "http://example.co.uk/");
    console.log(isLoaded());
    console.log(jar.set("b=1; Domain=co.uk", "http://example.co.uk/"), isLoaded());
    console.log(jar.set("b=1; Domain=example.co.uk", "http://www.example.co.uk/"));
  `);
  assertEquals(ending, { code: 0, out: "false\nfalse true\ntrue\n", err: "" });
});

Deno.test("a jar needs no permission, and a client none but the network's", async () => {
  const ending = await runRestricted(
    `
    import { http } from "@lasa/lasa";
    const jar = new http.CookieJar();
    console.log(jar.set("b=1; Domain=co.uk", "http://example.co.uk/"));
    await http.CookieJar.prepare();
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response("", { headers: { "set-cookie": "a=1; Domain=127.0.0.1" } }),
    );
    const url = \`http://127.0.0.1:\${server.addr.port}/\`;
    const client = new http.Client({ cookies: true, proxy: false });
    await (await client.get(url)).discard();
    console.log(client.jar().cookieHeader(url));
    await client.closeAll();
    await server.shutdown();
  `,
    ["--allow-net=127.0.0.1"],
  );
  assertEquals(ending, { code: 0, out: "false\na=1\n", err: "" });
});
