/**
 * What the bench is made of, whatever is measured: workloads, and those who do them.
 *
 * @module
 */

/** Somebody who does a workload's task as fast as they can, in a process of their own. */
export interface Contestant {
  /** Who it is, as the table says it. */
  readonly name: string;
  /**
   * What its figure is for: the subject; somebody to compare with; the subject with somebody else's
   * other half; or what the wire can do.
   */
  readonly role: "lasa" | "peer" | "half" | "limit";
  /** Those of one kind; the best of each is compared with lasa. */
  readonly kind?: string;
  /** Whether it measures for as long as it likes: then no count fills a round. */
  readonly timesItself?: boolean;
  /** Starts what takes a while to start. */
  ready?(): Promise<void>;
  /**
   * Does the task so many times over.
   *
   * @returns Milliseconds it took.
   * @throws {Error} Where anything came back that is not what was asked for.
   */
  run(count: number): Promise<number>;
  /** The most memory that its process has held by the end of its last run, in bytes. */
  readonly peakBytes?: number;
}

/** A task that everybody does in the same way, and what is counted of it. */
export interface Workload {
  /** Its name on the command line. */
  readonly name: string;
  /** What is done, for the head of its table. */
  readonly title: string;
  /** What a figure counts, each second. */
  readonly unit: string;
  /** What one task counts for: the megabytes of a body, the lines of a block. 1 unless told. */
  readonly perTask?: number;
  /** Tasks in the first run of the warm-up, where 512 would take too long. */
  readonly firstCount?: number;
  /** Whether the table tells the memory too. */
  readonly tellsMemory?: boolean;
  /** How many tasks are done at once; a round's count is a multiple of it. */
  readonly concurrency: number;
  /** Starts the origin and says who does it; what has to be ended is given to the stack. */
  prepare(stack: AsyncDisposableStack): Promise<Contestant[]> | Contestant[];
}

/** What one contestant did: each round's figure, or why it has none. */
export interface Row {
  readonly name: string;
  readonly role: Contestant["role"];
  readonly kind?: string;
  /** How often the task was done in a round. */
  count: number;
  /** Tasks a second, for each round. */
  readonly rounds: number[];
  /** The most memory that its process has held, in bytes. */
  peakBytes?: number;
  /** What went wrong; such a row has no figure, whatever it did before. */
  failure?: string;
}

/** What came of a workload. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly Row[];
}
