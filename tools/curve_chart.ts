/**
 * The picture of how costs grow: a panel for each cost of each curve, both axes logarithmic, so that a
 * flat line is a cost that does not depend on how many there are.
 *
 * @module
 */

import type { CurvePoint, CurveResult, CurveRow } from "../tests/bench/curve.ts";

const PANEL_WIDTH = 270;
const PANEL_HEIGHT = 210;
const LEFT = 64;
/** Room for the names at the ends of the lines. */
const RIGHT = 144;
const TOP = 40;
const BOTTOM = 24;
const NAME_HEIGHT = 11;
const CURVE_WIDTH = PANEL_WIDTH + LEFT + RIGHT;

type Cost = "heapBytes" | "microseconds";

/** A line of a panel. */
interface Line {
  readonly row: CurveRow;
  /** Where it goes along, in the picture's units. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Draws all curves: memory above, time below. */
export function curveChartOf(curves: readonly CurveResult[]): string {
  const width = curves.length * CURVE_WIDTH;
  const height = 2 * (PANEL_HEIGHT + TOP + BOTTOM);
  const panels = curves.flatMap((curve, at) => [
    panelOf(curve, "heapBytes", `bytes of ${curve.each}`, at * CURVE_WIDTH, 0),
    panelOf(curve, "microseconds", `µs: ${curve.timed}`, at * CURVE_WIDTH, height / 2),
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"
  viewBox="0 0 ${width} ${height}" role="img" aria-label="How costs grow with how many there are">
<style>
  text { font: 11px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #57606a }
  .title { font-size: 12px; font-weight: 600 }
  .grid { stroke: #8c959f; stroke-opacity: 0.3 }
  polyline { fill: none; stroke: #8c959f; stroke-width: 1.5 }
  .lasa { stroke: #2aa181; stroke-width: 3 }
  .limit { stroke-dasharray: 3 3 }
  text.lasa { stroke: none; fill: #1a7f64; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    text { fill: #9da7b3 }
    text.lasa { fill: #4fd1ac }
  }
</style>
${panels.join("\n")}
</svg>
`;
}

function panelOf(curve: CurveResult, cost: Cost, title: string, x: number, y: number): string {
  const measured = curve.rows.map((row) => ({ row, points: row.points.filter(hasFigures) }))
    .filter(({ points }) => points.length > 0);
  const scales = steps(measured.flatMap(({ points }) => points.map(({ scale }) => scale)));
  const values = measured.flatMap(({ points }) => points.map((point) => point[cost]));
  const decades = decadesOf(values);
  const across = (scale: number) =>
    x + LEFT + PANEL_WIDTH * scales.indexOf(scale) / Math.max(1, scales.length - 1);
  const up = (value: number) => {
    const part = (Math.log10(value) - decades[0]) / (decades.length - 1);
    return y + TOP + PANEL_HEIGHT * (1 - part);
  };
  const lines: Line[] = measured.map(({ row, points }) => ({
    row,
    points: points.map((point) => [across(point.scale), up(point[cost])] as const),
  }));
  const grid = decades.map((decade) => {
    const at = up(10 ** decade).toFixed(1);
    const figure = (10 ** decade).toLocaleString("en-US");
    return `<line class="grid" x1="${x + LEFT}" y1="${at}" x2="${
      x + LEFT + PANEL_WIDTH
    }" y2="${at}"/>` +
      `<text x="${x + LEFT - 5}" y="${at}" dy="4" text-anchor="end">${figure}</text>`;
  });
  const marks = scales.map((scale) =>
    `<text x="${across(scale).toFixed(1)}" y="${y + TOP + PANEL_HEIGHT + 16}" ` +
    `text-anchor="middle">${scale.toLocaleString("en-US")}</text>`
  );
  return [
    `<text class="title" x="${x + LEFT}" y="${y + 24}">${escaped(title)}</text>`,
    ...grid,
    ...marks,
    // What is drawn last lies on top.
    ...lines.toSorted((a, b) => Number(a.row.role === "lasa") - Number(b.row.role === "lasa"))
      .map(lineOf),
    ...namesOf(lines, x + LEFT + PANEL_WIDTH + 6),
  ].join("\n");
}

function hasFigures({ heapBytes, microseconds, failure }: CurvePoint): boolean {
  return failure === undefined && heapBytes > 0 && microseconds > 0;
}

function steps(scales: readonly number[]): number[] {
  return [...new Set(scales)].sort((a, b) => a - b);
}

/** The powers of ten around some values, two at least. */
export function decadesOf(values: readonly number[]): number[] {
  const logs = values.length === 0 ? [0] : values.map(Math.log10);
  const first = Math.floor(Math.min(...logs));
  const last = Math.max(first + 1, Math.ceil(Math.max(...logs)));
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

function lineOf({ row, points }: Line): string {
  const along = points.map((point) => point.map((part) => part.toFixed(1)).join(",")).join(" ");
  return `<polyline class="${row.role}" points="${along}"/>`;
}

/** The names at the lines' ends, moved apart where the lines end too close to one another. */
function namesOf(lines: readonly Line[], x: number): string[] {
  const ends = lines.map(({ row, points }) => ({ row, y: points[points.length - 1][1] }))
    .sort((a, b) => a.y - b.y);
  let last = -Infinity;
  return ends.map(({ row, y }) => {
    last = Math.max(y, last + NAME_HEIGHT);
    // The version stands in the table; here there is no room for it.
    const name = row.name.replace(/ \d+(\.\d+)+/, "");
    return `<text class="${row.role}" x="${x}" y="${last.toFixed(1)}" dy="4">${
      escaped(name)
    }</text>`;
  });
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
