/**
 * Addresses of names, kept for a short while, so that many connections to one host ask once.
 *
 * What still bothers the author: the system's resolver does not say how long an answer holds, so all
 * are kept for the same time.
 *
 * @module
 */

import { clockNow } from "../thread/clock.ts";

/** Finds the addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly string[]>;

interface Entry {
  readonly addresses: Promise<readonly string[]>;
  /** On the clock's scale; `Infinity` while the answer is waited for. */
  expiresAt: number;
}

/** Names are forgotten, the oldest first, when there are more than this. */
const MAX_NAMES = 1_000;

/** A {@linkcode Lookup} that remembers. */
export class DnsCache {
  readonly #lookup: Lookup;
  readonly #keepMs: number;
  readonly #maxNames: number;
  readonly #entries = new Map<string, Entry>();

  /**
   * Makes a cache that knows nothing yet.
   *
   * @param lookup Whom to ask.
   * @param keepMs Milliseconds for which an answer holds; with 0 only those who ask at the same time
   *   share one.
   * @param maxNames How many names are kept.
   */
  constructor(lookup: Lookup, keepMs: number, maxNames: number = MAX_NAMES) {
    this.#lookup = lookup;
    this.#keepMs = keepMs;
    this.#maxNames = maxNames;
  }

  /** How many names are kept now. */
  get size(): number {
    return this.#entries.size;
  }

  /** The name's addresses. A failure is told to all who wait for it, and is not kept. */
  lookup(hostname: string): Promise<readonly string[]> {
    const known = this.#entries.get(hostname);
    if (known !== undefined && known.expiresAt > clockNow()) return known.addresses;
    this.#entries.delete(hostname);
    if (this.#entries.size >= this.#maxNames) {
      for (const [oldest] of this.#entries) {
        this.#entries.delete(oldest);
        break;
      }
    }
    const entry: Entry = { addresses: this.#lookup(hostname), expiresAt: Infinity };
    this.#entries.set(hostname, entry);
    entry.addresses.then(
      () => entry.expiresAt = clockNow() + this.#keepMs,
      () => {
        if (this.#entries.get(hostname) === entry) this.#entries.delete(hostname);
      },
    );
    return entry.addresses;
  }
}
