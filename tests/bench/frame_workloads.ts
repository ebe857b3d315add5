/**
 * The frames of WebSocket without any wire: a client's are written, masked, and read by a server.
 *
 * @module
 */

import { denoVersionOf, type Machine } from "./machine.ts";
import { denoPeer, nodePeer, startPeers } from "./peers.ts";
import type { Workload } from "./workload.ts";

/** What a peer is told. */
export interface FrameTask {
  /** Bytes of a payload; text below 1 KiB, binary from there on. */
  readonly bytes: number;
  /** Frames that are written before they are read. */
  readonly batch: number;
}

const MB = 1_000_000;

/** Small ones and large ones. */
export function frameWorkloads(machine: Machine): Workload[] {
  const workload = (task: FrameTask, more: Partial<Workload>): Workload => ({
    name: "",
    title: "",
    unit: "frames/s",
    perTask: task.batch,
    firstCount: 10,
    concurrency: 1,
    ...more,
    prepare: (stack) => startPeers(peersOn(machine), task, stack, 0),
  });
  return [
    workload({ bytes: 64, batch: 64 }, {
      name: "frames-64b",
      title: "WebSocket frames of 64 B, masked and read, in memory",
    }),
    workload({ bytes: 2 ** 20, batch: 1 }, {
      name: "frames-1m",
      title: "WebSocket frames of 1 MiB, masked and read, in memory",
      unit: "MB/s",
      perTask: 2 ** 20 / MB,
    }),
  ];
}

function peersOn({ packages }: Machine) {
  const script = "peers/frames_ws.mjs";
  const peers = [
    denoPeer("lasa", "peers/frames_lasa.ts", { role: "lasa" }),
    denoPeer(`ws ${denoVersionOf("ws")}, Deno`, script, { kind: "ws" }),
  ];
  const ws = packages.get("ws");
  if (ws !== undefined) {
    peers.push(nodePeer(`ws ${ws.version}, Node`, script, { kind: "ws", args: [ws.place] }));
  }
  return peers;
}
