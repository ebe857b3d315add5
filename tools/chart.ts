/**
 * Draws the pictures in the README from the `bench.json` that `deno task bench` has left:
 * `.github/bench.svg` has for each workload lasa's bar, and beside it that of the best of the others,
 * which is 1; `.github/scale.svg` shows how costs grow.
 *
 * deno run -A tools/chart.ts [bench.json]
 *
 * @module
 */

import type { Report } from "../tests/bench/report.ts";
import { bestPeerOf, medianOf } from "../tests/bench/statistics.ts";
import { curveChartOf } from "./curve_chart.ts";

/** One pair of bars. */
export interface Bar {
  /** What was done. */
  readonly title: string;
  /** Who the best of the others is. */
  readonly best: string;
  /** How many times as much lasa does. */
  readonly ratio: number;
}

const WIDTH = 900;
const LABELS = 14;
const BARS_AT = 440;
const ROW_HEIGHT = 44;
const TOP = 52;
/** Longer bars end here, and their number says how long they are. */
const MOST = 6;
const UNIT = (WIDTH - BARS_AT - 90) / MOST;

/** The bars of a report; a workload without two figures has none. */
export function barsOf({ results }: Pick<Report, "results">): Bar[] {
  return results.flatMap(({ title, rows }) => {
    const lasa = rows.find(({ role }) => role === "lasa");
    const best = bestPeerOf(rows);
    const own = lasa === undefined ? null : medianOf(lasa);
    if (own === null || best === null) return [];
    return [{ title, best: best.name, ratio: own / medianOf(best)! }];
  });
}

/** The picture: text in a grey that light and dark pages leave readable, on no ground of its own. */
export function chartOf(bars: readonly Bar[], machine: string): string {
  const height = TOP + bars.length * ROW_HEIGHT + 20;
  const rows = bars.map((bar, at) => rowOf(bar, TOP + at * ROW_HEIGHT));
  const told = bars.map(({ title, ratio }) => `${title}: ${ratio.toFixed(2)}`).join("; ");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}"
  viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${
    escaped(`lasa beside the best: ${told}`)
  }">
<style>
  text { font: 13px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #57606a }
  .small { font-size: 11px }
  .ratio { font-weight: 600; fill: #1a7f64 }
  .lasa { fill: #2aa181 }
  .peer { fill: #8c959f }
  .one { stroke: #8c959f; stroke-dasharray: 2 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9da7b3 }
    .ratio { fill: #4fd1ac }
    .peer { fill: #6e7681 }
  }
</style>
<rect class="lasa" x="${LABELS}" y="14" width="12" height="12" rx="2"/>
<text x="${LABELS + 18}" y="25">lasa</text>
<rect class="peer" x="${LABELS + 60}" y="14" width="12" height="12" rx="2"/>
<text x="${LABELS + 78}" y="25">the best of the others = 1</text>
<text class="small" x="${WIDTH - 14}" y="25" text-anchor="end">${escaped(machine)}</text>
<line class="one" x1="${BARS_AT + UNIT}" y1="${TOP - 12}" x2="${BARS_AT + UNIT}" y2="${
    height - 14
  }"/>
${rows.join("\n")}
</svg>
`;
}

function rowOf({ title, best, ratio }: Bar, y: number): string {
  const length = (of: number) => Math.max(1, Math.round(Math.min(of, MOST) * UNIT));
  return `<text x="${LABELS}" y="${y + 12}">${escaped(title)}</text>
<text class="small" x="${LABELS}" y="${y + 28}">${escaped(best)}</text>
<rect class="lasa" x="${BARS_AT}" y="${y}" width="${length(ratio)}" height="15" rx="2"/>
<text class="ratio" x="${BARS_AT + length(ratio) + 8}" y="${y + 12}">${ratio.toFixed(2)} ×</text>
<rect class="peer" x="${BARS_AT}" y="${y + 17}" width="${length(1)}" height="13" rx="2"/>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** On what it was measured, in a line. */
export function machineOf({ machine, versions }: Pick<Report, "machine" | "versions">): string {
  const { os, arch, cores } = machine;
  const node = versions.node === undefined ? "" : `, Node ${versions.node}`;
  return `Deno ${versions.deno}${node}, ${os} ${arch}, ${cores} cores for client and server`;
}

if (import.meta.main) {
  const path = Deno.args[0] ?? new URL("../bench.json", import.meta.url);
  const report: Report = JSON.parse(await Deno.readTextFile(path));
  const svg = chartOf(barsOf(report), machineOf(report));
  await Deno.writeTextFile(new URL("../.github/bench.svg", import.meta.url), svg);
  const grown = curveChartOf(report.curves);
  await Deno.writeTextFile(new URL("../.github/scale.svg", import.meta.url), grown);
}
