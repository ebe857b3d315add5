/**
 * A workload's table, as text.
 *
 * @module
 */

import { bestOf, bestPeerOf, medianOf, ratiosOf, spreadOf } from "./statistics.ts";
import type { Result, Row } from "./workload.ts";

/** The table of a workload: a line for each contestant, then how lasa stands to the best. */
export function tableOf(result: Result): string {
  const { rows } = result;
  const ratios = new Map(ratiosOf(rows).map(({ to, ratio }) => [to, ratio]));
  const tellsMemory = rows.some(({ peakBytes }) => peakBytes !== undefined);
  const lines = [["", result.unit, "(min – max)", "lasa is", tellsMemory ? "peak MiB" : ""]];
  for (const row of rows) lines.push(lineOf(row, ratios.get(row.name)));
  return [
    `${result.name}: ${result.title}`,
    "",
    ...aligned(lines).map((line) => `  ${line}`),
    "",
    ...verdictsOf(rows, ratios).map((line) => `  ${line}`),
  ].join("\n");
}

function lineOf(row: Row, ratio: number | undefined): string[] {
  if (medianOf(row) === null) return [row.name, "failed", row.failure ?? "no rounds", "", ""];
  const { median, min, max } = spreadOf(row.rounds);
  return [
    row.name,
    whole(median),
    `(${whole(min)} – ${whole(max)})`,
    ratio === undefined ? "" : times(ratio),
    row.peakBytes === undefined ? "" : whole(row.peakBytes / 2 ** 20),
  ];
}

function verdictsOf(rows: readonly Row[], ratios: ReadonlyMap<string, number>): string[] {
  const verdict = (row: Row | null, what: string) => {
    const ratio = row === null ? undefined : ratios.get(row.name);
    return ratio === undefined ? [] : [`lasa is ${times(ratio)} ${what} (${row!.name})`];
  };
  const kinds = new Set(rows.flatMap((row) => row.kind ?? []));
  return [
    ...verdict(bestPeerOf(rows), "the best of the others"),
    ...Array.from(kinds, (kind) => verdict(bestOf(rows, kind), `the best ${kind}`)).flat(),
    ...rows.filter(({ role }) => role === "limit").flatMap((row) => verdict(row, "the limit")),
  ];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function times(ratio: number): string {
  return `${ratio.toFixed(2)} ×`;
}

/** Columns of one width: the names to the left, the figures to the right. */
export function aligned(lines: readonly string[][]): string[] {
  const widths = lines[0].map((_, at) => Math.max(...lines.map((line) => line[at].length)));
  return lines.map((line) =>
    line
      .map((cell, at) => at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))
      .join("  ")
      .trimEnd()
  );
}
