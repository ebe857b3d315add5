/**
 * A peer's side of a curve: one task, one answer. It must be run so that it may collect its garbage
 * itself (`--expose-gc`).
 *
 * @module
 */

import { createInterface } from "node:readline";
import process from "node:process";

/**
 * @typedef {object} Costs
 * @property {number} heapBytes
 * @property {number} residentBytes
 * @property {number} microseconds For each.
 */

/** A time for fewer tasks says little. */
const LEAST_TASKS = 40_000;

/** How often so many tasks are done to know what one costs. */
export function timesFor(scale) {
  return Math.max(1, Math.ceil(LEAST_TASKS / scale));
}

/** What this process holds, without garbage. */
function memoryNow() {
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

/**
 * What memory something takes that is made and stays.
 *
 * @template T
 * @param {() => T | Promise<T>} make
 */
export async function memoryOf(make) {
  const before = memoryNow();
  const made = await make();
  const after = memoryNow();
  return { made, heapBytes: after.heap - before.heap, residentBytes: after.rss - before.rss };
}

/** The same, where making it must not be waited for. */
export function memoryOfSync(make) {
  const before = memoryNow();
  const made = make();
  const after = memoryNow();
  return { made, heapBytes: after.heap - before.heap, residentBytes: after.rss - before.rss };
}

/**
 * Answers what is asked.
 *
 * @param {(task: any) => Promise<Costs>} measure
 */
export async function serveCurve(measure) {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      console.log(JSON.stringify(await measure(JSON.parse(line))));
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      console.log(JSON.stringify({ error: told }));
    }
  }
  process.exit(0);
}
