/**
 * GET of a small body, over few connections and deep, and over many.
 *
 * @module
 */

import type { StartOrigin } from "./origins.ts";
import { type Peer, startPeer } from "./peers.ts";
import type { Workload } from "./workload.ts";

const BODY = "x".repeat(5);

/** Connections × requests in flight on each. */
const SHAPES = [[1, 64], [8, 16], [64, 1]] as const;

/** A workload for each shape, named like `nginx-8x16`. */
export function getWorkloads(
  origin: string,
  startOrigin: StartOrigin,
  peers: readonly Peer[],
): Workload[] {
  return SHAPES.map(([connections, depth]) => ({
    name: `${origin}-${connections}x${depth}`,
    title: `GET of ${BODY.length} B, ${connections} connection${connections > 1 ? "s" : ""} × ` +
      `${depth} deep, against ${origin}`,
    unit: "requests/s",
    concurrency: connections * depth,
    async prepare(stack) {
      const url = await startOrigin(BODY, stack);
      const task = { url, connections, depth, bodyLength: BODY.length };
      return await Promise.all(peers.map((peer) => startPeer(peer, task, stack)));
    },
  }));
}
