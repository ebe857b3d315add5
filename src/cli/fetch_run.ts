/**
 * The work of `lasa fetch`: a list in, light threads over pipelined connections, outcomes out.
 *
 * One thread reads the list and hands its entries to the workers, of which there are as many as the
 * connections can carry requests: so every pipeline is full, and no line of the list is read before
 * its turn has come. A run ends by itself or is stopped (Ctrl-C, a first failure), which is the same
 * for all below: their threads are killed, waits end, half-written files are removed.
 *
 * @module
 */

import { KilledError } from "../errors.ts";
import { Channel } from "../thread/channel.ts";
import { scope } from "../thread/scope.ts";
import { sleep } from "../thread/sleep.ts";
import { kill, wait } from "../thread/wait_thread.ts";
import type { UrlFetcher } from "./fetch_url.ts";
import { type ProgressBar, REDRAW_MS } from "./progress.ts";
import type { StopReason } from "./summary.ts";
import type { Outcome, Tally } from "./tally.ts";
import type { ListEntry, UrlList } from "./url_list.ts";

/** What a run works with. */
export interface FetchRunParts {
  /** What to fetch. */
  readonly list: UrlList;
  /** Who fetches it. */
  readonly fetcher: UrlFetcher;
  /** How many at once. */
  readonly workerCount: number;
  /** Where the outcomes are counted. */
  readonly tally: Tally;
  /** The bar to draw; `null` for none. */
  readonly bar: ProgressBar | null;
  /** Told of each outcome. */
  readonly onOutcome: (outcome: Outcome) => void | Promise<void>;
}

/** How a run ended. */
export interface RunEnd {
  /** Who stopped it; `null` where it came to its end. */
  readonly stoppedBy: StopReason | null;
  /** Why the list could not be read to its end; `null` where it could. */
  readonly listError: Error | null;
  /** How long it took, in milliseconds. */
  readonly elapsedMs: number;
}

/** One run over a list. */
export class FetchRun {
  readonly #parts: FetchRunParts;
  readonly #stopped = Promise.withResolvers<StopReason>();
  readonly #entries = new Channel<ListEntry>();
  #isStopping = false;

  /** Makes a run; nothing is fetched yet. */
  constructor(parts: FetchRunParts) {
    this.#parts = parts;
  }

  /** Stops it: what is in flight is given up. Of several reasons the first counts. */
  stop(reason: StopReason): void {
    this.#isStopping = true;
    this.#stopped.resolve(reason);
  }

  /** Fetches until the list is at its end or the run is stopped. */
  async toItsEnd(): Promise<RunEnd> {
    const { list, bar } = this.#parts;
    const startedAt = performance.now();
    await using threads = scope({ failFast: false });
    const fetching = threads.spawn(() => this.#fetchList());
    fetching.name = "fetchList";
    const drawing = bar && threads.spawn(() => this.#drawProgress(bar));
    try {
      const end = await Promise.race([wait(fetching), this.#stopped.promise]);
      const elapsedMs = performance.now() - startedAt;
      if (typeof end === "string") return { stoppedBy: end, listError: null, elapsedMs };
      if (!end.ok) throw end.error;
      return { stoppedBy: null, listError: end.value, elapsedMs };
    } finally {
      // A thread that waits for more of the list waits on no promise of lasa's: this ends it.
      await list.cancel();
      if (drawing !== null) {
        kill(drawing);
        await bar!.clear().catch(() => {});
      }
    }
  }

  /** Gives why the list could not be read to its end, or `null`. */
  async #fetchList(): Promise<Error | null> {
    const { list, workerCount } = this.#parts;
    let listError: Error | null = null;
    let missing = workerCount;
    await using workers = scope();
    try {
      for await (const entry of list) {
        if (this.#entries.trySend(entry)) continue;
        // Nobody is free for it: one more worker, while there may be more.
        if (missing > 0) {
          missing--;
          workers.spawn(() => this.#work()).name = "fetchWorker";
        }
        await this.#entries.send(entry);
      }
    } catch (error) {
      if (error instanceof KilledError) throw error;
      listError = error as Error;
    }
    this.#entries.close();
    await workers.wait();
    return listError;
  }

  async #work(): Promise<void> {
    const { fetcher, tally, onOutcome } = this.#parts;
    try {
      for await (const entry of this.#entries) {
        tally.inFlight++;
        const outcome = await fetcher.fetch(entry);
        tally.inFlight--;
        tally.count(outcome);
        await onOutcome(outcome);
        // The end of all workers is on its way, but there is time for a request until it is here.
        if (this.#isStopping) return;
      }
    } catch (error) {
      // Nothing that a URL does ends a worker: this is a fault of ours, and ends the run.
      if (!(error instanceof KilledError)) this.#stopped.reject(error);
      throw error;
    }
  }

  async #drawProgress(bar: ProgressBar): Promise<void> {
    const { list, tally } = this.#parts;
    for (;;) {
      const { done, failed, inFlight, bodyBytes: bytes } = tally;
      const { expected, isGuess } = list;
      await bar.draw({ done, failed, inFlight, bytes, expected, isGuess }, performance.now());
      await sleep(REDRAW_MS);
    }
  }
}
