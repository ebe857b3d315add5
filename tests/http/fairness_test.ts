/** Thousands of requests wait for few connections: the limits hold, and nobody waits for ever. @module */

import { assert, assertEquals } from "@std/assert";
import { AbortedError } from "../../src/errors.ts";
import type { Client } from "../../src/http/client.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { failure, NOTHING_LEFT, untilQuiet, withClient } from "../support/client.ts";
import { turns, until } from "../support/clock.ts";
import { Random } from "../support/random.ts";
import { answering, type RawPeer, RawServer, response } from "../support/raw_server.ts";

/** A target's server: answers in order, each answer a few turns late, and counts what it sees. */
class Place {
  readonly server: RawServer;
  /** The requests in the order in which they came. */
  readonly arrived: number[] = [];
  answered = 0;
  /** The most that one connection was sent before it was answered. */
  mostInFlight = 0;

  private constructor(start: (place: Place) => RawServer) {
    this.server = start(this);
  }

  static async start(lateBy: () => number): Promise<Place> {
    let place!: Place;
    const server = await RawServer.start((peer) => place.#serve(peer, lateBy));
    return place = new Place(() => server);
  }

  get connections(): number {
    return this.server.peers.filter((peer) => !peer.hasEnded).length;
  }

  async #serve(peer: RawPeer, lateBy: () => number): Promise<void> {
    for (let next = await peer.request(); next !== null; next = await peer.request()) {
      this.arrived.push(Number(next.target.slice(1)));
      await turns(lateBy());
      // What is in flight grows until something is answered: this is when there is most of it.
      const waiting = peer.untaken.split("\r\n\r\n").length - 1;
      this.mostInFlight = Math.max(this.mostInFlight, 1 + waiting);
      await peer.send(response(next.target));
      this.answered++;
    }
    peer.end();
  }
}

/** Runs a test with a client and so many targets, while the limits are looked at in every turn. */
async function withPlaces(
  count: number,
  options:
    & Required<Pick<ClientOptions, "maxConn" | "maxConnPerTarget" | "maxDialing">>
    & ClientOptions,
  seed: number,
  test: (client: Client, places: readonly Place[]) => Promise<void>,
): Promise<void> {
  const random = new Random(seed);
  await using stack = new AsyncDisposableStack();
  const places: Place[] = [];
  for (let n = 0; n < count; n++) {
    places.push(await Place.start(() => random.below(4)));
    stack.use(places[n].server);
  }
  const { maxConn, maxConnPerTarget, maxDialing } = options;
  await withClient(options, async (client) => {
    let isOver = false;
    const watching = (async () => {
      // A connection that the client has closed ends for the server a little later.
      let tooMany = 0;
      while (!isOver) {
        const { connections, dialing } = client.stats();
        assert(connections + dialing <= maxConn, `${connections} and ${dialing} connections`);
        assert(dialing <= maxDialing, `${dialing} connections are being opened`);
        const seen = places.map((place) => place.connections);
        const isTooMany = seen.reduce((sum, each) => sum + each) > maxConn ||
          seen.some((each) => each > maxConnPerTarget);
        tooMany = isTooMany ? tooMany + 1 : 0;
        assert(tooMany < 200, `the servers see ${seen.join()} connections`);
        await turns();
      }
    })();
    await Promise.all([test(client, places).finally(() => isOver = true), watching]);
    await untilQuiet(client);
  });
}

/** The numbers from 0 up to `count`, in an order of chance. */
function shuffled(count: number, random: Random): number[] {
  const all = Array.from({ length: count }, (_, n) => n);
  for (let at = count - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [all[at], all[other]] = [all[other], all[at]];
  }
  return all;
}

for (const maxPipelinedRequests of [0, 3]) {
  const name = maxPipelinedRequests === 0 ? "" : ", pipelined";
  Deno.test(`5,000 requests to 50 targets over 12 connections: no target starves${name}`, async () => {
    const TARGETS = 50;
    const EACH = 100;
    const options = { maxConn: 12, maxConnPerTarget: 3, maxDialing: 4, maxPipelinedRequests };
    await withPlaces(TARGETS, options, 50, async (client, places) => {
      const answers = new Array(TARGETS).fill(0);
      let leastWhenOneWasDone = -1;
      // All requests of a target come at once: the worst that can happen to those who come later.
      const all = Array.from({ length: TARGETS * EACH }, async (_, n) => {
        const at = Math.floor(n / EACH);
        const answer = await client.get(places[at].server.url(`/${n}`));
        assertEquals(await answer.text(), `/${n}`);
        if (++answers[at] === EACH && leastWhenOneWasDone < 0) {
          leastWhenOneWasDone = Math.min(...answers);
        }
      });
      assertEquals(client.stats().queued, TARGETS * EACH);
      await Promise.all(all);
      assert(leastWhenOneWasDone > 0, "a target was done before another had its first answer");
      const most = Math.max(...places.map((place) => place.mostInFlight));
      assertEquals(most, 1 + maxPipelinedRequests);
    });
  });
}

