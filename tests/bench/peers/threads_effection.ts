/** The tasks of Effection. @module */

import { createQueue, type Operation, run, spawn, type Task, until } from "effection";
import { BATCH, nextTurn, serve } from "./serve.mjs";

function* threeTurns(): Operation<void> {
  for (let turn = 0; turn < 3; turn++) yield* until(nextTurn());
}

const tasks: Record<string, (count: number) => Operation<void>> = {
  *"thread-spawn"(count) {
    for (let left = count; left > 0; left -= BATCH) {
      const spawned: Task<void>[] = [];
      for (let n = Math.min(left, BATCH); n > 0; n--) spawned.push(yield* spawn(threeTurns));
      for (const task of spawned) yield* task;
    }
  },
  *"thread-channel"(count) {
    const queue = createQueue<number, void>();
    // Its queue has no bound, and adding to it is no wait: as many at once as a bounded one holds.
    const sender = yield* spawn(function* () {
      for (let n = 0; n < count; n++) {
        queue.add(n);
        if (n % 64 === 63) yield* until(Promise.resolve());
      }
    });
    for (let n = 0; n < count; n++) yield* queue.next();
    yield* sender;
  },
};

await serve((task) => ({
  run: async (count: number) => await run(() => tasks[String(task)](count)),
}));
