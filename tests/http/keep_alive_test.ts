/** How long idle connections stay: what the server says, and what the client says. @module */

import { assertEquals } from "@std/assert";
import type { Client } from "../../src/http/client.ts";
import { NOTHING_LEFT, withClient } from "../support/client.ts";
import { testOnManualClock, until } from "../support/clock.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

function keeping(keepAlive: string): Promise<RawServer> {
  const head = keepAlive === "" ? "" : `Keep-Alive: ${keepAlive}\r\n`;
  return RawServer.start(answering(({ target }) => response(target, head)));
}

async function get(client: Client, url: string): Promise<string> {
  return await (await client.get(url)).text();
}

testOnManualClock(
  "an idle connection is closed two seconds before its server would",
  async (clock) => {
    await using server = await keeping("timeout=5, max=100");
    await withClient({}, async (client) => {
      assertEquals(await get(client, server.url("/1")), "/1");
      await clock.advance(2_999);
      assertEquals(client.stats().idle, 1);
      await clock.advance(1);
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  },
);

testOnManualClock(
  "a connection that is used anew starts over, on the same socket",
  async (clock) => {
    await using server = await keeping("timeout=5");
    await withClient({}, async (client) => {
      for (const n of [1, 2, 3, 4]) {
        assertEquals(await get(client, server.url(`/${n}`)), `/${n}`);
        await clock.advance(2_500);
      }
      assertEquals([server.peers.length, client.stats().idle], [1, 1]);
      await clock.advance(500);
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  },
);

testOnManualClock("the shorter of the server's time and idleTimeoutMs counts", async (clock) => {
  for (const [keepAlive, ms] of [["timeout=600", 4_000], ["", 4_000], ["timeout=3", 1_000]]) {
    await using server = await keeping(keepAlive as string);
    await withClient({ idleTimeoutMs: 4_000 }, async (client) => {
      await get(client, server.url());
      await clock.advance(ms as number - 1);
      assertEquals(client.stats().idle, 1);
      await clock.advance(1);
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  }
});

testOnManualClock("each connection has its own time, whichever was idle first", async (clock) => {
  await using slow = await keeping("timeout=12");
  await using quick = await keeping("timeout=4");
  await withClient({}, async (client) => {
    await get(client, slow.url());
    await get(client, quick.url());
    await clock.advance(2_000);
    assertEquals(client.stats().connections, 1);
    await clock.advance(8_000);
    assertEquals(client.stats(), NOTHING_LEFT);
  });
});

Deno.test("a server that keeps connections for two seconds or less is left once nobody waits", async () => {
  for (const seconds of [0, 1, 2]) {
    await using server = await keeping(`timeout=${seconds}`);
    await withClient({ maxConnPerTarget: 1, maxPipelinedRequests: 0 }, async (client) => {
      // Those in line still go over the same connection.
      const all = await Promise.all([1, 2, 3].map((n) => get(client, server.url(`/${n}`))));
      assertEquals(all, ["/1", "/2", "/3"]);
      await until(() => client.stats().connections === 0);
      assertEquals(server.peers.length, 1);
      await get(client, server.url("/4"));
      assertEquals(server.peers.length, 2);
    });
  }
});

Deno.test("max=0 says that the connection takes no further request", async () => {
  await using server = await keeping("timeout=60, max=0");
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    const all = await Promise.all([1, 2, 3].map((n) => get(client, server.url(`/${n}`))));
    assertEquals(all, ["/1", "/2", "/3"]);
    assertEquals([server.peers.length, client.totals().retries], [3, 0]);
    assertEquals(client.stats(), NOTHING_LEFT);
  });
});
