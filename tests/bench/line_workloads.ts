/**
 * Lines over TCP.
 *
 * @module
 */

import type { Machine } from "./machine.ts";
import { startOwn, temporaryFile } from "./origins.ts";
import { denoPeer, nodePeer, type Peer, startPeers } from "./peers.ts";
import type { Workload } from "./workload.ts";

/** What a peer is told. */
export interface LineTask {
  readonly port: number;
  /** A task is a block of so many lines. */
  readonly lines: number;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Characters of a line, without its end. */
  readonly length: number;
}

const LINES = 16_384;
const LENGTH = 15;

/** Each line awaited, and all that came taken at once; everybody gets each line as text of its own. */
export function lineWorkloads(machine: Machine): Workload[] {
  return [
    workload(
      machine,
      "lines",
      `receive lines of ${LENGTH} characters over TCP`,
      denoPeer("lasa, awaited receive()", "peers/lines_lasa.ts", { role: "lasa" }),
    ),
    workload(
      machine,
      "lines-drained",
      `take lines of ${LENGTH} characters over TCP, all that are there`,
      denoPeer("lasa, tryReceive()", "peers/lines_drained_lasa.ts", { role: "lasa" }),
    ),
  ];
}

function workload({ hasNode }: Machine, name: string, title: string, lasa: Peer): Workload {
  const readline = "peers/lines_readline.mjs";
  const kind = "readline";
  const peers = [
    denoPeer("raw bytes, Deno", "peers/lines_raw.ts", { role: "limit" }),
    lasa,
    denoPeer("TextLineStream, Deno", "peers/lines_stream.ts"),
    denoPeer("readline events, Deno", readline, { kind }),
  ];
  if (hasNode) peers.push(nodePeer("readline events, Node", readline, { kind }));
  return {
    name,
    title,
    unit: "lines/s",
    perTask: LINES,
    firstCount: 4,
    concurrency: 1,
    async prepare(stack) {
      const block = new TextEncoder().encode(("x".repeat(LENGTH) + "\n").repeat(LINES));
      const port = await startOwn("lines.ts", [await temporaryFile(block, stack)], stack);
      const task: LineTask = { port, lines: LINES, bytes: block.length, length: LENGTH };
      return startPeers(peers, task, stack);
    },
  };
}
