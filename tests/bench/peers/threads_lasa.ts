/** Lasa's light threads. @module */

import { Channel } from "../../../src/thread/channel.ts";
import { Semaphore } from "../../../src/thread/semaphore.ts";
import { yieldNow } from "../../../src/thread/yield.ts";
import { spawn } from "../../../src/thread/thread.ts";
import { wait, waitAll } from "../../../src/thread/wait_thread.ts";
import { BATCH, serve } from "./serve.mjs";

async function threeTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await yieldNow();
}

const tasks: Record<string, (count: number) => Promise<unknown>> = {
  async "thread-spawn"(count) {
    for (let left = count; left > 0; left -= BATCH) {
      await waitAll(...Array.from({ length: Math.min(left, BATCH) }, () => spawn(threeTurns)));
    }
  },
  async "thread-channel"(count) {
    const channel = new Channel<number>(64);
    const sender = spawn(async () => {
      for (let n = 0; n < count; n++) await channel.send(n);
    });
    const receiver = spawn(async () => {
      for (let n = 0; n < count; n++) await channel.receive();
    });
    await waitAll(sender, receiver);
  },
  "thread-semaphore"(count) {
    const semaphore = new Semaphore(1);
    return wait(spawn(async () => {
      for (let n = 0; n < count; n++) {
        await semaphore.wait();
        semaphore.post();
      }
    }));
  },
};

await serve((task) => ({
  run: async (count: number) => void await tasks[String(task)](count),
}));
