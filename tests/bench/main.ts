/**
 * The bench: `deno task bench [workload…]`. What it measures and how to read it: README.md beside.
 *
 * @module
 */

import { allCurves, allWorkloads, FULL, QUICK } from "./catalogue.ts";
import { chosen, HELP, UsageError, type Wishes, wishesOf } from "./command_line.ts";
import { curveTableOf } from "./curve_table.ts";
import { type Curve, type CurveResult, measureCurve } from "./curve.ts";
import { type Machine, machineHere } from "./machine.ts";
import { markdownOf } from "./markdown.ts";
import { curveLinesOf, jsonLinesOf, reportOf } from "./report.ts";
import { measure } from "./rounds.ts";
import { tableOf } from "./table.ts";
import type { Result, Workload } from "./workload.ts";

const KEPT = new URL("../../bench.json", import.meta.url);

async function main(args: string[]): Promise<number> {
  const wishes = wishesOf(args);
  const out = wishes.out ?? KEPT;
  if (wishes.instead === "help") {
    console.log(HELP);
    return 0;
  }
  if (wishes.instead === "readme") {
    console.log(markdownOf(JSON.parse(await Deno.readTextFile(out))));
    return 0;
  }
  const machine = await machineHere(wishes.withNode && wishes.instead === null);
  const sizes = wishes.isQuick ? QUICK : FULL;
  const [workloads, curves] = [allWorkloads(machine, sizes), allCurves(machine, sizes)];
  const all = [...workloads, ...curves];
  const ours = chosen(workloads, wishes.names, all);
  const ourCurves = chosen(curves, wishes.names, all);
  if (wishes.instead === "list") {
    console.log([...ours, ...ourCurves].map(({ name }) => name).join("\n"));
    return 0;
  }
  introduce(machine, wishes);
  const results = await measureAll(ours, wishes);
  const grown = await measureCurves(ourCurves, wishes);
  const report = reportOf(results, grown, machine, wishes.plan);
  await Deno.writeTextFile(out, JSON.stringify(report, null, 2) + "\n");
  const figures = [
    ...results.flatMap(({ rows }) => rows),
    ...grown.flatMap(({ rows }) => rows.flatMap(({ points }) => points)),
  ];
  return figures.some(({ failure }) => failure !== undefined) ? 1 : 0;
}

function introduce({ versions, notes }: Machine, { plan, asJson }: Wishes): void {
  if (asJson) return;
  console.log(Object.entries(versions).map(([name, is]) => `${name} ${is}`).join(", "));
  console.log(`${navigator.hardwareConcurrency} cores; medians of ${plan.rounds} rounds`);
  for (const note of notes) console.log(note);
}

async function measureAll(
  workloads: readonly Workload[],
  { plan, only, asJson }: Wishes,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const workload of workloads) {
    await using stack = new AsyncDisposableStack();
    const contestants = await workload.prepare(stack);
    const ours = contestants.filter(({ name }) => name.startsWith(only));
    const result = await measure(workload, ours, plan, interrupted);
    results.push(result);
    console.log(asJson ? jsonLinesOf(result).join("\n") : `\n${tableOf(result)}`);
  }
  return results;
}

async function measureCurves(
  curves: readonly Curve[],
  { only, asJson }: Wishes,
): Promise<CurveResult[]> {
  const results: CurveResult[] = [];
  for (const curve of curves) {
    const peers = curve.peers.filter(({ name }) => name.startsWith(only));
    const result = await measureCurve({ ...curve, peers }, interrupted);
    results.push(result);
    console.log(asJson ? curveLinesOf(result).join("\n") : `\n${curveTableOf(result)}`);
  }
  return results;
}

const abort = new AbortController();
const interrupted = abort.signal;

if (import.meta.main) {
  // Others than the one who measures now end too late by themselves: nginx not at all.
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => abort.abort(new Error("interrupted")));
  }
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`bench: ${error.message}`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
