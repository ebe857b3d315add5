/**
 * What an answer out of memory costs, beside undici's cache and beside a request over loopback.
 *
 * @module
 */

import { startOwn, temporaryFile } from "./origins.ts";
import { denoPeer, startPeers } from "./peers.ts";
import type { Workload } from "./workload.ts";

const PEERS = [
  denoPeer("lasa, memoryCache", "peers/cache_lasa.ts", { role: "lasa" }),
  denoPeer("undici interceptors.cache, Deno", "peers/cache_undici.mjs", { kind: "undici" }),
  denoPeer("lasa without a cache, loopback", "peers/cache_lasa.ts", { args: ["uncached"] }),
];

const BODY_LENGTHS = [5, 16 * 1024];

/** A workload for each length of the body. */
export function cacheWorkloads(): Workload[] {
  return BODY_LENGTHS.map((bodyLength) => ({
    name: `cache-hit-${bodyLength}`,
    title: `GET of ${bodyLength} B that is fresh in the cache, one after the other`,
    unit: "requests/s",
    concurrency: 1,
    async prepare(stack) {
      const body = new TextEncoder().encode("x".repeat(bodyLength));
      const port = await startOwn("fresh.ts", [await temporaryFile(body, stack)], stack);
      const url = `http://127.0.0.1:${port}/`;
      return await startPeers(PEERS, { url, connections: 1, depth: 1, bodyLength }, stack);
    },
  }));
}
