/**
 * Runs scripts of threads and semaphores on lasa's; the twin of `threads.lua`.
 *
 * @module
 */

import { LasaError } from "../../../src/errors.ts";
import { current, type LightThread } from "../../../src/thread/light_thread.ts";
import type { ManualClock } from "../../../src/thread/manual_clock.ts";
import { Semaphore } from "../../../src/thread/semaphore.ts";
import { spawn } from "../../../src/thread/thread.ts";
import { kill, wait } from "../../../src/thread/wait_thread.ts";
import { turns } from "../../support/clock.ts";
import type { Op, ThreadCase } from "./thread_case.ts";
import { type Parting, type PartingName, REAPED, type ThreadRun } from "./thread_parting.ts";

/** Runs a script. */
export async function runThreadsOnLasa(script: ThreadCase, clock: ManualClock): Promise<ThreadRun> {
  const stage = new Stage(script.semaphores);
  const logs: string[][] = [];
  let parting: Parting | null = null;
  stage.start(1, []);
  await turns(2);
  logs.push(stage.takeLog());
  for (const [index, { thread, ops }] of script.commands.entries()) {
    await stage.tell(thread, ops, clock);
    logs.push(stage.takeLog());
    stage.lookForEndsOfPassedOver();
    if (stage.parting !== null) {
      parting = { command: index, ...stage.parting };
      break;
    }
  }
  await stage.clear();
  return { logs, parting };
}

class Stage {
  parting: Omit<Parting, "command"> | null = null;
  readonly #threads = new Map<number, LightThread<unknown>>();
  readonly #parents = new Map<number, number>();
  readonly #mailboxes = new Map<number, Semaphore>();
  readonly #orders = new Map<number, readonly Op[]>();
  readonly #idle = new Set<number>();
  // The calls that threads are parked in.
  readonly #waiting = new Map<number, string>();
  // Threads that ended before their parent did.
  readonly #zombies = new Set<number>();
  readonly #semaphores: readonly Semaphore[];
  // Threads that live and that the reference still holds to be waited for.
  readonly #passedOver = new Set<number>();
  // Semaphores with more posted to them, by the present command, than stood in line.
  readonly #leftOver = new Set<Semaphore>();
  #log: string[] = [];

  constructor(semaphores: readonly number[]) {
    this.#semaphores = semaphores.map((n) => new Semaphore(n));
  }

  start(id: number, first: readonly Op[], parent = 0): void {
    this.#parents.set(id, parent);
    this.#mailboxes.set(id, new Semaphore());
    const thread = spawn(() => {
      this.#threads.set(id, current()!);
      this.#log.push(`${id} starts`);
      // A thread that ends at once does so within spawn, as long as it is no promise.
      const run = this.#run(id, first);
      if (typeof run === "string") return run;
      return this.#live(id, run);
    });
    this.#threads.set(id, thread);
  }

  async tell(id: number, ops: readonly Op[], clock: ManualClock): Promise<void> {
    this.#leftOver.clear();
    this.#log.push(`to ${id}`);
    const thread = this.#threads.get(id);
    if (thread === undefined || thread.hasEnded) {
      this.#log.push(`${id} is not there`);
    } else if (!this.#idle.has(id)) {
      this.#log.push(`${id} is busy`);
    } else {
      this.#orders.set(id, ops);
      this.#mailboxes.get(id)!.post();
      await turns(2);
      if (ops.at(-1)?.op === "take briefly") await clock.advance(4);
    }
  }

  takeLog(): string[] {
    const log = this.#log;
    this.#log = [];
    return log;
  }

