import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { BrokenError } from "../../src/errors.ts";
import { Client as HttpClient } from "../../src/http/client.ts";
import { Client } from "../../src/websocket/client.ts";
import { serve } from "../../src/websocket/serve.ts";
import type { ServerSession } from "../../src/websocket/server_session.ts";
import { startMicrosocks, testWithMicrosocks } from "../support/microsocks.ts";
import type { ServerProcess } from "../support/server_process.ts";
import { startSquid, testWithSquid } from "../support/squid.ts";
import { startTinyproxy, testWithTinyproxy } from "../support/tinyproxy.ts";
import { makeTestTls } from "../support/tls.ts";

const tls = await makeTestTls();
const USER = { name: "user", password: "password" };

async function echo(session: ServerSession): Promise<void> {
  for await (const { data } of session) await session.sendText(String(data));
}

/** Talks through a proxy, plain and over TLS, and is not let in without a password that is asked for. */
async function talkThrough(proxy: ServerProcess, scheme: string, isGuarded: boolean) {
  await using plain = serve("127.0.0.1:0", echo);
  await using secure = serve({ host: "127.0.0.1:0", ssl: tls.server }, echo);
  const urls = [
    `ws://127.0.0.1:${plain.address.port}/`,
    `wss://localhost:${secure.address.port}/`,
  ];
  const user = isGuarded ? "user:password@" : "";
  await using http = new HttpClient({
    proxy: `${scheme}://${user}127.0.0.1:${proxy.port}`,
    tls: { caCerts: [tls.ca] },
  });
  for (const url of urls) {
    await using client = new Client({ http });
    await client.connect(url);
    await client.sendText(url);
    assertEquals((await client.receive())?.data, url);
    await client.close(3000, "done");
    assertEquals(client.closeCode, 3000);
  }
  if (!isGuarded) return;
  await using stranger = new HttpClient({ proxy: `${scheme}://127.0.0.1:${proxy.port}` });
  const failing = new Client({ http: stranger }).connect(urls[0]);
  const { message } = await assertRejects(() => failing, BrokenError);
  assertStringIncludes(message, "user");
}

// RFC 6455 §4.1: a client asks for a tunnel, for ws: too. A proxy would take an upgrade for its own.
for (
  const [name, declare, start, schemes] of [
    ["squid", testWithSquid, startSquid, ["http"]],
    ["tinyproxy", testWithTinyproxy, startTinyproxy, ["http"]],
    ["microsocks", testWithMicrosocks, startMicrosocks, ["socks5", "socks5h"]],
  ] as const
) {
  for (const scheme of schemes) {
    declare(`a WebSocket goes through ${name}, ${scheme}`, async () => {
      await using proxy = await start();
      await talkThrough(proxy, scheme, false);
    });
  }
}

testWithMicrosocks("a WebSocket goes through microsocks with a password", async () => {
  await using proxy = await startMicrosocks({ user: USER });
  await talkThrough(proxy, "socks5", true);
});

testWithSquid("a WebSocket goes through squid with a password", async () => {
  await using proxy = await startSquid({ user: USER });
  await talkThrough(proxy, "http", true);
});
