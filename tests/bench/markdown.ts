/**
 * The README's table.
 *
 * @module
 */

import type { Report } from "./report.ts";
import { bestPeerOf, limitOf, medianOf } from "./statistics.ts";
import type { Row } from "./workload.ts";

/** A line for each workload: lasa, the best of the others, and what the wire can do. */
export function markdownOf(report: Report): string {
  const lines = [["", "unit", "lasa", "best of the others", "lasa is", "limit"]];
  for (const { title, unit, rows } of report.results) {
    const lasa = rows.find(({ role }) => role === "lasa");
    const best = bestPeerOf(rows);
    lines.push([
      title,
      unit,
      figureOf(lasa),
      best === null ? "–" : `${figureOf(best)} (${best.name})`,
      ratioOf(lasa, best),
      figureOf(limitOf(rows)),
    ]);
  }
  const widths = lines[0].map((_, at) => Math.max(3, ...lines.map((line) => line[at].length)));
  const [head, ...body] = lines.map((line) =>
    `| ${
      line.map((cell, at) => at < 2 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])).join(
        " | ",
      )
    } |`
  );
  const rule = widths.map((width, at) => at < 2 ? "-".repeat(width) : "-".repeat(width - 1) + ":");
  return [head, `| ${rule.join(" | ")} |`, ...body].join("\n");
}

function figureOf(row: Row | null | undefined): string {
  const median = row ? medianOf(row) : null;
  return median === null ? "–" : rounded(median);
}

function ratioOf(lasa: Row | undefined, best: Row | null): string {
  const [own, other] = [lasa && medianOf(lasa), best && medianOf(best)];
  return own && other ? `${(own / other).toFixed(2)} ×` : "–";
}

/** Three digits that count: who would believe more? */
export function rounded(value: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 2);
  return (Math.round(value / step) * step).toLocaleString("en-US");
}
