/**
 * What the bench can be told.
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { Plan } from "./rounds.ts";

/** The help. */
export const HELP = `Usage: deno task bench [workload…] [options]

A workload is meant by its name or by the beginning of it: nginx-8x16, batch, scale.

  --quick       few short rounds of smaller things: whether it works, not how fast it is
  --rounds N    rounds that count
  --round-ms N  milliseconds that a round of one contestant should take
  --count N     tasks in a round, instead of as many as fill its time
  --only NAME   those contestants alone whose names begin so; lasa for one
  --no-node     leaves out the peers in Node
  --json        prints lines of JSON instead of tables
  --out FILE    where the rounds go; bench.json of the project else
  --readme      measures nothing: prints the README's table of what bench.json holds
  --list        the workloads' names
`;

/** What it was told. */
export interface Wishes {
  readonly names: readonly string[];
  readonly plan: Plan;
  readonly isQuick: boolean;
  /** How the names of those begin who take part; empty for everybody. */
  readonly only: string;
  readonly withNode: boolean;
  readonly asJson: boolean;
  /** A path; `null` for the usual place. */
  readonly out: string | null;
  /** What else to do than to measure. */
  readonly instead: "help" | "list" | "readme" | null;
}

/** A mistake on the command line. */
export class UsageError extends Error {}

/** Reads the command line. @throws {UsageError} Where there is a mistake in it. */
export function wishesOf(args: string[]): Wishes {
  const { values, positionals } = parsed(args);
  const { help, list, readme, quick } = values;
  return {
    names: positionals,
    plan: {
      rounds: wholeNumber("rounds", values.rounds) ?? (quick ? 3 : 5),
      roundMs: wholeNumber("round-ms", values["round-ms"]) ?? (quick ? 50 : 250),
      count: wholeNumber("count", values.count),
    },
    isQuick: quick,
    only: values.only ?? "",
    withNode: !values["no-node"],
    asJson: values.json,
    out: values.out ?? null,
    instead: help ? "help" : list ? "list" : readme ? "readme" : null,
  };
}

function parsed(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        quick: { type: "boolean", default: false },
        rounds: { type: "string" },
        "round-ms": { type: "string" },
        count: { type: "string" },
        only: { type: "string" },
        "no-node": { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        out: { type: "string" },
        readme: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`Cannot take --${name} ${text}: not a count`);
  return Number(text);
}

/** Those of a list that are meant. @throws {UsageError} Where a name means none of all. */
export function chosen<T extends { readonly name: string }>(
  list: readonly T[],
  names: readonly string[],
  all: readonly { readonly name: string }[],
): T[] {
  for (const name of names) {
    if (all.some((each) => each.name.startsWith(name))) continue;
    throw new UsageError(`Cannot measure ${name}: --list tells what there is on this machine`);
  }
  return list.filter(({ name }) =>
    names.length === 0 || names.some((beginning) => name.startsWith(beginning))
  );
}
