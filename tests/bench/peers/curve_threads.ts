/** Threads, promises, fibers and tasks, for the curve: all parked, then all woken. @module */

import { AsyncLocalStorage } from "node:async_hooks";
import { Deferred, Effect, Fiber } from "effect";
import { run, spawn as spawnTask, type Task, until } from "effection";
import { Semaphore } from "../../../src/thread/semaphore.ts";
import { spawn } from "../../../src/thread/thread.ts";
import { waitAll } from "../../../src/thread/wait_thread.ts";
import { memoryOfSync, serveCurve } from "./curve.mjs";

/** Parks so many, and gives what wakes them and waits for their ends. */
type Park = (count: number) => () => Promise<void>;

/** Arguments of one call; the stack has room for so many. */
const AT_ONCE = 1_000;

const parks: Record<string, Park> = {
  lasa(count) {
    const semaphore = new Semaphore();
    const threads = Array.from({ length: count }, () => spawn(() => semaphore.wait(Infinity)));
    return async () => {
      semaphore.post(count);
      for (let at = 0; at < count; at += AT_ONCE) await waitAll(...threads.slice(at, at + AT_ONCE));
    };
  },
  promises(count) {
    return parkedPromises(count, (park) => park());
  },
  storage(count) {
    const storage = new AsyncLocalStorage<object>();
    return parkedPromises(count, (park) => storage.run({}, park));
  },
  effect(count) {
    const gate = Effect.runSync(Deferred.make<void>());
    const fibers = Array.from({ length: count }, () => Effect.runFork(Deferred.await(gate)));
    return async () => {
      Effect.runSync(Deferred.succeed(gate, undefined));
      await Effect.runPromise(Fiber.joinAll(fibers));
    };
  },
  effection(count) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const ended = run(function* () {
      const tasks: Task<void>[] = [];
      for (let n = 0; n < count; n++) tasks.push(yield* spawnTask(() => until(promise)));
      for (const task of tasks) yield* task;
    });
    return async () => {
      resolve();
      await ended;
    };
  },
};

function parkedPromises(count: number, call: (park: () => Promise<void>) => Promise<void>) {
  const resolvers: (() => void)[] = [];
  const park = async () => await new Promise<void>((resolve) => resolvers.push(resolve));
  const parked = Array.from({ length: count }, () => call(park));
  return async () => {
    for (const resolve of resolvers) resolve();
    await Promise.all(parked);
  };
}

const park = parks[Deno.args[0]];

await serveCurve(async ({ scale }: { scale: number }) => {
  // The compiler sees it once before it counts.
  await park(1_000)();
  let parkMs = 0;
  const { made: wake, heapBytes, residentBytes } = memoryOfSync(() => {
    const start = performance.now();
    const wake = park(scale);
    parkMs = performance.now() - start;
    return wake;
  });
  const start = performance.now();
  await wake();
  const microseconds = 1000 * (parkMs + performance.now() - start) / scale;
  return { heapBytes, residentBytes, microseconds };
});
