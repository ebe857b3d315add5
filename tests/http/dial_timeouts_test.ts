import { assertEquals, assertStringIncludes } from "@std/assert";
import { TimeoutError } from "../../src/errors.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { testOnManualClock, until } from "../support/clock.ts";
import { type RawScript, RawServer, response } from "../support/raw_server.ts";
import { makeTestTls } from "../support/tls.ts";

const tls = await makeTestTls();
const silent: RawScript = (peer) => peer.ended();

/** What a timeout says, beside its kind. */
function told(error: TimeoutError) {
  return [error.phase, error.sent];
}

testOnManualClock(
  "each TLS handshake has its own time, whatever is left for connecting",
  async (clock) => {
    await using server = await RawServer.start(silent);
    const url = server.url().replace("http:", "https:");
    await withClient({ timeouts: { connect: 1_000, tls: 5_000 } }, async (client) => {
      const answer = failure(client.get(url), TimeoutError);
      await until(() => server.received !== "");
      await clock.advance(4_900);
      assertEquals(client.stats().dialing, 1);
      await clock.advance(200);
      const error = await answer;
      assertEquals(told(error), ["tls", "none"]);
      assertStringIncludes(error.message, "no TLS handshake within 5000 ms");
    });
  },
);

testOnManualClock("the TLS timeout is the connect timeout unless told", async (clock) => {
  await using server = await RawServer.start(silent);
  const url = server.url().replace("http:", "https:");
  await withClient({ timeouts: { connect: 1_000 } }, async (client) => {
    const answer = failure(client.get(url), TimeoutError);
    await until(() => server.received !== "");
    await clock.advance(1_001);
    assertEquals(told(await answer), ["tls", "none"]);
  });
});

testOnManualClock("a timeout of the whole exchange names the handshake it ended", async (clock) => {
  await using server = await RawServer.start(silent);
  const url = server.url().replace("http:", "https:");
  await withClient({ timeout: 1_000 }, async (client) => {
    const answer = failure(client.get(url), TimeoutError);
    await until(() => server.received !== "");
    await clock.advance(1_000);
    assertEquals(told(await answer), ["tls", "none"]);
  });
});

const SILENT_PROXIES: [name: string, scheme: string, url: string][] = [
  ["an HTTP proxy that does not answer CONNECT", "http", "https://origin.test/"],
  ["a SOCKS5 proxy that does not answer", "socks5h", "http://origin.test/"],
];

for (const [name, scheme, url] of SILENT_PROXIES) {
  testOnManualClock(`connect covers ${name}`, async (clock) => {
    await using proxy = await RawServer.start(silent);
    const options = { proxy: `${scheme}://127.0.0.1:${proxy.port}`, timeouts: { connect: 2_000 } };
    await withClient(options, async (client) => {
      const answer = failure(client.get(url), TimeoutError);
      await until(() => proxy.received !== "");
      await clock.advance(1_900);
      assertEquals(client.stats().dialing, 1);
      await clock.advance(200);
      const error = await answer;
      assertEquals(told(error), ["connect", "none"]);
      assertStringIncludes(error.message, `through ${scheme}://127.0.0.1:${proxy.port}`);
      await until(() => proxy.peers[0].hasEnded);
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  });
}

testOnManualClock(
  "a handshake with a proxy does not eat up the time for its tunnel",
  async (clock) => {
    let isReady = false;
    await using proxy = await RawServer.start(async (peer) => {
      await peer.request();
      isReady = true;
      await peer.ended();
    }, tls.server);
    const options = {
      proxy: { url: `https://localhost:${proxy.port}`, tls: { caCerts: [tls.ca] } },
      timeouts: { connect: 2_000, tls: 60_000 },
    };
    await withClient(options, async (client) => {
      const answer = failure(client.get("https://origin.test/"), TimeoutError);
      await until(() => isReady);
      await clock.advance(1_900);
      assertEquals(client.stats().dialing, 1);
      await clock.advance(200);
      assertEquals(told(await answer), ["connect", "none"]);
      await until(() => proxy.peers[0].hasEnded);
    });
  },
);

testOnManualClock("a handshake through a tunnel is the tls phase again", async (clock) => {
  await using proxy = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\n\r\n");
    await peer.ended();
  });
  const options = {
    proxy: `http://127.0.0.1:${proxy.port}`,
    timeouts: { connect: 1_000, tls: 3_000 },
  };
  await withClient(options, async (client) => {
    const answer = failure(client.get("https://origin.test/"), TimeoutError);
    await until(() => proxy.received.includes("\x16\x03"));
    await clock.advance(2_900);
    assertEquals(client.stats().dialing, 1);
    await clock.advance(200);
    assertEquals(told(await answer), ["tls", "none"]);
  });
});

Deno.test("a request that is aborted while its tunnel is opened leaves nothing open", async () => {
  await using proxy = await RawServer.start(silent);
  await using origin = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(response("x"));
  });
  for (const scheme of ["http", "socks5h"]) {
    await withClient({ proxy: `${scheme}://127.0.0.1:${proxy.port}` }, async (client) => {
      const before = proxy.peers.length;
      const abort = new AbortController();
      const url = origin.url().replace("http:", "https:");
      const answer = client.get(url, { signal: abort.signal }).catch((error) => error.name);
      await until(() => (proxy.peers[before]?.received ?? "") !== "");
      abort.abort();
      assertEquals(await answer, "AbortedError");
      await until(() => proxy.peers[before].hasEnded);
    });
  }
});
