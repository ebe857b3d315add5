/**
 * Where a thread was spawned: told when it fails, and in lists.
 *
 * Looking costs about 2 µs, more than the spawn itself, so it is done as long as threads are spawned
 * at a leisurely rate, and not for each of a flood.
 *
 * @module
 */

/** Places looked up at once, and again each second. */
const PLACES_A_SECOND = 1_000;

const HERE = new URL(".", import.meta.url).href;

let left = PLACES_A_SECOND;
let refilledAt = 0;

/** The stack of a spawn, turned into text only when somebody asks. */
export class SpawnPlace {
  readonly #stack: Error;

  private constructor() {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 8;
    this.#stack = new Error();
    Error.stackTraceLimit = stackTraceLimit;
  }

  /** Looks where the code that runs stands; `null` in a flood. */
  static look(now: number): SpawnPlace | null {
    if (left === 0) {
      if (now - refilledAt < 1_000) return null;
      left = PLACES_A_SECOND;
      refilledAt = now;
    }
    left--;
    return new SpawnPlace();
  }

  /** The first line of the stack that is not lasa's own: `file:///main.ts:3:7`; `null` for none. */
  toString(): string {
    const lines = (this.#stack.stack ?? "").split("\n").slice(1);
    const place = lines.find((line) =>
      line.includes("://") && !line.includes(HERE) && !line.includes("ext:")
    );
    return place?.trim().replace(/^at (?:.*\()?([^()]+)\)?$/, "$1") ?? "unknown";
  }
}
