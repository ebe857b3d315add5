/**
 * A peer's side of the bench: reads lines of JSON, does what they say and answers in lines of JSON.
 * Plain JavaScript over node: modules, since it runs in Deno and in Node.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import process from "node:process";

/**
 * What a peer is to do.
 *
 * @typedef {object} Task
 * @property {string} url What to get.
 * @property {number} connections How many connections to use.
 * @property {number} depth How many requests to have in flight on each.
 * @property {number} bodyLength How long the body is that must come.
 * @property {"gzip"} [coding] The content coding that it comes in.
 * @property {number} [wireLength] How long it is in that coding.
 */

/**
 * How a peer does it: `one` gets the URL once, and the loops around it are the same for everybody;
 * or `run`, which gets it so many times over by its own means.
 *
 * @typedef {{ one: () => Promise<void> } | { run: (count: number) => Promise<void> }} Doing
 */

/** How many threads are spawned before they are waited for. */
export const BATCH = 256;

/** @type {(() => void)[]} */
let waiting = [];

/**
 * A wait of one turn of the event loop, all of a turn woken together, as lasa does it.
 *
 * @returns {Promise<void>}
 */
export function nextTurn() {
  return new Promise((resolve) => {
    if (waiting.push(resolve) > 1) return;
    setImmediate(() => {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    });
  });
}

/**
 * Serves until the input ends.
 *
 * @param {(task: any) => Doing | Promise<Doing>} open Makes ready for a task.
 */
export async function serve(open) {
  /** @type {(count: number) => Promise<void>} */
  let run = () => Promise.reject(new Error("Cannot run: no task was opened"));
  for await (const line of createInterface({ input: process.stdin })) {
    const message = JSON.parse(line);
    try {
      if (message.open !== undefined) {
        run = runnerOf(message.open, await open(message.open));
        tell({ isOpen: true });
      } else {
        const ms = await timed(run, message.run, message.leadIn);
        tell({ ms, peakBytes: peakBytes() });
      }
    } catch (error) {
      tell({ error: error instanceof Error ? error.message : String(error) });
    }
  }
  process.exit(0);
}

/**
 * @param {string} got What came as the body.
 * @param {number} status The status it came with.
 * @param {Task} task What it was to be.
 */
export function check(got, status, task) {
  if (status !== 200 || got.length !== task.bodyLength) {
    throw new Error(`got status ${status} and ${got.length} characters, not ${task.bodyLength}`);
  }
}

/**
 * Runs on the clock; the lead-in before it opens what was closed while others had their turn.
 *
 * @param {(count: number) => Promise<void>} run
 * @param {number} count
 * @param {number} leadIn
 */
async function timed(run, count, leadIn) {
  await run(leadIn);
  const start = performance.now();
  await run(count);
  return performance.now() - start;
}

/**
 * @param {Task} task
 * @param {Doing} doing
 * @returns {(count: number) => Promise<void>}
 */
function runnerOf({ connections, depth }, doing) {
  if ("run" in doing) return doing.run;
  return async (count) => {
    let left = count;
    const work = async () => {
      while (left-- > 0) await doing.one();
    };
    const giveUp = (error) => {
      left = 0;
      throw error;
    };
    await Promise.all(Array.from({ length: connections * depth }, () => work().catch(giveUp)));
  };
}

/** The most memory that this process has held. */
function peakBytes() {
  try {
    const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    return 1024 * Number(kib);
  } catch {
    // Where there is no /proc. On Linux this would count what the parent held when it started us.
    return 1024 * process.resourceUsage().maxRSS;
  }
}

/** @param {unknown} message */
function tell(message) {
  console.log(JSON.stringify(message));
}
