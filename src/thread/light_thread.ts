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

import { KilledError } from "../errors.ts";
import { clearAlarm } from "./alarms.ts";
import { clockNow, turnNow } from "./clock.ts";
import { abandonWaits, type Frame, frames, type HeldWait, outside } from "./frame.ts";
import { SpawnPlace } from "./spawn_place.ts";
import { logThreadError, UnwaitedError } from "./thread_error.ts";
import type { Result, ThreadInfo, ThreadStatus } from "./thread_info.ts";
import { startThread, ThreadFrame } from "./thread_start.ts";

/** @internal Something that is told when a thread ends. */
export interface Collector {
  onEnd(thread: LightThread<unknown>): void;
}

/** @internal Something that a thread holds and that ends with it. */
export interface Stoppable {
  stop(): boolean;
}

/** Its end has been taken by a wait or a kill. */
const REAPED = 1;
/** Its function is over, `finally` blocks included. */
const FINISHED = 2;
/** A scope looks after its end. */
const SCOPED = 4;
/** It has ended: returned, thrown or been killed. */
const ENDED = 8;
/** It has ended with an error. */
const FAILED = 16;
/** Its code has asked who it is, or has spawned. */
const KNOWN = 32;

let lastId = 0;
let firstLive: LightThread<unknown> | null = null;

/**
 * The light thread that the code runs in; `null` outside every thread.
 *
 * What a function leaves running when its thread ends stays that thread's where a part of it waits
 * then, or its code has asked for the thread or spawned before; else it counts as outside.
 */
export function current(): LightThread<unknown> | null {
  return threadOf(frames.getStore());
}

function threadOf(frame: Frame | undefined): LightThread<unknown> | null {
  const holder = frame?.holder;
  // Code outside every thread may still have a holder: that of its deadline.
  if (!(holder instanceof LightThread)) return null;
  holder.remember();
  return holder;
}

/** What few threads have at a time; apart, so that a parked thread stays small. */
class RareParts {
  controller: AbortController | null = null;
  unwaited: UnwaitedError | null = null;
  timers: Set<Stoppable> | null = null;
  collectors: Collector[] | null = null;
  onFinished: (() => void)[] | null = null;
  spawnPlace: SpawnPlace | null = null;
}

/** Tells what {@linkcode spawn} made: the identity of one running function, and how it ended. */
export class LightThread<T = unknown> {
  /** A number that no other thread of this process has. */
  readonly id: number = ++lastId;
  /** The function's name, for logs and lists; may be set. */
  name: string;
  /** The thread that spawned this one; `null` where code outside every thread did. */
  readonly parent: LightThread<unknown> | null;
  // Whole milliseconds are no objects of their own, and as good for telling how long.
  readonly #bornAt = Math.trunc(turnNow());
  readonly #frame: ThreadFrame;
  /** @internal */
  killedBy: KilledError | null = null;
  /** @internal */
  firstWait: HeldWait | null = null;
  #rare: RareParts | null = null;
  // What it returned, or its error. The result is made of it for whoever asks: V8 keeps what a context
  // leads to over one collection, and would come to allocate such results as old objects from the
  // start, each of which kept its thread until the next full collection (a third of a spawn's time).
  #ending: unknown = undefined;
  // Of the marks above; one field instead of six.
  #marks = 0;
  // Most threads are waited for once; further ones stand among the rare parts.
  #collector: Collector | null = null;
  #nextLive: LightThread<unknown> | null = null;
  #previousLive: LightThread<unknown> | null = null;

