/**
 * What the pool decides, apart from doing it: pure functions of what there is.
 *
 * They know connections and targets by the few numbers that matter, so that a test can ask them about
 * situations that would take a server to bring about.
 *
 * @module
 */

/** What bounds a pool. */
export interface PoolLimits {
  /** Connections at once, those being opened included. */
  readonly maxConn: number;
  /** The same for one target. */
  readonly maxConnPerTarget: number;
  /** Connections being opened at once. */
  readonly maxDialing: number;
}

/** What is known of a connection. */
export interface ConnectionView<T = unknown> {
  /** Where it leads. */
  readonly target: T;
  /** Requests in flight on it. */
  readonly load: number;
  /** When it last became idle. */
  readonly idleSince: number;
}

/** What is known of a target. */
export interface TargetView {
  /** Connections that stand. */
  readonly connections: { readonly length: number };
  /** Connections being opened. */
  readonly dialing: number;
  /** Requests in line. */
  readonly queue: { readonly size: number; readonly priority: number };
}

/** Whether a target needs another connection for those in its line, and may have it. */
export function wantsConnection(target: TargetView, limits: PoolLimits): boolean {
  return target.dialing < target.queue.size &&
    target.connections.length + target.dialing < limits.maxConnPerTarget;
}

/**
 * Whose turn it is among the targets that want a connection: the one with the most urgent request,
 * among equals the one that has been in line for longest.
 *
 * @param line The targets in the order in which they came.
 * @returns Its place in the line; -1 where nobody is in it.
 */
export function nextInLine(line: readonly TargetView[]): number {
  let best = -1;
  for (let at = 0; at < line.length; at++) {
    if (best < 0 || line[at].queue.priority > line[best].queue.priority) best = at;
  }
  return best;
}

/** What a target that may have another connection has to do for it. */
export type SlotDecision = "dial" | "close an idle one" | "wait";

/**
 * Whether there is a slot for one more connection.
 *
 * @param connections How many stand.
 * @param dialing How many are being opened.
 */
export function slotFor(connections: number, dialing: number, limits: PoolLimits): SlotDecision {
  if (dialing >= limits.maxDialing) return "wait";
  return connections + dialing < limits.maxConn ? "dial" : "close an idle one";
}

/**
 * The idle connection that another target's need is worth closing: the one that has carried nothing
 * for longest. A target never takes from itself: it would have been served by that one.
 */
export function idlestOfOthers<T, C extends ConnectionView<T>>(
  connections: Iterable<C>,
  target: T,
): C | null {
  let idlest: C | null = null;
  for (const connection of connections) {
    if (connection.load > 0 || connection.target === target) continue;
    if (idlest === null || connection.idleSince < idlest.idleSince) idlest = connection;
  }
  return idlest;
}

/** The connection with the fewest requests in flight among those that have room. */
export function leastLoaded<C extends { readonly load: number }>(
  connections: readonly C[],
  hasRoom: (connection: C) => boolean,
): C | null {
  let best: C | null = null;
  for (const connection of connections) {
    if (best !== null && connection.load >= best.load) continue;
    if (hasRoom(connection)) best = connection;
  }
  return best;
}

/**
 * Whether a busy target should let one of its connections go for another in line: for one that has
 * none at all, or that would still have no more than it afterwards. Else a target that never runs out
 * of requests would keep its slots for ever.
 *
 * @param holder The target whose connection has served its turn.
 * @param line The targets that want a slot.
 */
export function shouldYield<T extends TargetView>(holder: T, line: readonly T[]): boolean {
  const held = holder.connections.length;
  for (const other of line) {
    if (other === holder || other.queue.priority < holder.queue.priority) continue;
    const has = other.connections.length + other.dialing;
    if (has === 0 || has + 1 < held) return true;
  }
  return false;
}
