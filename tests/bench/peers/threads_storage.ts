/** What an identity that follows the code costs by itself. @module */

import { AsyncLocalStorage } from "node:async_hooks";
import { BATCH, nextTurn, serve } from "./serve.mjs";

const storage = new AsyncLocalStorage<object>();

async function threeTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    if (storage.getStore() === undefined) throw new Error("lost the context");
    await nextTurn();
  }
}

await serve(() => ({
  async run(count: number) {
    for (let left = count; left > 0; left -= BATCH) {
      const length = Math.min(left, BATCH);
      await Promise.all(Array.from({ length }, () => storage.run({}, threeTurns)));
    }
  },
}));
