/**
 * What light threads and their waits cost, beside plain promises, a bare AsyncLocalStorage and the
 * fibers of Effect.
 *
 * @module
 */

import { LineProcess } from "./line_process.ts";
import type { Contestant, Workload } from "./workload.ts";

const WORKLOADS = {
  "thread-spawn": "spawn a thread that waits for three turns, then for its end",
  "thread-channel": "pass a message over a channel of 64, one thread to another",
  "thread-semaphore": "take and give back a semaphore that is free",
} as const;

/** What the peers of this folder are asked to do. */
export type ThreadTask = keyof typeof WORKLOADS;

const PEERS: readonly [name: string, role: Contestant["role"], script: string, tasks: string][] = [
  ["lasa", "lasa", "peers/threads_lasa.ts", "spawn channel semaphore"],
  ["plain promises", "limit", "peers/threads_promises.ts", "spawn channel semaphore"],
  ["bare AsyncLocalStorage", "peer", "peers/threads_storage.ts", "spawn"],
  ["effect fibers", "peer", "peers/threads_effect.ts", "spawn channel semaphore"],
];

/** A workload for each cost. */
export function threadWorkloads(): Workload[] {
  return Object.entries(WORKLOADS).map(([name, title]) => ({
    name,
    title,
    unit: "a second",
    concurrency: 1,
    prepare: (stack) =>
      Promise.all(
        PEERS.filter(([, , , tasks]) => tasks.includes(name.slice("thread-".length)))
          .map(([peer, role, script]) => start(peer, role, script, name, stack)),
      ),
  }));
}

async function start(
  name: string,
  role: Contestant["role"],
  script: string,
  task: string,
  stack: AsyncDisposableStack,
): Promise<Contestant> {
  const process = stack.use(LineProcess.ofDeno(name, script));
  const opened = process.ask({ open: task });
  await opened.catch(() => {});
  return {
    name,
    role,
    async run(count) {
      await opened;
      return (await process.ask<{ ms: number }>({ run: count, leadIn: 1 })).ms;
    },
  };
}
