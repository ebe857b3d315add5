/**
 * Those who are compared: each a program in a process of its own, told what to do in lines of JSON.
 *
 * @module
 */

import { LineProcess } from "./line_process.ts";
import type { Contestant } from "./workload.ts";

/** A program that can take part. */
export interface Peer {
  readonly name: string;
  readonly role: Contestant["role"];
  readonly kind?: string;
  /** Starts it; it ends with the object. */
  start(): LineProcess;
}

/** What a peer is made of. */
export interface Script {
  /** `"peer"` unless told. */
  readonly role?: Contestant["role"];
  /** Those of one kind; the best of each is compared with lasa. */
  readonly kind?: string;
  /** What the script is called with. */
  readonly args?: readonly string[];
  /** Flags of Deno's or Node's own. */
  readonly flags?: readonly string[];
}

/** A script of this folder that runs in Deno. */
export function denoPeer(name: string, script: string, more: Script = {}): Peer {
  const { role = "peer", kind, args, flags } = more;
  return { name, role, kind, start: () => LineProcess.ofDeno(name, script, args, flags) };
}

/** A script of this folder that runs in Node. */
export function nodePeer(name: string, script: string, more: Script = {}): Peer {
  const { role = "peer", kind, args, flags } = more;
  return { name, role, kind, start: () => LineProcess.ofNode(name, script, args, flags) };
}

/**
 * Starts a peer on a task; the stack ends it.
 *
 * @param peer Who.
 * @param task What its script is told.
 * @param stack What ends it.
 * @param leadIn Tasks that it does before each run, off the clock.
 */
export async function startPeer(
  peer: Peer,
  task: unknown,
  stack: AsyncDisposableStack,
  leadIn = 1,
): Promise<Contestant> {
  const { name, role, kind } = peer;
  const process = stack.use(peer.start());
  const opened = process.ask({ open: task });
  // One that cannot start is a row that failed, not the end of the bench: its first run tells.
  await opened.catch(() => {});
  let peakBytes: number | undefined;
  return {
    name,
    role,
    kind,
    get peakBytes() {
      return peakBytes;
    },
    async run(count) {
      await opened;
      const answer = await process.ask<{ ms: number; peakBytes: number }>({ run: count, leadIn });
      peakBytes = answer.peakBytes;
      return answer.ms;
    },
  };
}

/** Starts all of them on one task. */
export async function startPeers(
  peers: readonly Peer[],
  task: unknown,
  stack: AsyncDisposableStack,
  leadIn?: number,
): Promise<Contestant[]> {
  return await Promise.all(peers.map((peer) => startPeer(peer, task, stack, leadIn)));
}
