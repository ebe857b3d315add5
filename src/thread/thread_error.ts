/**
 * What becomes of the error with which a thread ended: told to whoever waits, else logged.
 *
 * @module
 */

import { log } from "../log.ts";
import { Alarm, setAlarm } from "./alarms.ts";
import type { LightThread } from "./light_thread.ts";

/** Logs a thread's error in the next turn; taken back where its parent comes for it first. */
export class UnwaitedError extends Alarm {
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
  const place = thread.spawnedAt === null ? "" : `, spawned at ${thread.spawnedAt},`;
  const who = `light thread ${thread.id} (${thread.name})${place}`;
  log("error", "thread", `${who} ended with an error: ${told}`);
}
