/**
 * The progress bar: one line on a terminal, redrawn in place.
 *
 * @module
 */

import { formatBytes, formatCount, formatRate, formatTimeLeft } from "./format.ts";
import type { Output } from "./output.ts";

/** What a progress bar shows. */
export interface Progress {
  /** URLs that have ended. */
  readonly done: number;
  /** Those of them that failed. */
  readonly failed: number;
  /** URLs under way. */
  readonly inFlight: number;
  /** Bytes of bodies so far. */
  readonly bytes: number;
  /** URLs that end in a second, lately. */
  readonly rate: number;
  /** How many there are in all, as far as anybody knows. */
  readonly expected: number | null;
  /** Whether that is a guess. */
  readonly isGuess: boolean;
}

/** Milliseconds between two redraws: often enough to look alive. */
export const REDRAW_MS = 100;
// The rate is that of the last five seconds.
const RATE_SAMPLES = 50;

const MIN_BAR = 10;
const MAX_BAR = 30;

/**
 * Draws the line, no wider than the terminal: where that is narrow, the bar goes first, then what
 * matters least.
 *
 * @param progress What to show.
 * @param columns How wide the terminal is.
 */
export function renderProgress(progress: Progress, columns: number): string {
  const { done, failed, inFlight, bytes, rate, expected, isGuess } = progress;
  // The last column stays free: some terminals wrap as soon as it is written.
  const width = Math.max(1, columns - 1);
  const total = expected === null ? null : Math.max(expected, done);
  const fields: { text: string; weight: number }[] = [];
  const add = (weight: number, text: string) => fields.push({ text, weight });
  if (total !== null) add(5, `${Math.floor(100 * done / Math.max(total, 1))}%`.padStart(4));
  add(
    6,
    total === null
      ? `${formatCount(done)} done`
      : `${formatCount(done)}/${isGuess ? "~" : ""}${formatCount(total)}`,
  );
  add(3, `${formatRate(rate)}/s`);
  add(1, formatBytes(bytes));
  add(2, `${formatCount(inFlight)} in flight`);
  if (failed > 0) add(4, `${formatCount(failed)} failed`);
  if (total !== null && rate > 0 && done < total) {
    add(3.5, `${formatTimeLeft((total - done) / rate)} left`);
  }
  const line = () => fields.map(({ text }) => text).join("  ");
  while (fields.length > 1 && line().length > width) {
    const least = Math.min(...fields.map(({ weight }) => weight));
    fields.splice(fields.findIndex(({ weight }) => weight === least), 1);
  }
  const text = line();
  const room = width - text.length - "[] ".length;
  if (total === null || room < MIN_BAR) return text.slice(0, width);
  return `${bar(done / Math.max(total, 1), Math.min(room, MAX_BAR))} ${text}`;
}

function bar(share: number, width: number): string {
  const filled = Math.round(share * width);
  const tip = filled > 0 && filled < width ? ">" : "";
  return `[${("=".repeat(filled - tip.length) + tip).padEnd(width)}]`;
}

/** Keeps the line up to date. */
export class ProgressBar {
  readonly #output: Output;
  readonly #samples: { at: number; done: number }[] = [];
  #isShown = false;

  /** Makes a bar for an output that is a terminal. */
  constructor(output: Output) {
    this.#output = output;
  }

  /**
   * Draws the line anew.
   *
   * @param state What to show; the rate is worked out here.
   * @param nowMs The time, on any clock that only goes forward.
   */
  async draw(state: Omit<Progress, "rate">, nowMs: number): Promise<void> {
    this.#samples.push({ at: nowMs, done: state.done });
    if (this.#samples.length > RATE_SAMPLES) this.#samples.shift();
    const first = this.#samples[0];
    const seconds = (nowMs - first.at) / 1000;
    const rate = seconds > 0 ? (state.done - first.done) / seconds : 0;
    this.#isShown = true;
    const line = renderProgress({ ...state, rate }, this.#output.columns);
    await this.#output.write(`\r${line}\x1b[K`);
  }

  /** Takes the line away, so that other text can stand in its place. */
  async clear(): Promise<void> {
    if (!this.#isShown) return;
    this.#isShown = false;
    await this.#output.write("\r\x1b[K");
  }
}
