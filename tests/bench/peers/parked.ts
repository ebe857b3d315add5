/** Parks so many threads, promises or fibers, and tells what one of them costs. @module */

import { AsyncLocalStorage } from "node:async_hooks";
import { Effect } from "effect";
import { Channel } from "../../../src/thread/channel.ts";
import { spawn } from "../../../src/thread/thread.ts";

const [who, count] = [Deno.args[0], Number(Deno.args[1])];
const nobody = new Channel<void>();
const resolvers: ((value: void) => void)[] = [];
const storage = new AsyncLocalStorage<object>();

async function parked(): Promise<void> {
  await nobody.receive();
}

async function parkedPromise(): Promise<void> {
  await new Promise<void>((resolve) => resolvers.push(resolve));
}

const park: Record<string, () => unknown> = {
  "lasa": () => spawn(parked),
  "plain promises": () => parkedPromise(),
  "bare AsyncLocalStorage": () => storage.run({}, parkedPromise),
  "effect fibers": () => Effect.runFork(Effect.never),
};

const before = Deno.memoryUsage().rss;
for (let n = 0; n < count; n++) park[who]();
const { rss } = Deno.memoryUsage();
console.log(JSON.stringify({ each: (rss - before) / count, rss }));
Deno.exit();
