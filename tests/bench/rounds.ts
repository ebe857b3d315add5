/**
 * Interleaved rounds: everybody's turn comes in each round, in an order that chance gives, so that
 * what a machine does beside the bench (heat, other programs) falls on all of them alike.
 *
 * @module
 */

import type { Contestant, Result, Row, Workload } from "./workload.ts";

/** How long and how often is measured. */
export interface Plan {
  /** Rounds that count. */
  readonly rounds: number;
  /** Milliseconds that a round of one contestant should take. */
  readonly roundMs: number;
  /** Tasks in a round; `null` for as many as fill `roundMs`, which a warm-up finds out. */
  readonly count: number | null;
}

/** Fewer say nothing about a rate. */
const FIRST_COUNT = 512;

/** No round is longer, whatever a warm-up promised. */
const MAX_COUNT = 4_000_000;

/** Measures everybody on one workload. */
export async function measure(
  workload: Workload,
  contestants: readonly Contestant[],
  plan: Plan,
  signal: AbortSignal,
): Promise<Result> {
  const entries = contestants.map((contestant) => ({ contestant, row: rowOf(contestant) }));
  const inTurn = async (doIt: (contestant: Contestant, row: Row) => Promise<void>) => {
    for (const { contestant, row } of shuffled(entries)) {
      signal.throwIfAborted();
      if (row.failure !== undefined) continue;
      try {
        await doIt(contestant, row);
      } catch (error) {
        row.failure = error instanceof Error ? error.message : String(error);
      }
    }
  };
  const { perTask = 1 } = workload;
  await Promise.all(contestants.map((contestant) => contestant.ready?.()));
  await inTurn(async (contestant, row) => {
    row.count = await warmUp(contestant, workload, plan);
  });
  for (let round = 0; round < plan.rounds; round++) {
    await inTurn(async (contestant, row) => {
      row.rounds.push(1000 * row.count * perTask / await contestant.run(row.count));
    });
  }
  if (workload.tellsMemory) {
    for (const { contestant, row } of entries) row.peakBytes = contestant.peakBytes;
  }
  const { name, title, unit } = workload;
  return { name, title, unit, rows: entries.map(({ row }) => row) };
}

/** Runs uncounted until a run fills a good part of a round, and says how many tasks fill one. */
async function warmUp(
  contestant: Contestant,
  { concurrency, firstCount = FIRST_COUNT }: Workload,
  plan: Plan,
): Promise<number> {
  const whole = (count: number) =>
    concurrency * Math.max(1, Math.ceil(Math.min(count, MAX_COUNT) / concurrency));
  let count = whole(plan.count ?? firstCount);
  if (contestant.timesItself) return count;
  for (;;) {
    const ms = await contestant.run(count);
    if (plan.count !== null) return count;
    const filling = whole(count * plan.roundMs / Math.max(ms, 1));
    // The compiler is still at work in short runs: one at half of a round's length is the measure.
    if (ms >= plan.roundMs / 2 || count >= MAX_COUNT) return filling;
    count = Math.min(filling, whole(4 * count));
  }
}

function rowOf({ name, role, kind }: Contestant): Row {
  return { name, role, kind, count: 0, rounds: [] };
}

function shuffled<T>(items: readonly T[]): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(Math.random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}
