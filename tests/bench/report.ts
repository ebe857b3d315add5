/**
 * What is kept of a run: everything, for whoever draws or compares it, and lines for whoever reads
 * along.
 *
 * @module
 */

import type { CurveResult } from "./curve.ts";
import type { Machine } from "./machine.ts";
import type { Plan } from "./rounds.ts";
import { medianOf, type Ratio, ratiosOf, spreadOf } from "./statistics.ts";
import type { Result, Row } from "./workload.ts";

/** The content of `bench.json`. */
export interface Report {
  readonly date: string;
  readonly machine: { readonly os: string; readonly arch: string; readonly cores: number };
  readonly versions: Readonly<Record<string, string>>;
  /** What was left out, and why. */
  readonly notes: readonly string[];
  readonly plan: Plan;
  readonly results: readonly (Result & { readonly ratios: readonly Ratio[] })[];
  readonly curves: readonly CurveResult[];
}

/** All rounds with what they mean. */
export function reportOf(
  results: readonly Result[],
  curves: readonly CurveResult[],
  { versions, notes }: Machine,
  plan: Plan,
): Report {
  return {
    date: new Date().toISOString(),
    machine: { os: Deno.build.os, arch: Deno.build.arch, cores: navigator.hardwareConcurrency },
    versions,
    notes,
    plan,
    results: results.map((result) => ({ ...result, ratios: ratiosOf(result.rows) })),
    curves,
  };
}

/** A line of JSON for each row. */
export function jsonLinesOf({ name, unit, rows }: Result): string[] {
  const ratios = new Map(ratiosOf(rows).map(({ to, ratio }) => [to, ratio]));
  return rows.map((row) =>
    JSON.stringify({
      workload: name,
      unit,
      name: row.name,
      role: row.role,
      ...figuresOf(row),
      lasaIs: ratios.get(row.name),
    })
  );
}

function figuresOf(row: Row) {
  const { failure, peakBytes } = row;
  return medianOf(row) === null ? { failure } : { ...spreadOf(row.rounds), peakBytes };
}

/** A line of JSON for each step of each row. */
export function curveLinesOf({ name, timed, rows }: CurveResult): string[] {
  return rows.flatMap((row) =>
    row.points.map((point) =>
      JSON.stringify({ workload: name, timed, name: row.name, role: row.role, ...point })
    )
  );
}
