/** What a client learns of how servers take requests behind one another. @module */

import { assertEquals } from "@std/assert";
import { RemoteProtocolError } from "../../src/errors.ts";
import type { Client } from "../../src/http/client.ts";
import { failure, withClient } from "../support/client.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { winTrust } from "../support/pipelining.ts";
import {
  answering,
  type RawPeer,
  type RawRequest,
  RawServer,
  response,
} from "../support/raw_server.ts";

function echo(request: RawRequest): string {
  return response(`${request.method} ${request.target}`);
}

async function get(client: Client, url: string): Promise<string> {
  return await (await client.get(url)).text();
}

function getAll(client: Client, server: RawServer, ...numbers: number[]): Promise<string[]> {
  return Promise.all(numbers.map((n) => get(client, server.url(`/${n}`))));
}

function pages(...numbers: number[]): string[] {
  return numbers.map((n) => `GET /${n}`);
}

/** Answers one at a time and notes how many requests lay behind each; gives way when told. */
function noting(behind: number[], onCrowd: (peer: RawPeer) => boolean = () => false) {
  return async (peer: RawPeer) => {
    for (let next = await peer.request(); next !== null; next = await peer.request()) {
      await turns(5);
      const count = peer.untaken.split("\r\n\r\n").length - 1;
      behind.push(count);
      if (count > 0 && onCrowd(peer)) return;
      await peer.send(echo(next));
    }
    peer.end();
  };
}

const ONE = { maxConnPerTarget: 1, maxRetries: 0 };

Deno.test("after one answer a connection tries, and then takes all that it may", async () => {
  const behind: number[] = [];
  await using server = await RawServer.start(noting(behind));
  await withClient(ONE, async (client) => {
    assertEquals(await getAll(client, server, 1, 2, 3, 4, 5), pages(1, 2, 3, 4, 5));
    assertEquals(behind, [0, 3, 2, 1, 0]);
    behind.length = 0;
    assertEquals(await getAll(client, server, 1, 2, 3, 4), pages(1, 2, 3, 4));
    assertEquals(behind, [3, 2, 1, 0]);
  });
});

Deno.test("one trial at a time, however many connections there are", async () => {
  const go = Promise.withResolvers<void>();
  await using server = await RawServer.start(async (peer) => {
    const first = await peer.request();
    if (peer.index > 0) await go.promise;
    await peer.send(echo(first!));
    await go.promise;
    await answering(echo)(peer);
  });
  await withClient({ maxConnPerTarget: 3, maxPipelinedRequests: 1 }, async (client) => {
    await get(client, server.url("/0"));
    const all = getAll(client, server, 1, 2, 3, 4, 5, 6);
    await until(() =>
      server.peers.length === 3 && server.peers.every((each) => each.received !== "")
    );
    await turns(10);
    assertEquals(client.stats().inFlight, 4);
    go.resolve();
    assertEquals(await all, pages(1, 2, 3, 4, 5, 6));
  });
});

/** How a server takes a second request that comes too early. */
const WAYS: [name: string, break_: (peer: RawPeer) => void][] = [
  ["ends", (peer) => peer.end()],
  ["resets", (peer) => peer.reset()],
  ["answers garbage", (peer) => void peer.send("\0\0garbage\r\n\r\n")],
];

for (const [name, break_] of WAYS) {
  testOnManualClock(
    `a server that ${name} at a trial gets one request at a time for a minute`,
    async (clock) => {
      const behind: number[] = [];
      let isBroken = true;
      await using server = await RawServer.start(noting(behind, (peer) => {
        if (isBroken) break_(peer);
        return isBroken;
      }));
      await withClient({ ...ONE, idleTimeoutMs: 0 }, async (client) => {
        // Nothing is lost, though nothing may be retried.
        assertEquals(await getAll(client, server, 0, 1, 2, 3, 4), pages(0, 1, 2, 3, 4));
        assertEquals([server.peers.length, client.totals().retries], [2, 0]);
        assertEquals(behind, [0, 3, 0, 0, 0, 0]);
        await clock.advance(59_000);
        behind.length = 0;
        isBroken = false;
        assertEquals(await getAll(client, server, 1, 2, 3), pages(1, 2, 3));
        assertEquals(behind, [0, 0, 0]);
        await clock.advance(1_000);
        behind.length = 0;
        assertEquals(await getAll(client, server, 1, 2, 3, 4, 5), pages(1, 2, 3, 4, 5));
        assertEquals(behind, [0, 3, 2, 1, 0]);
      });
    },
  );
}

