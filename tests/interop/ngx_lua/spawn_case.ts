/**
 * Random trees of threads that spawn threads, speak, and wait at a gate: in which order do they run?
 *
 * @module
 */

import { Semaphore } from "../../../src/thread/semaphore.ts";
import { spawn } from "../../../src/thread/thread.ts";
import { turns } from "../../support/clock.ts";
import type { Random } from "../../support/random.ts";

/** One thing that a thread does. */
export type Act =
  | { readonly say: string }
  | { readonly spawn: readonly Act[] }
  | { readonly wait: true };

/** What the main thread does; equal chance gives equal ones. */
export function randomSpawns(random: Random): Act[] {
  let threads = 0;
  const acts = (name: string, depth: number): Act[] => {
    const list: Act[] = [{ say: `${name}.0` }];
    for (let count = 1 + random.below(4); count > 0; count--) {
      const kind = random.below(4);
      if (kind === 0 && depth > 0) list.push({ wait: true });
      if (kind > 1 && depth < 3 && threads < 10) {
        list.push({ spawn: acts(`${++threads}`, depth + 1) });
      }
      list.push({ say: `${name}.${list.length}` });
    }
    return list;
  };
  return acts("main", 0);
}

/** Runs a script on lasa; tells what was said. */
export async function runSpawnsOnLasa(script: readonly Act[]): Promise<string[]> {
  const log: string[] = [];
  const gate = new Semaphore();
  const run = async (acts: readonly Act[]) => {
    for (const act of acts) {
      if ("say" in act) log.push(act.say);
      else if ("spawn" in act) spawn(run, act.spawn);
      else await gate.wait();
    }
  };
  await run(script);
  while (gate.count() < 0) {
    log.push("the gate opens");
    gate.post(-gate.count());
    await turns(2);
  }
  return log;
}

/** Says what a script says where a spawn returns to its caller at once, or where it queues it. */
export function foretellSpawns(script: readonly Act[], queuesCaller: boolean): string[] {
  const log: string[] = [];
  let parked: Iterator<Act>[] = [];
  const go = (first: Iterator<Act>) => {
    const queue = [first];
    for (let thread = queue.shift(); thread !== undefined; thread = queue.shift()) {
      for (let act = thread.next(); !act.done; act = thread.next()) {
        if ("say" in act.value) {
          log.push(act.value.say);
        } else if ("wait" in act.value) {
          parked.push(thread);
          break;
        } else {
          const child = act.value.spawn.values();
          if (!queuesCaller) {
            go(child);
          } else {
            queue.push(thread);
            thread = child;
          }
        }
      }
    }
  };
  go(script.values());
  while (parked.length > 0) {
    log.push("the gate opens");
    const woken = parked;
    parked = [];
    for (const thread of woken) go(thread);
  }
  return log;
}
