/**
 * Those who are compared: each a program in a process of its own, told what to do in lines of JSON.
 *
 * @module
 */

import { pathOf } from "../support/sources.ts";
import { LineProcess } from "./line_process.ts";
import type { NodeUndici } from "./node_undici.ts";
import type { Task } from "./peers/serve.mjs";
import type { Contestant } from "./workload.ts";

/** A program that can be started. */
export interface Peer {
  readonly name: string;
  readonly role: Contestant["role"];
  readonly kind?: string;
  start(): LineProcess;
}

/** All of them, in the table's order. */
export function allPeers(denoUndici: string, nodeUndici: NodeUndici | null): Peer[] {
  return [
    denoPeer("raw sockets, Deno", "limit", "peers/raw.ts"),
    denoPeer("lasa", "lasa", "peers/lasa.ts"),
    denoPeer("fetch, Deno", "peer", "peers/fetch.ts"),
    ...["request", "dispatch"].flatMap((call) => {
      const inDeno = `undici ${denoUndici} ${call}, Deno`;
      const both = [denoPeer(inDeno, "peer", "peers/undici.mjs", [call], "undici")];
      if (nodeUndici !== null) both.push(nodePeer(call, nodeUndici));
      return both;
    }),
  ];
}

function denoPeer(
  name: string,
  role: Peer["role"],
  script: string,
  args: readonly string[] = [],
  kind?: string,
): Peer {
  return { name, role, kind, start: () => LineProcess.ofDeno(name, script, args) };
}

function nodePeer(call: string, { undici, place }: NodeUndici): Peer {
  const name = `undici ${undici} ${call}, Node`;
  const script = pathOf(new URL("peers/undici.mjs", import.meta.url));
  const start = () => {
    const node = new Deno.Command("node", {
      args: [script, call, place],
      stdin: "piped",
      stdout: "piped",
    });
    return new LineProcess(name, node.spawn());
  };
  return { name, role: "peer", kind: "undici", start };
}

/** Starts a peer on a task; the stack ends it. */
export async function startPeer(
  peer: Peer,
  task: Task,
  stack: AsyncDisposableStack,
): Promise<Contestant> {
  const { name, role, kind } = peer;
  const process = stack.use(peer.start());
  const opened = process.ask({ open: task });
  // One that cannot start is a row that failed, not the end of the bench: its first run tells.
  await opened.catch(() => {});
  const leadIn = 2 * task.connections * task.depth;
  return {
    name,
    role,
    kind,
    async run(count) {
      await opened;
      return (await process.ask<{ ms: number }>({ run: count, leadIn })).ms;
    },
  };
}
