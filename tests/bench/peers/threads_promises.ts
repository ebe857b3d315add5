/** The same with promises alone: nobody knows whose they are, and nothing can be killed. @module */

import { BATCH, nextTurn, serve } from "./serve.mjs";

async function threeTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}

/** A queue of 64 that two async functions share. */
class Queue {
  readonly #values: number[] = [];
  #taker: ((value: number) => void) | null = null;
  #sender: (() => void) | null = null;

  async send(value: number): Promise<void> {
    const taker = this.#taker;
    if (taker !== null) {
      this.#taker = null;
      return taker(value);
    }
    if (this.#values.length === 64) await new Promise<void>((resolve) => this.#sender = resolve);
    this.#values.push(value);
  }

  receive(): Promise<number> | number {
    const value = this.#values.shift();
    if (value === undefined) return new Promise((resolve) => this.#taker = resolve);
    this.#sender?.();
    this.#sender = null;
    return value;
  }
}

const tasks: Record<string, (count: number) => Promise<unknown>> = {
  async "thread-spawn"(count) {
    for (let left = count; left > 0; left -= BATCH) {
      await Promise.all(Array.from({ length: Math.min(left, BATCH) }, threeTurns));
    }
  },
  "thread-channel"(count) {
    const queue = new Queue();
    const send = async () => {
      for (let n = 0; n < count; n++) await queue.send(n);
    };
    const receive = async () => {
      for (let n = 0; n < count; n++) await queue.receive();
    };
    return Promise.all([send(), receive()]);
  },
  async "thread-semaphore"(count) {
    let free = 1;
    const granted = Promise.resolve();
    for (let n = 0; n < count; n++) {
      free--;
      await granted;
      free++;
    }
    if (free !== 1) throw new Error("lost a resource");
  },
};

await serve((task) => ({
  run: async (count: number) => void await tasks[String(task)](count),
}));
