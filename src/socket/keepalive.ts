/**
 * Idle connections, kept for whoever connects to the same place next (the seed's `setkeepalive`).
 *
 * The newest is taken first, the oldest is given up first. A read stays pending on each: what comes
 * while nobody asked for anything, bytes or an end, drops the connection.
 *
 * @module
 */

import { currentClock } from "../thread/clock.ts";
import { runOutside } from "../thread/frame.ts";
import { forgetOpen, registerOpen } from "../thread/lifetime.ts";
import type { Receiver } from "./receiver.ts";

/** Connections kept for one place unless told otherwise; the seed's. */
export const DEFAULT_POOL_SIZE = 30;

interface Idle {
  readonly key: string;
  readonly receiver: Receiver;
  readonly timesUsed: number;
  readonly clock: ReturnType<typeof currentClock>;
  readonly alarm: unknown;
}

const pools = new Map<string, Idle[]>();

const everything = { shutdownNow: closeIdle };

/**
 * Keeps a connection.
 *
 * @param key The place that it leads to.
 * @param receiver The connection, with nothing received that nobody took.
 * @param timesUsed How often it has been taken from here.
 * @param idleMs How long to keep it, in milliseconds; 0 for without end.
 * @param size How many to keep for this place.
 */
export function keepIdle(
  key: string,
  receiver: Receiver,
  timesUsed: number,
  idleMs: number,
  size: number,
): void {
  const pool = pools.get(key) ?? [];
  pools.set(key, pool);
  while (pool.length >= size) drop(pool[0]);
  const clock = currentClock();
  const alarm = idleMs > 0
    ? clock.setAlarm(() => drop(idle), idleMs, { isBackground: true })
    : undefined;
  const idle: Idle = { key, receiver, timesUsed, clock, alarm };
  pools.set(key, pool);
  pool.push(idle);
  receiver.onChange = () => drop(idle);
  receiver.stream.unref();
  runOutside(() => receiver.startRead());
  registerOpen(everything);
}

/** Takes the connection that was kept last, and how often it was taken before; `null` for none. */
export function takeIdle(key: string): { receiver: Receiver; timesUsed: number } | null {
  const idle = pools.get(key)?.at(-1);
  if (idle === undefined) return null;
  forget(idle);
  idle.receiver.stream.ref();
  return { receiver: idle.receiver, timesUsed: idle.timesUsed + 1 };
}

/** Closes all connections that are kept. */
export function closeIdle(): void {
  for (const pool of [...pools.values()]) for (const idle of [...pool]) drop(idle);
}

function drop(idle: Idle): void {
  forget(idle);
  idle.receiver.close();
}

function forget(idle: Idle): void {
  idle.receiver.onChange = null;
  if (idle.alarm !== undefined) idle.clock.clearAlarm(idle.alarm);
  const pool = pools.get(idle.key) ?? [];
  const at = pool.indexOf(idle);
  if (at >= 0) pool.splice(at, 1);
  if (pool.length === 0) pools.delete(idle.key);
  if (pools.size === 0) forgetOpen(everything);
}
