/**
 * The README's table.
 *
 * @module
 */

import type { Report } from "./report.ts";
import { bestPeerOf, limitOf, medianOf } from "./statistics.ts";
import type { Row } from "./workload.ts";

const HEAD = ["", "× best", "× limit", "lasa", "best of the others", "limit", "unit"];

/** A line for each workload, ratios first: to the best of the others, and to what the wire can do. */
export function markdownOf(report: Report): string {
  const lines = [HEAD];
  for (const { title, unit, rows } of report.results) {
    const lasa = rows.find(({ role }) => role === "lasa");
    const best = bestPeerOf(rows);
    const limit = limitOf(rows);
    lines.push([
      title,
      ratioOf(lasa, best),
      ratioOf(lasa, limit),
      figureOf(lasa),
      best === null ? "–" : `${figureOf(best)} (${best.name})`,
      figureOf(limit),
      unit,
    ]);
  }
  const widths = HEAD.map((_, at) => Math.max(3, ...lines.map((line) => line[at].length)));
  const isText = (at: number) => at === 0 || at === HEAD.length - 1;
  const [head, ...body] = lines.map((line) =>
    `| ${
      line.map((cell, at) => isText(at) ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))
        .join(" | ")
    } |`
  );
  const rule = widths.map((width, at) =>
    isText(at) ? "-".repeat(width) : "-".repeat(width - 1) + ":"
  );
  return [head, `| ${rule.join(" | ")} |`, ...body].join("\n");
}

function figureOf(row: Row | null | undefined): string {
  const median = row ? medianOf(row) : null;
  return median === null ? "–" : rounded(median);
}

function ratioOf(lasa: Row | undefined, best: Row | null): string {
  const [own, other] = [lasa && medianOf(lasa), best && medianOf(best)];
  return own && other ? (own / other).toFixed(2) : "–";
}

/** Three digits that count: who would believe more? */
export function rounded(value: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 2);
  return (Math.round(value / step) * step).toLocaleString("en-US");
}
