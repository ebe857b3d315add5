/**
 * What has happened so far, in numbers.
 *
 * @module
 */

import { LasaError, TimeoutError } from "../errors.ts";
import { Latencies, type Percentiles } from "./latencies.ts";

/** How one URL ended. */
export interface Outcome {
  /** The URL as it was given. */
  readonly url: string;
  /** Where redirects led. */
  readonly finalUrl?: string;
  /** The status, where an answer began. */
  readonly status?: number;
  /** Bytes of the body, decoded, as far as they came. */
  readonly bytes: number;
  /** Milliseconds from its turn to its end. */
  readonly ms: number;
  /** The body's SHA-256 in hex, where it was asked for and all of it came. */
  readonly sha256?: string;
  /** Why it failed, where it did not get a whole answer. */
  readonly error?: Error;
}

/** One way to fail, and how often it happened. */
export interface FailureCount {
  /** The way, in words: `BrokenError (connection refused)`, `HTTP 404`. */
  readonly kind: string;
  /** How often. */
  readonly count: number;
  /** The first URL that failed so. */
  readonly example: string;
}

/** Whether an outcome counts as a failure: an error, or a status from 400 up. */
export function hasFailed(outcome: Outcome): boolean {
  return outcome.error !== undefined || (outcome.status ?? 0) >= 400;
}

/** In what way an outcome has failed, in words of which there are few. */
export function failureKind({ error, status }: Outcome): string {
  if (error === undefined) return `HTTP ${status}`;
  if (!(error instanceof LasaError)) return error.name;
  const phase = error instanceof TimeoutError ? `, ${error.phase}` : "";
  return `${error.name} (${error.code}${phase})`;
}

/** Counts what happens to URLs. */
export class Tally {
  /** Taken from the list and not ended yet. */
  inFlight = 0;
  /** Ended well. */
  fetched = 0;
  /** Ended badly. */
  failed = 0;
  /** Bytes of bodies that arrived, those of URLs in flight included. */
  bodyBytes = 0;
  readonly #statuses = new Map<number, number>();
  readonly #failures = new Map<string, { count: number; example: string }>();
  readonly #latencies = new Latencies();

  /** All that have ended. */
  get done(): number {
    return this.fetched + this.failed;
  }

  /** How often each status came, the lowest first. */
  get statuses(): [status: number, count: number][] {
    return [...this.#statuses].sort(([a], [b]) => a - b);
  }

  /** The ways to fail, the most frequent first. */
  get failures(): FailureCount[] {
    return [...this.#failures]
      .map(([kind, { count, example }]) => ({ kind, count, example }))
      .sort((a, b) => b.count - a.count);
  }

  /** How long those took that got a whole answer. */
  get latencyMs(): Percentiles {
    return this.#latencies.percentiles();
  }

  /** Counts the end of one. */
  count(outcome: Outcome): void {
    const { status, error, url } = outcome;
    if (status !== undefined) this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    if (error === undefined) this.#latencies.add(outcome.ms);
    if (!hasFailed(outcome)) {
      this.fetched++;
      return;
    }
    this.failed++;
    const kind = failureKind(outcome);
    const known = this.#failures.get(kind);
    if (known === undefined) this.#failures.set(kind, { count: 1, example: url });
    else known.count++;
  }
}