Deno.test("requests to a target go first come, first served, though a third of all is aborted", async () => {
  const TARGETS = 20;
  const EACH = 60;
  const random = new Random(3);
  const options = { maxConn: 6, maxConnPerTarget: 1, maxDialing: 2, maxPipelinedRequests: 0 };
  await withPlaces(TARGETS, options, 20, async (client, places) => {
    const aborts = new Map<number, AbortController>();
    for (const n of shuffled(TARGETS * EACH, random).slice(0, TARGETS * EACH / 3)) {
      aborts.set(n, new AbortController());
    }
    const wanted: number[][] = places.map(() => []);
    const all = Array.from({ length: TARGETS * EACH }, async (_, n) => {
      const at = n % TARGETS;
      const abort = aborts.get(n);
      if (abort === undefined) wanted[at].push(n);
      const asking = client.get(places[at].server.url(`/${n}`), { signal: abort?.signal });
      try {
        assertEquals(await (await asking).text(), `/${n}`);
      } catch (error) {
        assert(error instanceof AbortedError && abort !== undefined, String(error));
      }
    });
    // Some at once, some while others are served.
    let count = 0;
    for (const abort of aborts.values()) {
      if (++count > aborts.size / 3) await turns(random.below(3));
      abort.abort();
    }
    await Promise.all(all);
    for (const [at, { arrived }] of places.entries()) {
      assertEquals(arrived, arrived.toSorted((a, b) => a - b), `target ${at}`);
      assertEquals(arrived.filter((n) => !aborts.has(n)), wanted[at]);
    }
    const spared = places.flatMap((place) => place.arrived).length;
    assert(spared < TARGETS * EACH, "none was aborted before it was sent");
  });
});

Deno.test("never more than maxDialing connections are opened at once; each that ends lets another begin", async () => {
  await using stack = new AsyncDisposableStack();
  // Servers that never shake hands: a connection to one of them is being opened for ever.
  const servers: RawServer[] = [];
  for (let n = 0; n < 12; n++) {
    servers.push(stack.use(await RawServer.start((peer) => peer.ended())));
  }
  const called = () => servers.filter((server) => server.peers.length > 0).length;
  await withClient({ maxDialing: 3, maxConnPerTarget: 2, maxRetries: 0 }, async (client) => {
    const aborts = servers.map(() => new AbortController());
    const all = servers.map(({ port }, at) => {
      return failure(
        client.get(`https://127.0.0.1:${port}/`, { signal: aborts[at].signal }),
        AbortedError,
      );
    });
    for (let round = 0; round < servers.length; round++) {
      const most = Math.min(servers.length, 3 + round);
      await until(() => called() === most);
      await turns(10);
      const left = Math.min(3, servers.length - round);
      const { dialing, queued } = client.stats();
      assertEquals([called(), dialing, queued], [most, left, servers.length - round]);
      aborts[round].abort();
      await all[round];
    }
    await untilQuiet(client);
    assertEquals(client.stats(), NOTHING_LEFT);
  });
});

Deno.test("what could be pipelined at once does not overtake what waits and may not be", async () => {
  const arrived: string[] = [];
  const go = Promise.withResolvers<void>();
  await using server = await RawServer.start(answering(async (request) => {
    arrived.push(request.target);
    if (request.target === "/1") await go.promise;
    return response(request.target);
  }));
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    // The first answer shows that the server may be pipelined.
    await (await client.get(server.url("/0"))).text();
    const all = ["GET", "POST", "GET", "POST", "GET"].map((method, n) => {
      return client.request(server.url(`/${n + 1}`), { method }).then((answer) => answer.text());
    });
    await until(() => arrived.includes("/1"));
    assertEquals(client.stats().queued, 4);
    go.resolve();
    await Promise.all(all);
    assertEquals(arrived, ["/0", "/1", "/2", "/3", "/4", "/5"]);
  });
});
