/**
 * The bench: `deno task bench [workload…]`. What it measures and how to read it: README.md beside.
 *
 * @module
 */

import { parseArgs } from "node:util";
import config from "../../deno.json" with { type: "json" };
import { getWorkloads } from "./get_workloads.ts";
import { findNodeUndici } from "./node_undici.ts";
import { nginxVersion, startBatchOrigin, startNginx } from "./origins.ts";
import { allPeers } from "./peers.ts";
import { PARKED_THREADS, parkedThreads } from "./parked_threads.ts";
import { measure, type Plan } from "./rounds.ts";
import { bestOf, ratiosOf } from "./statistics.ts";
import { tableOf } from "./table.ts";
import { threadWorkloads } from "./thread_workloads.ts";
import type { Result, Workload } from "./workload.ts";

const HELP = `Usage: deno task bench [workload…] [options]

A workload is meant by its name or by the beginning of it: nginx-8x16, batch.

  --quick      few short rounds: whether it works, not how fast it is
  --rounds N   rounds that count
  --count N    tasks in a round, instead of as many as fill its time
  --no-node    leaves out the peers in Node
  --out FILE   where the rounds go; bench.json of the project else
  --list       the workloads' names
`;

/** What can be measured on this machine, and with what. */
interface Bench {
  readonly workloads: readonly Workload[];
  readonly versions: Readonly<Record<string, string>>;
  /** What is left out here, and why. */
  readonly notes: readonly string[];
}

async function benchHere(withNode: boolean): Promise<Bench> {
  const notes: string[] = [];
  const denoUndici = config.imports.undici.replace("npm:undici@", "");
  const versions: Record<string, string> = {
    deno: Deno.version.deno,
    lasa: config.version,
    "undici (Deno)": denoUndici,
  };
  const found = withNode ? await findNodeUndici(denoUndici) : "it was not wanted";
  const nodeUndici = typeof found === "string" ? null : found;
  if (typeof found === "string") notes.push(`Without undici in Node: ${found}.`);
  else Object.assign(versions, { node: found.node, "undici (Node)": found.undici });

  const peers = allPeers(denoUndici, nodeUndici);
  const workloads = getWorkloads("batch", startBatchOrigin, peers);
  const nginx = await nginxVersion();
  if (nginx === null) {
    notes.push("Without nginx: it is not installed here.");
  } else {
    versions.nginx = nginx;
    workloads.unshift(...getWorkloads("nginx", startNginx, peers));
  }
  workloads.push(...threadWorkloads());
  return { workloads, versions, notes };
}

function planOf(
  { quick, rounds, count }: { quick: boolean; rounds?: string; count?: string },
): Plan {
  return {
    rounds: wholeNumber("rounds", rounds) ?? (quick ? 3 : 5),
    roundMs: quick ? 100 : 400,
    count: wholeNumber("count", count),
  };
}

function wholeNumber(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`Cannot take --${name} ${text}: not a count`);
  return Number(text);
}

function chosen(workloads: readonly Workload[], names: readonly string[]): Workload[] {
  for (const name of names) {
    if (PARKED_THREADS.startsWith(name)) continue;
    if (workloads.some((workload) => workload.name.startsWith(name))) continue;
    throw new UsageError(`Cannot measure ${name}: --list tells what there is on this machine`);
  }
  return workloads.filter(({ name }) =>
    names.length === 0 || names.some((beginning) => name.startsWith(beginning))
  );
}

async function run(workload: Workload, plan: Plan, signal: AbortSignal): Promise<Result> {
  await using stack = new AsyncDisposableStack();
  return await measure(workload, await workload.prepare(stack), plan, signal);
}

/** All rounds with what they mean, for whoever draws or compares them. */
function reportOf(results: readonly Result[], bench: Bench, plan: Plan): unknown {
  return {
    date: new Date().toISOString(),
    machine: { os: Deno.build.os, arch: Deno.build.arch, cores: navigator.hardwareConcurrency },
    versions: bench.versions,
    notes: bench.notes,
    plan,
    results: results.map((result) => ({
      ...result,
      ratios: ratiosOf(result.rows),
      bestUndici: bestOf(result.rows, "undici")?.name ?? null,
    })),
  };
}

/** A mistake on the command line. */
class UsageError extends Error {}

function optionsOf(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        rounds: { type: "string" },
        count: { type: "string" },
        "no-node": { type: "boolean", default: false },
        out: { type: "string" },
        list: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = optionsOf(args);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const plan = planOf(values);
  const bench = await benchHere(!values["no-node"] && !values.list);
  const workloads = chosen(bench.workloads, positionals);
  if (values.list) {
    console.log([...workloads.map(({ name }) => name), PARKED_THREADS].join("\n"));
    return 0;
  }

  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error("interrupted"));
  // Others than the one who measures now end too late by themselves: nginx not at all.
  for (const name of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(name, interrupt);

  console.log(Object.entries(bench.versions).map(([name, is]) => `${name} ${is}`).join(", "));
  console.log(`${navigator.hardwareConcurrency} cores; medians of ${plan.rounds} rounds`);
  for (const note of bench.notes) console.log(note);
  const results: Result[] = [];
  for (const workload of workloads) {
    const result = await run(workload, plan, interrupted.signal);
    results.push(result);
    console.log(`\n${tableOf(result)}`);
  }
  const wantsMemory = positionals.some((name) => PARKED_THREADS.startsWith(name));
  if (!values.quick && (positionals.length === 0 || wantsMemory)) {
    console.log(`\n${await parkedThreads()}`);
  }
  const out = values.out ?? new URL("../../bench.json", import.meta.url);
  await Deno.writeTextFile(out, JSON.stringify(reportOf(results, bench, plan), null, 2) + "\n");
  return results.some(({ rows }) => rows.some((row) => row.failure !== undefined)) ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(`bench: ${error.message}`);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
