/**
 * How costs grow with how many there are: memory of each, and time for each, over orders of magnitude.
 *
 * @module
 */

import type { Peer } from "./peers.ts";
import type { Contestant } from "./workload.ts";

/** What is measured, by whom, and how far. */
export interface Curve {
  /** Its name on the command line. */
  readonly name: string;
  /** What there are many of, for the head of its table. */
  readonly title: string;
  /** One of them. */
  readonly each: string;
  /** What the microseconds are for. */
  readonly timed: string;
  /** How many there are, step by step. */
  readonly scales: readonly number[];
  readonly peers: readonly CurvePeer[];
  /** Starts what the peers need, and says what they are told beside the scale. */
  prepare(stack: AsyncDisposableStack): Promise<Readonly<Record<string, unknown>>>;
}

/** Somebody whose costs are measured. */
export interface CurvePeer extends Peer {
  /** It is not asked for more than this: it would take minutes. */
  readonly most?: number;
}

/** The costs at one step. */
export interface CurvePoint {
  readonly scale: number;
  /** Bytes of each on the heap and in buffers, after a collection. */
  readonly heapBytes: number;
  /** Bytes of each of the whole process; `null` where they are too few to be seen. */
  readonly residentBytes: number | null;
  /** Microseconds for each. */
  readonly microseconds: number;
  /** Why there are none. */
  readonly failure?: string;
}

/** The costs of somebody. */
export interface CurveRow {
  readonly name: string;
  readonly role: Contestant["role"];
  readonly points: readonly CurvePoint[];
}

/** What came of it. */
export interface CurveResult {
  readonly name: string;
  readonly title: string;
  readonly each: string;
  readonly timed: string;
  readonly rows: readonly CurveRow[];
}

/** A process grows by less than this for reasons of its own. */
const VISIBLE_BYTES = 4 * 2 ** 20;

/** Measures everybody at every step, each time in a process of its own. */
export async function measureCurve(curve: Curve, signal: AbortSignal): Promise<CurveResult> {
  await using stack = new AsyncDisposableStack();
  const task = await curve.prepare(stack);
  const rows: CurveRow[] = [];
  for (const peer of curve.peers) {
    const points: CurvePoint[] = [];
    for (const scale of curve.scales) {
      signal.throwIfAborted();
      if (scale <= (peer.most ?? Infinity)) points.push(await pointOf(peer, task, scale));
    }
    rows.push({ name: peer.name, role: peer.role, points });
  }
  const { name, title, each, timed } = curve;
  return { name, title, each, timed, rows };
}

interface Costs {
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly microseconds: number;
}

async function pointOf(peer: CurvePeer, task: object, scale: number): Promise<CurvePoint> {
  await using process = peer.start();
  try {
    const costs = await process.ask<Costs>({ ...task, scale });
    const isVisible = costs.residentBytes >= VISIBLE_BYTES;
    return {
      scale,
      heapBytes: costs.heapBytes / scale,
      residentBytes: isVisible ? costs.residentBytes / scale : null,
      microseconds: costs.microseconds,
    };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { scale, heapBytes: NaN, residentBytes: null, microseconds: NaN, failure };
  }
}
