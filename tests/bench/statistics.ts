/**
 * What is told of many rounds: the middle one, and how far the others were from it.
 *
 * @module
 */

import type { Row } from "./workload.ts";

/** Median, least and most. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** How lasa stands beside somebody. */
export interface Ratio {
  /** Who lasa is compared with. */
  readonly to: string;
  /** Lasa's median over theirs. */
  readonly ratio: number;
}

/** The spread of a list that is not empty. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1] };
}

/** A row's median; `null` where it has no figure. */
export function medianOf(row: Row): number | null {
  if (row.failure !== undefined || row.rounds.length === 0) return null;
  return spreadOf(row.rounds).median;
}

/** Lasa's median over each other's. */
export function ratiosOf(rows: readonly Row[]): Ratio[] {
  const lasa = rows.find((row) => row.role === "lasa");
  const own = lasa === undefined ? null : medianOf(lasa);
  if (own === null) return [];
  return rows.flatMap((row) => {
    const median = medianOf(row);
    return row === lasa || median === null ? [] : [{ to: row.name, ratio: own / median }];
  });
}

/** The fastest of one kind; `null` where none has a figure. */
export function bestOf(rows: readonly Row[], kind: string): Row | null {
  return fastest(rows.filter((row) => row.kind === kind));
}

/** The fastest of those that lasa is compared with; `null` where none has a figure. */
export function bestPeerOf(rows: readonly Row[]): Row | null {
  return fastest(rows.filter((row) => row.role === "peer"));
}

/** The fastest of those that are limits; `null` where none has a figure. */
export function limitOf(rows: readonly Row[]): Row | null {
  return fastest(rows.filter((row) => row.role === "limit"));
}

function fastest(rows: readonly Row[]): Row | null {
  const figured = rows.filter((row) => medianOf(row) !== null);
  return figured.toSorted((a, b) => medianOf(b)! - medianOf(a)!)[0] ?? null;
}
