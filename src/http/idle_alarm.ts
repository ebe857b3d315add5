import { ClosedError } from "../errors.ts";
import { clockNow, currentClock } from "../thread/clock.ts";
import type { Connection } from "./connection.ts";

/**
 * Closes connections that have carried nothing for too long. One alarm serves all of them: it stands
 * for the first that may be due, and looks again where that one has been used since.
 */
export class IdleAlarm {
  readonly #connections: Iterable<Connection>;
  #handle: unknown = null;
  #dueAt = Infinity;

  /** Looks after these connections. */
  constructor(connections: Iterable<Connection>) {
    this.#connections = connections;
  }

  /** A connection is idle; it closes at once where its server keeps none that is. */
  set(connection: Connection): void {
    if (connection.idleMs <= 0) {
      return connection.closeFor(new ClosedError("the server does not keep it while idle"));
    }
    const dueAt = connection.idleSince + connection.idleMs;
    if (dueAt < this.#dueAt) this.#setFor(dueAt);
  }

  /** No connection is left. */
  clear(): void {
    if (this.#handle !== null) currentClock().clearAlarm(this.#handle);
    this.#handle = null;
    this.#dueAt = Infinity;
  }

  #setFor(dueAt: number): void {
    this.clear();
    this.#dueAt = dueAt;
    const delayMs = Math.max(0, Math.ceil(dueAt - clockNow()));
    // An idle connection alone must not keep the process alive, so this alarm does not either.
    const options = { isBackground: true };
    this.#handle = currentClock().setAlarm(() => this.#closeIdle(), delayMs, options);
  }

  #closeIdle(): void {
    this.clear();
    const now = clockNow();
    let next = Infinity;
    for (const connection of this.#connections) {
      if (connection.load > 0) continue;
      const dueAt = connection.idleSince + connection.idleMs;
      if (dueAt <= now) connection.closeFor(new ClosedError("it was idle for too long"));
      else if (dueAt < next) next = dueAt;
    }
    if (next < this.#dueAt) this.#setFor(next);
  }
}
