/**
 * GET of a small body, over few connections and deep, and over many; of a larger one, and of one in
 * gzip.
 *
 * @module
 */

import type { Machine } from "./machine.ts";
import { npmPeers } from "./npm_peers.ts";
import { startBatchOrigin, startNginx, type StartOrigin } from "./origins.ts";
import { denoPeer, nodePeer, type Peer, startPeers } from "./peers.ts";
import type { Task } from "./peers/serve.mjs";
import { wrk } from "./rate_programs.ts";
import { coded, textBytes } from "./text.ts";
import type { Contestant, Workload } from "./workload.ts";

const SMALL = new TextEncoder().encode("x".repeat(5));
const LARGER_BYTES = 10 * 1024;

/** Connections × requests in flight on each. */
const SHAPES = [[1, 64], [8, 16], [64, 1]] as const;

/** All of them: nginx's, as far as it is here, and those against the batch origin. */
export function getWorkloads(machine: Machine): Workload[] {
  const origins: [name: string, start: StartOrigin][] = [["batch", startBatchOrigin]];
  if (machine.hasNginx) origins.unshift(["nginx", startNginx]);
  const [[name, start]] = origins;
  return [
    ...origins.flatMap(([name, start]) =>
      SHAPES.map((shape) => getSmall(name, start, shape, machine))
    ),
    getLarger(name, start, machine),
    getCoded(name, start, machine),
  ];
}

function getSmall(
  origin: string,
  startOrigin: StartOrigin,
  [connections, depth]: readonly [number, number],
  machine: Machine,
): Workload {
  // Those that cannot pipeline are many: one table with all of them is enough.
  const peers = origin === "nginx" && depth === 1
    ? [...pipeliningPeers(machine), ...otherPeers(machine)]
    : pipeliningPeers(machine);
  return {
    name: `${origin}-${connections}x${depth}`,
    title: `GET of ${SMALL.length} B, ${connections} connection${connections > 1 ? "s" : ""} × ` +
      `${depth} deep, against ${origin}`,
    unit: "requests/s",
    concurrency: connections * depth,
    async prepare(stack) {
      const url = await startOrigin({ body: SMALL }, stack);
      return startAll(
        peers,
        { url, connections, depth, bodyLength: SMALL.length },
        machine,
        stack,
      );
    },
  };
}

function getLarger(origin: string, startOrigin: StartOrigin, machine: Machine): Workload {
  return {
    name: "get10k",
    title: `GET of 10 KiB, 64 connections × 1 deep, against ${origin}`,
    unit: "requests/s",
    concurrency: 64,
    async prepare(stack) {
      const body = textBytes(LARGER_BYTES);
      const url = await startOrigin({ body }, stack);
      const task = { url, connections: 64, depth: 1, bodyLength: body.length };
      const peers = [...pipeliningPeers(machine), ...nodeHttpPeers(machine)];
      return startAll(peers, task, machine, stack);
    },
  };
}

function getCoded(origin: string, startOrigin: StartOrigin, machine: Machine): Workload {
  return {
    name: "gzip10k",
    title: `GET of 10 KiB in gzip, 64 connections × 1 deep, against ${origin}`,
    unit: "requests/s",
    concurrency: 64,
    async prepare(stack) {
      const text = textBytes(LARGER_BYTES);
      const body = await coded(text, "gzip");
      const url = await startOrigin({ body, coding: "gzip" }, stack);
      const task: Task = {
        ...{ url, connections: 64, depth: 1, bodyLength: text.length },
        ...{ coding: "gzip", wireLength: body.length },
      };
      const peers = [
        denoPeer("raw sockets + gunzipSync, Deno", "peers/raw.ts", { role: "limit" }),
        LASA,
        FETCH,
        ...undiciPeers("request", machine),
        ...nodeHttpPeers(machine, " + createGunzip", "stream"),
        ...nodeHttpPeers(machine, " + gunzipSync", "sync"),
        ...gotPeers(machine),
      ];
      return startPeers(peers, task, stack, leadIn(task));
    },
  };
}

function startAll(
  peers: readonly Peer[],
  task: Task,
  { hasWrk }: Machine,
  stack: AsyncDisposableStack,
): Contestant[] {
  const [raw, ...others] = startPeers(peers, task, stack, leadIn(task));
  // With more than a million answers a second on a connection wrk never comes to an end.
  const canWrk = hasWrk && task.connections > 1;
  return [raw, ...(canWrk ? [wrk(task, stack)] : []), ...others];
}

/** Opens again what was closed while others had their turn. */
function leadIn({ connections, depth }: Task): number {
  return 2 * connections * depth;
}

const LASA = denoPeer("lasa", "peers/lasa.ts", { role: "lasa" });
const FETCH = denoPeer("fetch, Deno", "peers/fetch.ts");

function pipeliningPeers(machine: Machine): Peer[] {
  return [
    denoPeer("raw sockets, Deno", "peers/raw.ts", { role: "limit" }),
    LASA,
    FETCH,
    ...undiciPeers("request", machine),
    ...undiciPeers("dispatch", machine),
  ];
}

function undiciPeers(call: string, { packages }: Machine): Peer[] {
  return npmPeers("undici", "peers/undici.mjs", ` ${call}`, [call], packages);
}

function otherPeers(machine: Machine): Peer[] {
  return [...nodeHttpPeers(machine), denoPeer("ky, Deno", "peers/ky.ts"), ...gotPeers(machine)];
}

function gotPeers({ packages }: Machine): Peer[] {
  return npmPeers("got", "peers/got.mjs", "", [], packages);
}

function nodeHttpPeers({ hasNode }: Machine, more = "", arg = ""): Peer[] {
  const script = "peers/node_http.mjs";
  const options = { args: [arg], kind: "node:http" };
  const peers = [denoPeer(`node:http${more}, Deno`, script, options)];
  if (hasNode) peers.push(nodePeer(`node:http${more}, Node`, script, options));
  return peers;
}
