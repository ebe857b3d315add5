/** What {@linkcode Latencies.percentiles} tells, in milliseconds; `null` where nothing was measured. */
export interface Percentiles {
  /** Half were quicker. */
  readonly p50: number | null;
  /** Nine in ten were quicker. */
  readonly p90: number | null;
  /** 99 in a hundred were quicker. */
  readonly p99: number | null;
  /** The slowest. */
  readonly max: number | null;
}

// Each bucket begins 1 % above the one before, so a percentile is right within half of that.
const GROWTH = Math.log(1.01);
// Everything below a microsecond falls into the first bucket.
const SMALLEST_MS = 0.001;

/**
 * Times, counted by size: the percentiles of a billion of them take no more memory than those of a
 * thousand, and need no sorting.
 */
export class Latencies {
  // A sparse array: about two thousand buckets reach from a microsecond to ten days.
  readonly #buckets: number[] = [];
  #count = 0;
  #min = Infinity;
  #max = -Infinity;

  /** Counts one time, in milliseconds. */
  add(ms: number): void {
    const bucket = Math.max(0, Math.floor(Math.log(ms / SMALLEST_MS) / GROWTH));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count++;
    this.#min = Math.min(this.#min, ms);
    this.#max = Math.max(this.#max, ms);
  }

  /**
   * The time that a share of all stays within, by nearest rank; `null` where there are none.
   *
   * @param share From 0 (the quickest) to 1 (the slowest).
   */
  percentile(share: number): number | null {
    if (this.#count === 0) return null;
    const rank = Math.max(1, Math.ceil(share * this.#count));
    if (rank === this.#count) return this.#max;
    let seen = 0;
    for (const [bucket, count] of this.#buckets.entries()) {
      seen += count ?? 0;
      if (seen < rank) continue;
      const middle = SMALLEST_MS * Math.exp((bucket + 0.5) * GROWTH);
      return Math.min(Math.max(middle, this.#min), this.#max);
    }
    return this.#max;
  }

  /** The percentiles that a summary shows. */
  percentiles(): Percentiles {
    return {
      p50: this.percentile(0.5),
      p90: this.percentile(0.9),
      p99: this.percentile(0.99),
      max: this.percentile(1),
    };
  }
}