  /** @internal Threads are made by {@linkcode spawn}. */
  constructor(name: string, around: Frame | undefined) {
    this.#frame = new ThreadFrame(this, around?.deadlineAt ?? Infinity);
    this.name = name;
    this.parent = threadOf(around);
    this.#nextLive = firstLive;
    if (firstLive !== null) firstLive.#previousLive = this as LightThread<unknown>;
    firstLive = this as LightThread<unknown>;
    const place = SpawnPlace.look(this.#bornAt);
    if (place !== null) this.#parts.spawnPlace = place;
  }

  /** What it is doing; a thread that waits on a promise unknown to lasa counts as running. */
  get status(): ThreadStatus {
    if (!this.hasEnded) return this.firstWait === null ? "running" : "suspended";
    return this.isReaped || this.parent?.hasEnded ? "dead" : "zombie";
  }

  /** Aborts when the thread is killed, with the `KilledError` as its reason. */
  get signal(): AbortSignal {
    const parts = this.#parts;
    if (parts.controller === null) {
      parts.controller = new AbortController();
      if (this.killedBy !== null) parts.controller.abort(this.killedBy);
    }
    return parts.controller.signal;
  }

  /** Whether it has returned, thrown or been killed. */
  get hasEnded(): boolean {
    return (this.#marks & ENDED) !== 0;
  }

  /** @internal The timers that it has set; they end with it where it is killed. */
  get timers(): Set<Stoppable> {
    return this.#parts.timers ??= new Set();
  }

  /** @internal How it ended; `null` while it lives. */
  get outcome(): Result<T> | null {
    if ((this.#marks & ENDED) === 0) return null;
    return (this.#marks & FAILED) === 0
      ? { ok: true, value: this.#ending as T, thread: this }
      : { ok: false, error: this.#ending, thread: this };
  }

  /** @internal Whether its end has been taken by a wait or a kill. */
  get isReaped(): boolean {
    return (this.#marks & REAPED) !== 0;
  }

  /** @internal Whether it was killed. */
  get wasKilled(): boolean {
    return this.killedBy !== null;
  }

  /** @internal Starts the function; returns at its first wait. */
  start<A extends unknown[]>(fn: (...args: A) => T | Promise<T>, args: A): void {
    startThread(this as LightThread<unknown>, this.#frame, fn, args);
  }

  /** @internal Takes what the function itself returned or threw. */
  finish(ok: boolean, ending: unknown): void {
    this.#marks |= FINISHED;
    if ((this.#marks & ENDED) === 0) {
      this.#end(ok, ending);
      if (!ok && (this.#marks & (REAPED | SCOPED)) === 0) {
        this.#parts.unwaited = new UnwaitedError(this as LightThread<unknown>, ending);
      }
    } else if (!ok && !(ending instanceof KilledError)) {
      // The thread was killed, and its own clean-up failed: nobody else will ever hear of it.
      logThreadError(this, ending);
    }
    const callbacks = this.#rare?.onFinished ?? null;
    if (callbacks !== null) {
      this.#parts.onFinished = null;
      for (const callback of callbacks) callback();
    }
    // What its code leaves running stays this thread's where it waits, is refused its waits, or knows.
    if (this.firstWait === null && this.killedBy === null && (this.#marks & KNOWN) === 0) {
      this.#frame.holder = outside;
    }
  }

  /** @internal Marks the end as taken and gives it. */
  reap(): Result<T> {
    this.markReaped();
    return this.outcome!;
  }

  /** @internal Marks the end as taken. */
  markReaped(): void {
    this.#marks |= REAPED;
    this.#forgetUnwaited();
  }

  /** @internal Tells that a scope looks after its end, so that an error needs no other hearer. */
  leaveToScope(): void {
    this.#marks |= SCOPED;
    this.#forgetUnwaited();
  }

  /** @internal Ends it from outside: its waits are abandoned, its signal aborts. */
  stop(): void {
    const error = this.killedBy = new KilledError(`killed: ${this.name}`);
    this.#marks |= REAPED;
    this.#end(false, error);
    abandonWaits(this, error);
    for (const timer of [...this.#rare?.timers ?? []]) timer.stop();
    // Listeners run where abort() is called: they belong to the killed thread, not to its killer.
    const controller = this.#rare?.controller ?? null;
    if (controller !== null) frames.run(this.#frame, () => controller.abort(error));
  }

  /** @internal Notes that somebody knows its code as this thread's. */
  remember(): void {
    this.#marks |= KNOWN;
  }

  /** @internal Has `collector` told of this thread's end. */
  addCollector(collector: Collector): void {
    if (this.#collector === null) this.#collector = collector;
    else (this.#parts.collectors ??= []).push(collector);
  }

  /** @internal */
  removeCollector(collector: Collector): void {
    const others = this.#rare?.collectors ?? [];
    if (this.#collector === collector) {
      this.#collector = others.shift() ?? null;
      return;
    }
    const at = others.indexOf(collector);
    if (at >= 0) others.splice(at, 1);
  }

  /** @internal Calls back once the function itself is over, its `finally` blocks included. */
  whenFinished(callback: () => void): void {
    if ((this.#marks & FINISHED) !== 0) callback();
    else (this.#parts.onFinished ??= []).push(callback);
  }

  /** @internal What {@linkcode list} tells. */
  info(): ThreadInfo {
    const wait = this.firstWait;
    return {
      id: this.id,
      name: this.name,
      parent: this.parent?.id ?? null,
      status: this.status,
      waitingOn: wait?.place.waitingOn ?? null,
      sinceMs: clockNow() - (wait?.parkedAt ?? this.#bornAt),
      spawnedAt: this.spawnedAt,
    };
  }

  /** Where it was spawned; `null` where a flood of spawns was on. */
  get spawnedAt(): string | null {
    const place = this.#rare?.spawnPlace ?? null;
    return place === null ? null : String(place);
  }

  /** @internal Whether it can only go on by another thread's doing. */
  get waitsOnThreads(): boolean {
    let isAny = false;
    for (let wait = this.firstWait; wait !== null; wait = wait.holderNext) {
      if (!wait.isOnThreads) return false;
      isAny = true;
    }
    return isAny;
  }

  /** @internal The threads that have not ended, oldest first. */
  static live(): LightThread<unknown>[] {
    const all: LightThread<unknown>[] = [];
    for (let at = firstLive; at !== null; at = at.#nextLive) all.push(at);
    return all.reverse();
  }

  get #parts(): RareParts {
    return this.#rare ??= new RareParts();
  }

  #forgetUnwaited(): void {
    const unwaited = this.#rare?.unwaited ?? null;
    if (unwaited !== null) clearAlarm(unwaited);
  }

  #end(ok: boolean, ending: unknown): void {
    this.#ending = ending;
    this.#marks |= ok ? ENDED : ENDED | FAILED;
    if (this.#previousLive === null) firstLive = this.#nextLive;
    else this.#previousLive.#nextLive = this.#nextLive;
    if (this.#nextLive !== null) this.#nextLive.#previousLive = this.#previousLive;
    this.#nextLive = this.#previousLive = null;
    const collector = this.#collector;
    if (collector === null) return;
    const others = this.#rare?.collectors ?? null;
    this.#collector = null;
    if (others !== null) this.#parts.collectors = null;
    collector.onEnd(this);
    if (others !== null) { for (const other of others) other.onEnd(this); }
  }
}
