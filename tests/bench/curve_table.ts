/**
 * A curve's table, as text: the costs of everybody, step by step.
 *
 * @module
 */

import type { CurvePoint, CurveResult } from "./curve.ts";
import { aligned } from "./table.ts";

const COSTS: readonly [of: keyof CurvePoint, title: (result: CurveResult) => string][] = [
  ["heapBytes", () => "bytes each, on the heap"],
  ["residentBytes", () => "bytes each, of the process"],
  ["microseconds", ({ timed }) => `µs: ${timed}`],
];

/** The table of a curve; a dash where the process did not grow visibly, or nobody was asked. */
export function curveTableOf(result: CurveResult): string {
  const scales = [...new Set(result.rows.flatMap(({ points }) => points.map((p) => p.scale)))];
  const lines = [["", ...scales.map(formatted)]];
  for (const [cost, title] of COSTS) {
    lines.push([title(result), ...scales.map(() => "")]);
    for (const { name, points } of result.rows) {
      const at = new Map(points.map((point) => [point.scale, point]));
      lines.push([`  ${name}`, ...scales.map((scale) => cell(at.get(scale), cost))]);
    }
  }
  const failures = result.rows.flatMap(({ name, points }) =>
    points.flatMap(({ scale, failure }) =>
      failure ? `  ${name}, ${formatted(scale)}: ${failure}` : []
    )
  );
  const table = aligned(lines).map((line) => `  ${line}`);
  return [`${result.name}: ${result.title}`, "", ...table, ...failures].join("\n");
}

function cell(point: CurvePoint | undefined, cost: keyof CurvePoint): string {
  const value = point?.[cost];
  if (point?.failure !== undefined) return "failed";
  // Of a few small things a collection may give back more than they take.
  if (typeof value !== "number" || value <= 0) return "–";
  return cost === "microseconds" ? value.toFixed(2) : formatted(Math.round(value));
}

function formatted(value: number): string {
  return value.toLocaleString("en-US");
}