testOnManualClock(
  "a trial that is dropped is asked for again elsewhere, after two seconds",
  async (clock) => {
    await using server = await RawServer.start(async (peer) => {
      if (peer.index > 0) return await answering(echo)(peer);
      await peer.send(echo((await peer.request())!));
      const [front] = await peer.requests(2);
      await peer.send(echo(front));
      await peer.ended();
    });
    await withClient(ONE, async (client) => {
      await get(client, server.url("/0"));
      const [front, ...others] = [1, 2, 3].map((n) => get(client, server.url(`/${n}`)));
      assertEquals(await front, "GET /1");
      await clock.advance(1_999);
      assertEquals(server.peers.length, 1);
      await clock.advance(1);
      assertEquals(await Promise.all(others), pages(2, 3));
      assertEquals([server.peers.length, client.totals().retries], [2, 0]);
    });
  },
);

testOnManualClock(
  "a slow front costs a trial nothing: its time begins with its turn",
  async (clock) => {
    const behind: number[] = [];
    const go = Promise.withResolvers<void>();
    await using server = await RawServer.start(async (peer) => {
      await peer.send(echo((await peer.request())!));
      const pair = await peer.requests(2);
      await go.promise;
      await peer.send(pair.map(echo).join(""));
      await noting(behind)(peer);
    });
    await withClient(ONE, async (client) => {
      await get(client, server.url("/0"));
      const all = getAll(client, server, 1, 2);
      await server.peers[0].until("/2");
      await clock.advance(25_000);
      go.resolve();
      assertEquals(await all, pages(1, 2));
      await getAll(client, server, 3, 4, 5);
      assertEquals([behind, server.peers.length], [[2, 1, 0], 1]);
    });
  },
);

Deno.test("Connection: close in front of a trial says nothing about pipelining", async () => {
  const behind: number[] = [];
  await using server = await RawServer.start(async (peer) => {
    if (peer.index > 0) return await noting(behind)(peer);
    await peer.send(echo((await peer.request())!));
    const [front] = await peer.requests(2);
    await peer.send(response(`GET ${front.target}`, "Connection: close\r\n"));
    peer.end();
  });
  await withClient(ONE, async (client) => {
    await get(client, server.url("/0"));
    assertEquals(await getAll(client, server, 1, 2), pages(1, 2));
    assertEquals(await getAll(client, server, 3, 4, 5), pages(3, 4, 5));
    assertEquals(behind, [0, 2, 1, 0]);
    assertEquals(await getAll(client, server, 3, 4, 5), pages(3, 4, 5));
    assertEquals(behind.slice(4), [2, 1, 0]);
  });
});

Deno.test("a server that is started anew under load is trusted again after one trial", async () => {
  const behind: number[] = [];
  await using server = await RawServer.start((peer) => {
    // The old process: it dies with its pipeline unanswered.
    return noting(behind, (each) => peer.index === 0 && each.untaken.includes("/die"))(peer)
      .then(() => peer.index === 0 ? peer.reset() : undefined);
  });
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await winTrust(client, server.url("/0"));
    const all = ["/1", "/2", "/die", "/4", "/5"].map((path) => get(client, server.url(path)));
    assertEquals(await Promise.all(all), ["GET /1", "GET /2", "GET /die", "GET /4", "GET /5"]);
    behind.length = 0;
    await getAll(client, server, 1, 2, 3, 4);
    assertEquals([behind, server.peers.length], [[3, 2, 1, 0], 2]);
  });
});

Deno.test("garbage that comes without any trial fails whoever gets it", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("\0\0garbage\r\n\r\n");
    await peer.ended();
  });
  await withClient(ONE, async (client) => {
    await failure(client.get(server.url()), RemoteProtocolError);
    assertEquals(server.peers.length, 1);
  });
});
