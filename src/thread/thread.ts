/**
 * Light threads: functions that run until their first wait, then go on at their events.
 *
 * A thread is an async call with an identity. The identity follows the code through every `await`
 * (AsyncLocalStorage), so every wait knows whose it is. JavaScript cannot stop running code: a
 * thread ends at a lasa wait, or where its own code listens to its `signal`. What still bothers the
 * author: a thread that awaits a promise which lasa does not know counts as running.
 *
 * @module
 */

import { KilledError, LocalProtocolError } from "../errors.ts";
import { log } from "../log.ts";
import { Alarm, clearAlarm, setAlarm } from "./alarms.ts";
import { clockNow } from "./clock.ts";
import { frames, WaitHolder } from "./frame.ts";
import type { QueueEntry } from "./queue.ts";
import type { Selectable } from "./select.ts";
import { park, refusal, type Waiter, type WaitPlace } from "./wait.ts";

/** What a thread is doing, in the seed's words. */
export type ThreadStatus = "running" | "suspended" | "zombie" | "dead";

/** How a thread ended. */
export type Result<T = unknown> =
  | { readonly ok: true; readonly value: T; readonly thread: LightThread<T> }
  | { readonly ok: false; readonly error: unknown; readonly thread: LightThread<T> };

/** What {@linkcode list} tells of a thread. */
export interface ThreadInfo {
  /** The thread's number. */
  id: number;
  /** The thread's name: that of its function, or what was given to it. */
  name: string;
  /** The number of the thread that spawned it; `null` outside every thread. */
  parent: number | null;
  /** What it is doing. */
  status: ThreadStatus;
  /** What it waits on, in words; `null` while it runs. */
  waitingOn: string | null;
  /** For how long it has been waiting, or living where it does not wait, in milliseconds. */
  sinceMs: number;
}

/** Something that is told when a thread ends. */
interface Collector {
  onEnd(thread: LightThread<unknown>): void;
}

/** Something that a thread holds and that ends with it. */
interface Stoppable {
  stop(): boolean;
}

let lastId = 0;
let firstLive: LightThread<unknown> | null = null;

/** Holds a thread's waits, and leads from the code that runs to its thread. */
class ThreadHolder extends WaitHolder {
  readonly thread: LightThread<unknown>;

  constructor(thread: LightThread<unknown>, deadlineAt: number) {
    super(deadlineAt);
    this.thread = thread;
  }
}

/** Tells what {@linkcode spawn} made: the identity of one running function, and how it ended. */
export class LightThread<T = unknown> {
  /** A number that no other thread of this process has. */
  readonly id: number = ++lastId;
  /** The function's name, for logs and lists; may be set. */
  name: string;
  /** The thread that spawned this one; `null` where code outside every thread did. */
  readonly parent: LightThread<unknown> | null;
  readonly #holder: ThreadHolder;
  readonly #bornAt = clockNow();
  #controller: AbortController | null = null;
  #outcome: Result<T> | null = null;
  #isReaped = false;
  #isFinished = false;
  #isScoped = false;
  #unwaited: UnwaitedError | null = null;
  #timers: Set<Stoppable> | null = null;
  #collectors: Collector[] | null = null;
  #onFinished: (() => void)[] | null = null;
  #nextLive: LightThread<unknown> | null = null;
  #previousLive: LightThread<unknown> | null = null;

  /** @internal Threads are made by {@linkcode spawn}. */
  constructor(name: string, parent: LightThread<unknown> | null, deadlineAt: number) {
    this.name = name;
    this.parent = parent;
    this.#holder = new ThreadHolder(this as LightThread<unknown>, deadlineAt);
    this.#nextLive = firstLive;
    if (firstLive !== null) firstLive.#previousLive = this as LightThread<unknown>;
    firstLive = this as LightThread<unknown>;
  }

