/**
 * What light threads and their waits cost, beside plain promises, a bare AsyncLocalStorage, the fibers
 * of Effect, the tasks of Effection and the semaphore of async-sema.
 *
 * @module
 */

import { denoPeer, type Peer, startPeers } from "./peers.ts";
import type { Workload } from "./workload.ts";

const LASA = denoPeer("lasa", "peers/threads_lasa.ts", { role: "lasa" });
const PROMISES = denoPeer("plain promises", "peers/threads_promises.ts", { role: "limit" });
const STORAGE = denoPeer("bare AsyncLocalStorage", "peers/threads_storage.ts", { role: "limit" });
const EFFECT = denoPeer("effect fibers", "peers/threads_effect.ts");
const EFFECTION = denoPeer("effection tasks", "peers/threads_effection.ts");
const ASYNC_SEMA = denoPeer("async-sema", "peers/threads_async_sema.ts");

const WORKLOADS: readonly [name: string, title: string, peers: readonly Peer[]][] = [
  [
    "thread-spawn",
    "spawn a thread that waits for three turns, then for its end",
    [LASA, PROMISES, STORAGE, EFFECT, EFFECTION],
  ],
  [
    "thread-channel",
    "pass a message over a channel of 64, one thread to another",
    [LASA, PROMISES, EFFECT, EFFECTION],
  ],
  [
    "thread-semaphore",
    "take and give back a semaphore that is free",
    [LASA, PROMISES, ASYNC_SEMA, EFFECT],
  ],
];

/** A workload for each cost. */
export function threadWorkloads(): Workload[] {
  return WORKLOADS.map(([name, title, peers]) => ({
    name,
    title,
    unit: "a second",
    concurrency: 1,
    prepare: (stack) => startPeers(peers, name, stack),
  }));
}
