/** The fibers of Effect. @module */

import { Effect, Fiber, Queue, Semaphore } from "effect";
import { BATCH, serve } from "./serve.mjs";

const threeTurns = Effect.gen(function* () {
  for (let turn = 0; turn < 3; turn++) yield* Effect.yieldNow;
});

const tasks: Record<string, (count: number) => Effect.Effect<unknown>> = {
  "thread-spawn": (count) =>
    Effect.gen(function* () {
      for (let left = count; left > 0; left -= BATCH) {
        const fibers = [];
        for (let n = Math.min(left, BATCH); n > 0; n--) {
          fibers.push(yield* Effect.forkChild(threeTurns));
        }
        yield* Fiber.joinAll(fibers);
      }
    }),
  "thread-channel": (count) =>
    Effect.gen(function* () {
      const queue = yield* Queue.bounded<number>(64);
      const sender = yield* Effect.forkChild(Effect.gen(function* () {
        for (let n = 0; n < count; n++) yield* Queue.offer(queue, n);
      }));
      for (let n = 0; n < count; n++) yield* Queue.take(queue);
      yield* Fiber.join(sender);
    }),
  "thread-semaphore": (count) =>
    Effect.gen(function* () {
      const semaphore = yield* Semaphore.make(1);
      for (let n = 0; n < count; n++) yield* semaphore.withPermits(1)(Effect.void);
    }),
};

await serve((task) => ({
  run: async (count: number) => void await Effect.runPromise(tasks[String(task)](count)),
}));
