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
 * Has a peer do a task; the stack ends it. It is started when it makes ready, or with its first run.
 *
 * @param peer Who.
 * @param task What its script is told; or what starts what it needs, and then says it.
 * @param stack What ends it.
 * @param leadIn Tasks that it does before each run, off the clock.
 */
export function startPeer(
  peer: Peer,
  task: object | string | (() => Promise<object>),
  stack: AsyncDisposableStack,
  leadIn = 1,
): Contestant {
  const { name, role, kind } = peer;
  let opened: Promise<LineProcess> | null = null;
  let peakBytes: number | undefined;
  const open = async () => {
    const told = typeof task === "function" ? await task() : task;
    const process = stack.use(peer.start());
    await process.ask({ open: told });
    return process;
  };
  return {
    name,
    role,
    kind,
    get peakBytes() {
      return peakBytes;
    },
    async ready() {
      // One that cannot start is a row that failed, not the end of the bench: its first run tells.
      await (opened ??= open()).catch(() => {});
    },
    async run(count) {
      const process = await (opened ??= open());
      const answer = await process.ask<{ ms: number; peakBytes: number }>({ run: count, leadIn });
      peakBytes = answer.peakBytes;
      return answer.ms;
    },
  };
}

/** Has all of them do one task. */
export function startPeers(
  peers: readonly Peer[],
  task: object | string,
  stack: AsyncDisposableStack,
  leadIn?: number,
): Contestant[] {
  return peers.map((peer) => startPeer(peer, task, stack, leadIn));
}
