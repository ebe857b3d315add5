import { assertEquals } from "@std/assert";
import { BrokenError, LocalProtocolError } from "../../src/errors.ts";
import { failure, withClient } from "../support/client.ts";
import { runRestricted } from "../support/program.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";
import { pathOf, root } from "../support/sources.ts";
import { makeTestTls } from "../support/tls.ts";

const IPS = ["127.0.0.2", "127.0.0.3"];
// Other systems give the loopback interface 127.0.0.1 alone.
const ignore = Deno.build.os !== "linux";

/** Says who called. */
const whoami = answering((_request, peer) => response(peer.clientIp.replace("::ffff:", "")));

Deno.test({
  name: "client IPs are dealt in turn for each host and port",
  ignore,
  async fn() {
    await using a = await RawServer.start(whoami);
    await using b = await RawServer.start(whoami);
    await withClient({ clientIps: IPS }, async (client) => {
      const ask = async (url: string) => await (await client.get(url)).text();
      assertEquals(
        [
          await ask(a.url("/1")),
          await ask(a.url("/2")),
          await ask(b.url("/1")),
          await ask(a.url("/3")),
        ],
        [IPS[0], IPS[1], IPS[0], IPS[0]],
      );
      assertEquals(await ask(b.url("/2")), IPS[1]);
      // A target is an origin and a client IP: each has kept its connection.
      assertEquals([a.peers.length, b.peers.length, client.stats().idle], [2, 2, 4]);
    });
  },
});

Deno.test({
  name: "a request's own clientIp goes before the dealt ones, and takes nobody's turn",
  ignore,
  async fn() {
    await using server = await RawServer.start(whoami);
    await withClient({ clientIps: IPS }, async (client) => {
      const ask = async (clientIp?: string) =>
        await (await client.get(server.url(), { clientIp })).text();
      assertEquals(
        [await ask(), await ask("127.0.0.9"), await ask(), await ask("127.0.0.9"), await ask()],
        [IPS[0], "127.0.0.9", IPS[1], "127.0.0.9", IPS[0]],
      );
    });
  },
});

Deno.test({
  name: "pipelines, large bodies, uploads and redirects work from a client IP",
  ignore,
  async fn() {
    const large = "x".repeat(3_000_000);
    await using server = await RawServer.start(answering(({ target, body }, peer) => {
      if (target === "/from") return response("", "Location: /ip\r\n", "302 Found");
      return response(target === "/large" ? large : `${body}${peer.clientIp}`);
    }));
    await withClient({ clientIps: [IPS[0]], maxConnPerTarget: 1 }, async (client) => {
      const get = async (path: string) => await (await client.get(server.url(path))).text();
      assertEquals(await get("/1"), IPS[0]);
      assertEquals(await Promise.all(["/2", "/3", "/from"].map(get)), [IPS[0], IPS[0], IPS[0]]);
      assertEquals((await get("/large")).length, large.length);
      const sent = await client.post(server.url(), { body: large });
      assertEquals(await sent.text(), large + IPS[0]);
      assertEquals(server.peers.length, 1);
    });
  },
});

Deno.test({
  name: "https works from a client IP, and checks the certificate",
  ignore,
  async fn() {
    const tls = await makeTestTls();
    await using server = await RawServer.start(whoami, tls.server);
    await withClient({ clientIps: IPS, tls: { caCerts: [tls.ca] } }, async (client) => {
      const ask = async (host: string) => await (await client.get(server.url("/", host))).text();
      assertEquals([await ask("localhost"), await ask("localhost")], IPS);
      assertEquals(await ask("127.0.0.1"), IPS[0]);
    });
    await withClient({ clientIps: IPS, maxRetries: 0 }, async (client) => {
      const error = await client.get(server.url("/", "localhost")).catch((error) => error);
      assertEquals([error.name, error.sent], ["TlsError", "none"]);
    });
  },
});

Deno.test("a client IP that is none, or not this machine's, is refused", async () => {
  await using server = await RawServer.start(whoami);
  await withClient({ maxRetries: 0 }, async (client) => {
    await failure(client.get(server.url(), { clientIp: "localhost" }), LocalProtocolError);
    const error = await failure(client.get(server.url(), { clientIp: "192.0.2.1" }), BrokenError);
    assertEquals([error.code, error.sent], ["cannot assign requested address", "none"]);
  });
});

Deno.test("without the permission to call from a client IP, or to call at all, the error names it", async () => {
  const program = `
    import { Client } from "@lasa/lasa/http";
    const client = new Client({ clientIps: ["127.0.0.1"] });
    await client.get("http://127.0.0.1:9/").catch((e) => console.log(e.message));
  `;
  const run = (net: string) =>
    runRestricted(program, [`--allow-read=${pathOf(root)}`, `--allow-net=${net}`]);
  const { code, out } = await run("127.0.0.1:9");
  assertEquals([code, out.includes("run Deno with --allow-net=127.0.0.1:0")], [0, true]);
  const other = await run("127.0.0.1:0");
  assertEquals([other.code, other.out.includes("--allow-net=127.0.0.1:9")], [0, true]);
});
