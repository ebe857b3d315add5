/**
 * Whether a target is worth asking: after some failures in a row nobody is sent there for a while,
 * then one request tries.
 *
 * @module
 */

import type { CircuitOptions, CircuitState } from "./options.ts";

/** The circuit of one target. */
export class Circuit {
  readonly #options: Required<CircuitOptions>;
  #failures = 0;
  /** When it opened last, on the clock's scale; `null` while it is closed. */
  #openedAt: number | null = null;
  #isTrying = false;

  constructor(options: Required<CircuitOptions>) {
    this.#options = options;
  }

  /** What it lets through. */
  state(now: number): CircuitState {
    const failures = this.#failures;
    if (this.#openedAt === null) return { state: "closed", failures, retryInMs: 0 };
    const retryInMs = Math.max(0, this.#openedAt + this.#options.openMs - now);
    return { state: retryInMs > 0 ? "open" : "half-open", failures, retryInMs };
  }

  /** Asks to be let through; who is must tell what came of it. */
  tryPass(now: number): boolean {
    const { state } = this.state(now);
    if (state === "closed") return true;
    if (state === "open" || this.#isTrying) return false;
    this.#isTrying = true;
    return true;
  }

  /** The target answered. */
  onSuccess(): void {
    this.#failures = 0;
    this.#openedAt = null;
    this.#isTrying = false;
  }

  /** The target could not be reached, did not answer in time, or said that it could not serve. */
  onFailure(now: number): void {
    this.#isTrying = false;
    if (++this.#failures >= this.#options.maxFailures) this.#openedAt = now;
  }

  /** The request was given up; nothing is known. */
  onUndecided(): void {
    this.#isTrying = false;
  }
}
