import type { LightThread } from "./light_thread.ts";

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
  /** Where it was spawned, as in `file:///main.ts:3:7`; `null` where a flood of spawns was on. */
  spawnedAt: string | null;
}
