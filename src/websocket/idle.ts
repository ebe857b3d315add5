/**
 * Sessions of clients, kept with their handshake done for whoever wants the same next.
 *
 * The newest is taken first, the oldest is given up first. A read stays pending on each: whatever
 * comes while nobody listens drops the connection.
 *
 * @module
 */

import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import type { Link, LinkOwner } from "./link.ts";

/** What is kept. */
export interface Kept {
  /** The connection. */
  readonly link: Link;
  /** The subprotocol that was agreed on. */
  readonly protocol: string;
  /** The extensions that were agreed on. */
  readonly extensions: string;
}

const pools = new Map<string, Idle[]>();

/** Keeps a connection: so long, and so many for this place. */
export function keepIdle(
  key: string,
  kept: Kept,
  timesUsed: number,
  idleMs: number,
  size: number,
): void {
  if (!(idleMs >= 0) || !Number.isInteger(size) || size < 1) {
    throw new RangeError(`Cannot keep the connection: ${idleMs} ms in a pool of ${size}`);
  }
  const pool = pools.get(key) ?? [];
  while (pool.length >= size) pool[0].drop();
  pools.set(key, pool);
  pool.push(new Idle(key, kept, timesUsed, idleMs));
}

/** Takes the connection that was kept last, and how often it was taken; `null` for none. */
export function takeIdle(key: string): (Kept & { timesUsed: number }) | null {
  const idle = pools.get(key)?.at(-1);
  if (idle === undefined) return null;
  idle.forget();
  return { ...idle.kept, timesUsed: idle.timesUsed + 1 };
}

class Idle extends Alarm implements LinkOwner {
  readonly kept: Kept;
  readonly timesUsed: number;
  readonly #key: string;

  constructor(key: string, kept: Kept, timesUsed: number, idleMs: number) {
    super();
    this.#key = key;
    this.kept = kept;
    this.timesUsed = timesUsed;
    if (idleMs > 0) setAlarm(this, idleMs);
    const { link } = kept;
    link.handOver(this);
    link.readAhead();
  }

  drop(): void {
    this.forget();
    this.kept.link.close();
  }

  forget(): void {
    clearAlarm(this);
    const pool = pools.get(this.#key) ?? [];
    const at = pool.indexOf(this);
    if (at >= 0) pool.splice(at, 1);
    if (pool.length === 0) pools.delete(this.#key);
  }

  override onAlarm(): void {
    this.drop();
  }

  onReceived(): void {
    this.drop();
  }

  onWritten(): void {}

  onClosed(): void {
    this.forget();
  }
}