  /** What it is doing; a thread that waits on a promise unknown to lasa counts as running. */
  get status(): ThreadStatus {
    if (this.#outcome === null) return this.#holder.firstWait === null ? "running" : "suspended";
    return this.#isReaped || this.parent?.hasEnded ? "dead" : "zombie";
  }

  /** Aborts when the thread is killed, with the `KilledError` as its reason. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      const { killedBy } = this.#holder;
      if (killedBy !== null) this.#controller.abort(killedBy);
    }
    return this.#controller.signal;
  }

  /** Whether it has returned, thrown or been killed. */
  get hasEnded(): boolean {
    return this.#outcome !== null;
  }

  /** @internal The timers that it has set; they end with it where it is killed. */
  get timers(): Set<Stoppable> {
    return this.#timers ??= new Set();
  }

  /** @internal How it ended; `null` while it lives. */
  get outcome(): Result<T> | null {
    return this.#outcome;
  }

  /** @internal Whether its end has been taken by a wait or a kill. */
  get isReaped(): boolean {
    return this.#isReaped;
  }

  /** @internal Whether it was killed. */
  get wasKilled(): boolean {
    return this.#holder.killedBy !== null;
  }

  /** @internal Starts the function; returns at its first wait. */
  start<A extends unknown[]>(fn: (...args: A) => T | Promise<T>, args: A): void {
    let result: T | Promise<T>;
    try {
      result = frames.run(this.#holder, fn, ...args);
    } catch (error) {
      this.#finish({ ok: false, error, thread: this });
      return;
    }
    if (isThenable(result)) {
      result.then(
        (value) => this.#finish({ ok: true, value, thread: this }),
        (error) => this.#finish({ ok: false, error, thread: this }),
      );
    } else {
      this.#finish({ ok: true, value: result, thread: this });
    }
  }

  /** @internal Marks the end as taken and gives it. */
  reap(): Result<T> {
    this.#isReaped = true;
    this.#forgetUnwaited();
    return this.#outcome!;
  }

  /** @internal Tells that a scope looks after its end, so that an error needs no other hearer. */
  leaveToScope(): void {
    this.#isScoped = true;
    this.#forgetUnwaited();
  }

  /** @internal Ends it from outside: its waits are abandoned, its signal aborts. */
  stop(): void {
    const holder = this.#holder;
    const error = holder.killedBy = new KilledError(`killed: ${this.name}`);
    this.#isReaped = true;
    this.#end({ ok: false, error, thread: this });
    holder.abandonWaits(error);
    // Listeners run where abort() is called: they belong to the killed thread, not to its killer.
    if (this.#controller !== null) {
      frames.run(holder, () => this.#controller!.abort(error));
    }
  }

  /** @internal Has `collector` told of this thread's end. */
  addCollector(collector: Collector): void {
    (this.#collectors ??= []).push(collector);
  }

  /** @internal */
  removeCollector(collector: Collector): void {
    if (this.#collectors === null) return;
    const at = this.#collectors.indexOf(collector);
    if (at >= 0) this.#collectors.splice(at, 1);
  }

  /** @internal Calls back once the function itself is over, its `finally` blocks included. */
  whenFinished(callback: () => void): void {
    if (this.#isFinished) callback();
    else (this.#onFinished ??= []).push(callback);
  }

  /** @internal What {@linkcode list} tells. */
  info(): ThreadInfo {
    const wait = this.#holder.firstWait;
    return {
      id: this.id,
      name: this.name,
      parent: this.parent?.id ?? null,
      status: this.status,
      waitingOn: wait?.place.waitingOn ?? null,
      sinceMs: clockNow() - (wait?.parkedAt ?? this.#bornAt),
    };
  }

  /** @internal The threads that have not ended, oldest first. */
  static live(): LightThread<unknown>[] {
    const all: LightThread<unknown>[] = [];
    for (let at = firstLive; at !== null; at = at.#nextLive) all.push(at);
    return all.reverse();
  }

  #finish(outcome: Result<T>): void {
    this.#isFinished = true;
    if (this.#outcome === null) {
      this.#end(outcome);
      if (!outcome.ok && !this.#isReaped && !this.#isScoped) {
        this.#unwaited = new UnwaitedError(this as LightThread<unknown>, outcome.error);
      }
    } else if (!outcome.ok && !(outcome.error instanceof KilledError)) {
      // The thread was killed, and its own clean-up failed: nobody else will ever hear of it.
      logThreadError(this, outcome.error);
    }
    if (this.#onFinished !== null) { for (const callback of this.#onFinished) callback(); }
    this.#onFinished = null;
  }

  #forgetUnwaited(): void {
    if (this.#unwaited !== null) clearAlarm(this.#unwaited);
    this.#unwaited = null;
  }

  #end(outcome: Result<T>): void {
    this.#outcome = outcome;
    if (this.#previousLive === null) firstLive = this.#nextLive;
    else this.#previousLive.#nextLive = this.#nextLive;
    if (this.#nextLive !== null) this.#nextLive.#previousLive = this.#previousLive;
    this.#nextLive = this.#previousLive = null;
    const collectors = this.#collectors;
    this.#collectors = null;
    if (collectors !== null) { for (const collector of collectors) collector.onEnd(this); }
  }
}

function isThenable<T>(value: T | Promise<T>): value is Promise<T> {
  return value !== null && typeof value === "object" &&
    typeof (value as Promise<T>).then === "function";
}

/** Logs a thread's error in the next turn; taken back where its parent comes for it first. */
class UnwaitedError extends Alarm {
  readonly #thread: LightThread<unknown>;
  readonly #error: unknown;

  constructor(thread: LightThread<unknown>, error: unknown) {
    super();
    this.#thread = thread;
    this.#error = error;
    setAlarm(this, 0);
  }

  override onAlarm(): void {
    logThreadError(this.#thread, this.#error);
  }
}

/** Logs the error with which a thread ended. */
export function logThreadError(thread: LightThread<unknown>, error: unknown): void {
  const told = error instanceof Error ? error.stack ?? String(error) : String(error);
  log("error", "thread", `light thread ${thread.id} (${thread.name}) ended with an error: ${told}`);
}

/**
 * The end of a child, as a case of a `select`; the case takes the end, as `wait` does.
 *
 * @param thread A child of the calling thread.
 * @throws {LocalProtocolError} Where it is not a child of the caller, or was waited on or killed.
 *
 * @example Whichever comes first
 * ```ts
 * import { after, ending, select, sleep, spawn } from "@lasa/lasa/thread";
 *
 * const quick = spawn(sleep, 2);
 * console.log((await select({ done: ending(quick), late: after(1_000) })).key); // "done"
 * ```
 */
export function ending<T>(thread: LightThread<T>): Selectable<Result<T>> {
  const child = thread as unknown as LightThread<unknown>;
  const enrolled = new Map<QueueEntry<Result<T>>, Collector>();
  return {
    trySelect: () => {
      const error = checkChildren([child], "wait");
      if (error !== null) throw error;
      return thread.hasEnded ? { value: thread.reap() } : null;
    },
    enroll: (entry) => {
      const collector = {
        onEnd: () => {
          if (entry.wake(thread.outcome!)) thread.reap();
        },
      };
      enrolled.set(entry, collector);
      child.addCollector(collector);
    },
    withdraw: (entry) => {
      child.removeCollector(enrolled.get(entry)!);
      enrolled.delete(entry);
    },
  };
}

/** The part that `wait` and `waitAll` share: one parked wait on the ends of several threads. */
abstract class ThreadWait implements WaitPlace, Collector {
  protected readonly threads: readonly LightThread<unknown>[];

  constructor(threads: readonly LightThread<unknown>[]) {
    this.threads = threads;
    for (const thread of threads) thread.addCollector(this);
  }

  get waitingOn(): string {
    return `the end of thread ${this.threads.map((t) => `${t.id} (${t.name})`).join(", ")}`;
  }

  abstract onEnd(thread: LightThread<unknown>): void;

  withdraw(): void {
    for (const thread of this.threads) thread.removeCollector(this);
  }
}

class FirstEnd extends ThreadWait {
  readonly waiter: Waiter<Result> = park(this);

  override onEnd(thread: LightThread<unknown>): void {
    this.withdraw();
    this.waiter.wake(thread.reap());
  }
}

class AllEnds extends ThreadWait {
  readonly waiter: Waiter<void> = park(this);
  #left = this.threads.length;

  override onEnd(thread: LightThread<unknown>): void {
    thread.reap();
    if (--this.#left === 0) this.waiter.wake();
  }
}

/** The light thread that the code runs in; `null` outside every thread. */
export function current(): LightThread<unknown> | null {
  const holder = frames.getStore()?.holder;
  // Code outside every thread may still have a holder: that of its deadline.
  return holder instanceof ThreadHolder ? holder.thread : null;
}

/**
 * Starts a light thread. The function runs at once, up to its first wait; then `spawn` returns.
 *
 * @param fn What the thread does; its error ends this thread alone.
 * @param args What the function is called with.
 * @returns The thread, a child of the one that called.
 *
 * @example Two threads side by side
 * ```ts
 * import { sleep, spawn, wait } from "@lasa/lasa/thread";
 *
 * const slow = spawn(async (ms: number) => {
 *   await sleep(ms);
 *   return "slow";
 * }, 20);
 * const quick = spawn(() => "quick");
 * console.log((await wait(quick)).ok, (await wait(slow)).ok); // true true
 * ```
 */
export function spawn<A extends unknown[], T>(
  fn: (...args: A) => T | Promise<T>,
  ...args: A
): LightThread<T> {
  if (typeof fn !== "function") {
    throw new TypeError(`Cannot spawn a thread: ${String(fn)} is not a function`);
  }
  const deadlineAt = frames.getStore()?.deadlineAt ?? Infinity;
  const thread = new LightThread<T>(fn.name || "anonymous", current(), deadlineAt);
  thread.start(fn, args);
  return thread;
}

function checkChildren(threads: readonly LightThread<unknown>[], verb: string): Error | null {
  const parent = current();
  for (const thread of threads) {
    if (!(thread instanceof LightThread)) {
      return new TypeError(`Cannot ${verb}: ${String(thread)} is not a light thread`);
    }
    if (thread.parent !== parent) {
      return new LocalProtocolError(
        `Cannot ${verb} on thread ${thread.id} (${thread.name}): only its direct parent can`,
        { code: "not the parent" },
      );
    }
    if (thread.isReaped) {
      return new LocalProtocolError(
        `Cannot ${verb} on thread ${thread.id} (${thread.name}): already waited or killed`,
        { code: "already waited or killed" },
      );
    }
  }
  return refusal();
}

/**
 * Waits until one of the children has ended, well or not, and tells how.
 *
 * Of several that have ended already the first argument wins; the others stay to be waited on.
 *
 * @param threads One or more children of the calling thread.
 * @returns How the first to end has ended.
 * @throws {LocalProtocolError} Where one is not a child of the caller, or was waited on or killed.
 * @throws {KilledError} Where the waiting thread is killed.
 *
 * @example The quicker of two
 * ```ts
 * import { sleep, spawn, wait } from "@lasa/lasa/thread";
 *
 * const first = await wait(spawn(sleep, 30), spawn(sleep, 10));
 * console.log(first.ok, first.thread.status); // true "dead"
 * ```
 */
export function wait<T>(...threads: LightThread<T>[]): Promise<Result<T>> {
  const all = threads as unknown as LightThread<unknown>[];
  if (all.length === 0) {
    return Promise.reject(new TypeError("Cannot wait: no light thread was given"));
  }
  const error = checkChildren(all, "wait");
  if (error !== null) return Promise.reject(error);
  for (const thread of threads) if (thread.hasEnded) return Promise.resolve(thread.reap());
  return new FirstEnd(all).waiter.promise as Promise<Result<T>>;
}

/**
 * Waits until all of the children have ended, and tells how each did, in the order of the arguments.
 *
 * @param threads Children of the calling thread.
 * @returns How each has ended.
 * @throws {LocalProtocolError} Where one is not a child of the caller, or was waited on or killed.
 *
 * @example All of them
 * ```ts
 * import { spawn, waitAll } from "@lasa/lasa/thread";
 *
 * const ends = await waitAll(spawn(() => 1), spawn(() => 2));
 * console.log(ends.map((end) => end.ok && end.value)); // [1, 2]
 * ```
 */
export async function waitAll<T>(...threads: LightThread<T>[]): Promise<Result<T>[]> {
  const all = threads as unknown as LightThread<unknown>[];
  const error = checkChildren(all, "wait");
  if (error !== null) throw error;
  const living = all.filter((thread) => !thread.hasEnded);
  if (living.length > 0) await new AllEnds([...new Set(living)]).waiter.promise;
  return threads.map((thread) => thread.reap());
}

/**
 * Kills a child: the wait it is parked in fails with `KilledError`, its `finally` blocks run, later
 * waits fail at once, its `signal` aborts. Code that never waits cannot be stopped.
 *
 * @param thread A child of the calling thread.
 * @returns `true` where it was killed, `false` where it had ended already.
 * @throws {LocalProtocolError} Where the caller is not its direct parent.
 *
 * @example Give up on a slow thread
 * ```ts
 * import { kill, sleep, spawn } from "@lasa/lasa/thread";
 *
 * const slow = spawn(sleep, 60_000);
 * console.log(kill(slow), kill(slow)); // true false
 * ```
 */
export function kill(thread: LightThread<unknown> | LightThread<never>): boolean {
  const child = thread as LightThread<unknown>;
  if (child.parent !== current()) {
    throw new LocalProtocolError(
      `Cannot kill thread ${child.id} (${child.name}): killer not parent`,
      { code: "killer not parent" },
    );
  }
  if (child.hasEnded) {
    child.reap();
    return false;
  }
  child.stop();
  return true;
}

/**
 * Every thread that has not ended, oldest first.
 *
 * @example Who waits on what
 * ```ts
 * import { kill, list, sleep, spawn } from "@lasa/lasa/thread";
 *
 * const sleeper = spawn(sleep, 1_000);
 * console.log(list().map((t) => `${t.name}: ${t.waitingOn}`)); // [ "sleep: 1000 ms" ]
 * kill(sleeper);
 * ```
 */
export function list(): ThreadInfo[] {
  return LightThread.live().map((thread) => thread.info());
}
