/** The semaphore of async-sema. @module */

import { Sema } from "async-sema";
import { serve } from "./serve.mjs";

await serve(() => ({
  async run(count: number) {
    const semaphore = new Sema(1);
    for (let n = 0; n < count; n++) {
      await semaphore.acquire();
      semaphore.release();
    }
  },
}));
