import { ClosedError } from "../errors.ts";
import { clockNow, currentClock } from "../thread/clock.ts";
import type { Connection } from "./connection.ts";

/** Closes connections that have carried nothing for too long. */
export class IdleAlarm {
  readonly #connections: Iterable<Connection>;
  readonly #idleMs: number;
  #handle: unknown = null;

  /** Looks after these connections. */
  constructor(connections: Iterable<Connection>, idleMs: number) {
    this.#connections = connections;
    this.#idleMs = idleMs;
  }

  /** A connection is idle; one alarm serves all of them. */
  set(): void {
    if (this.#handle !== null || this.#idleMs === Infinity) return;
    // An idle connection alone must not keep the process alive, so this alarm does not either.
    const options = { isBackground: true };
    this.#handle = currentClock().setAlarm(() => this.#closeIdle(), this.#idleMs, options);
  }

  /** No connection is left. */
  clear(): void {
    if (this.#handle !== null) currentClock().clearAlarm(this.#handle);
    this.#handle = null;
  }

  #closeIdle(): void {
    this.#handle = null;
    const now = clockNow();
    let isAnyLeft = false;
    for (const connection of this.#connections) {
      if (connection.load > 0) continue;
      if (now - connection.idleSince >= this.#idleMs) {
        connection.closeFor(new ClosedError("it was idle for too long"));
      } else {
        isAnyLeft = true;
      }
    }
    if (isAnyLeft) this.set();
  }
}