  lookForEndsOfPassedOver(): void {
    for (const id of this.#passedOver) {
      const thread = this.#threads.get(id)!;
      if (!thread.hasEnded) continue;
      this.#passedOver.delete(id);
      if (thread.wasKilled || thread.isReaped || thread.parent?.hasEnded) continue;
      this.#part(
        "the end of a thread that nobody waits for any more wakes nobody",
        `${id} end `,
        `${this.#parents.get(id)} `,
      );
    }
  }

  #part(name: PartingName, ours: string, theirs: string | null): void {
    this.parting ??= { name, ours, theirs };
  }

  /** Lets every thread end. */
  async clear(): Promise<void> {
    const isLive = () => [...this.#threads.values()].some((thread) => !thread.hasEnded);
    while (isLive()) {
      for (const semaphore of this.#semaphores) {
        if (semaphore.count() < 0) semaphore.post(-semaphore.count());
      }
      for (const id of this.#idle) {
        this.#orders.set(id, [{ op: "end", text: "", ok: true }]);
        this.#mailboxes.get(id)!.post();
      }
      await turns(2);
    }
  }

  async #live(id: number, first: Promise<string | undefined>): Promise<string> {
    for (let run: string | undefined | Promise<string | undefined> = first;;) {
      const value = await run;
      if (value !== undefined) return value;
      this.#idle.add(id);
      try {
        await this.#mailboxes.get(id)!.wait();
      } finally {
        this.#idle.delete(id);
      }
      run = this.#run(id, this.#orders.get(id)!);
    }
  }

  /** Does what it is told; gives its value where that was to end. Only the last op may wait. */
  #run(id: number, ops: readonly Op[]): string | Promise<string | undefined> {
    for (const op of ops) {
      const name = `${id} ${op.op} ${op.text}`;
      const semaphore = this.#semaphores[(op.semaphore ?? 0) - 1];
      const other = this.#threads.get(op.thread ?? 0)!;
      if ((op.threads ?? [op.thread]).some((id) => id !== undefined && !this.#threads.has(id))) {
        this.#log.push(`${name}: nobody`);
        continue;
      }
      switch (op.op) {
        case "end":
          this.#log.push(name);
          if (!current()!.parent?.hasEnded) this.#zombies.add(id);
          if (op.ok) return `value of ${id}`;
          throw `error of ${id}`;
        case "spawn":
          this.#log.push(name);
          this.start(op.child!, op.ops!, id);
          break;
        case "kill":
          this.#expectKeeping(op.thread!, other);
          this.#log.push(`${name}: ${this.#kill(other)}`);
          break;
        case "status":
          this.#log.push(`${name}: ${this.#statusOf(op.thread!, other)}`);
          break;
        case "count":
          this.#log.push(`${name}: ${semaphore.count()}`);
          break;
        case "post":
          if (-semaphore.count() > 0 && -semaphore.count() < op.n!) this.#leftOver.add(semaphore);
          semaphore.post(op.n);
          this.#log.push(name);
          break;
        case "wait":
          return this.#call(name, () => this.#wait(name, op.threads!));
        case "try":
          this.#expectLeftOver(semaphore, name, ": timeout");
          return this.#call(name, () => taken(semaphore.wait(0)));
        case "take":
          this.#expectLeftOver(semaphore, name, " waits");
          return this.#call(name, () => taken(semaphore.wait()));
        case "take briefly":
          this.#expectLeftOver(semaphore, name, " waits");
          return this.#call(name, () => taken(semaphore.wait(4)));
      }
    }
    return Promise.resolve(undefined);
  }

  #expectLeftOver(semaphore: Semaphore, name: string, theirs: string): void {
    if (!this.#leftOver.has(semaphore) || semaphore.count() <= 0) return;
    this.#part("what a post leaves over is free at once", `${name}: taken`, name + theirs);
  }

  #expectKeeping(id: number, thread: LightThread<unknown>): void {
    const call = this.#waiting.get(id);
    if (call === undefined || thread.parent !== current() || thread.status !== "running") return;
    const why =
      "a thread that was woken keeps what it was given, though it is killed before it runs";
    this.#part(why, `${call} after waiting: taken`, null);
  }

  async #call(name: string, call: () => Promise<string>): Promise<undefined> {
    const at = this.#log.push("") - 1;
    const log = this.#log;
    const result = call();
    if (current()!.status === "suspended") {
      log[at] = `${name} waits`;
      const id = parseInt(name);
      this.#waiting.set(id, name);
      const told = await result.finally(() => this.#waiting.delete(id));
      this.#log.push(`${name} after waiting: ${told}`);
    } else {
      log[at] = `${name}: ${await result}`;
    }
  }

  async #wait(name: string, ids: readonly number[]): Promise<string> {
    const threads = ids.map((id) => this.#threads.get(id)!);
    this.#expectReference(name, ids, threads);
    try {
      const end = await wait(...threads);
      this.#passedOver.delete(ids[threads.indexOf(end.thread)]);
      return end.ok ? `ended with ${end.value}` : `failed with ${end.error}`;
    } catch (error) {
      return faultOf(error);
    }
  }

  /** Does what the reference does with the arguments of a wait: one after another. */
  #expectReference(
    name: string,
    ids: readonly number[],
    threads: readonly LightThread<unknown>[],
  ): void {
    const me = current();
    let theirs = " waits";
    for (const [i, thread] of threads.entries()) {
      if (thread.parent !== me) {
        theirs = ": not the parent";
        break;
      }
      if (!thread.hasEnded) {
        this.#passedOver.add(ids[i]);
      } else if (!thread.isReaped) {
        theirs = thread.outcome!.ok ? ": ended with value" : ": failed with error";
        break;
      } else if (i === threads.length - 1) {
        theirs = ": already waited or killed";
      }
    }
    const refused = threads.find((thread) => thread.parent !== me || thread.isReaped);
    if (refused === undefined) return;
    const ours = refused.parent === me ? ": already waited or killed" : ": not the parent";
    if (ours === theirs) return;
    const why = "wait refuses a thread that is not to be waited on, wherever it stands";
    this.#part(why, name + ours, name + theirs);
  }

  /** The status; in a word of its own where the reference reaps a zombie in some cases only. */
  #statusOf(id: number, thread: LightThread<unknown>): string {
    if (thread.status !== "dead" || thread.isReaped || !this.#zombies.has(id)) return thread.status;
    const { wasKilled, outcome } = thread.parent!;
    return wasKilled || !outcome!.ok ? REAPED : thread.status;
  }

  #kill(thread: LightThread<unknown>): string {
    try {
      return String(kill(thread));
    } catch (error) {
      return faultOf(error);
    }
  }
}

async function taken(taking: Promise<void>): Promise<string> {
  try {
    await taking;
    return "taken";
  } catch (error) {
    return faultOf(error);
  }
}

function faultOf(error: unknown): string {
  // Killed: the thread goes no further.
  if (!(error instanceof LasaError) || error.code === "killed") throw error;
  return error.code;
}
