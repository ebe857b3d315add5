/**
 * Datagrams, there and back and only there.
 *
 * @module
 */

import type { Machine } from "./machine.ts";
import { startOwn } from "./origins.ts";
import { denoPeer, nodePeer, startPeers } from "./peers.ts";
import type { Workload } from "./workload.ts";

/** What a peer is told. */
export interface UdpTask {
  readonly port: number;
  /** Datagrams that are sent before as many are awaited; 0 awaits none. */
  readonly window: number;
  /** Bytes of a datagram. */
  readonly bytes: number;
}

const WINDOW = 32;
const BYTES = 64;
/** Deno's own datagram sockets, and lasa's over them, want it. */
const FLAGS = ["--unstable-net"];

/** A window to an origin that sends all back, and sending alone. */
export function udpWorkloads({ hasNode }: Machine): Workload[] {
  const dgram = "peers/udp_dgram.mjs";
  const peers = [
    denoPeer("lasa", "peers/udp_lasa.ts", { role: "lasa", flags: FLAGS }),
    denoPeer("listenDatagram, Deno", "peers/udp_deno.ts", { flags: FLAGS }),
    denoPeer("node:dgram, Deno", dgram, { kind: "node:dgram" }),
  ];
  if (hasNode) peers.push(nodePeer("node:dgram, Node", dgram, { kind: "node:dgram" }));
  const workload = (name: string, title: string, window: number): Workload => ({
    name,
    title,
    unit: "datagrams/s",
    concurrency: WINDOW,
    async prepare(stack) {
      const port = await startOwn("datagrams.ts", [window === 0 ? "sink" : "echo"], stack);
      const task: UdpTask = { port, window, bytes: BYTES };
      return startPeers(peers, task, stack, WINDOW);
    },
  });
  return [
    workload("udp-window", `datagrams of ${BYTES} B there and back, ${WINDOW} at once`, WINDOW),
    workload("udp-send", `send datagrams of ${BYTES} B, one after the other`, 0),
  ];
}
