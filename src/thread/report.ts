import { openThings, pendingTimers } from "./lifetime.ts";
import { LightThread } from "./light_thread.ts";

/**
 * What is still alive, as text: a tree of threads, with what each waits on, for how long, and where
 * it was spawned. Where every thread waits on another it says so: a deadlock.
 *
 * @example Look at what hangs
 * ```ts
 * import { Channel, kill, report, spawn } from "@lasa/lasa/thread";
 *
 * const nobody = new Channel<string>();
 * const thread = spawn(async function listener() {
 *   await nobody.receive();
 * });
 * console.log(report());
 * // deadlock: every light thread waits on another, or on nobody
 * // 1 light thread
 * // └ 1 listener: suspended for 0 ms, waits on a value of a channel, spawned at file:///…
 * kill(thread);
 * ```
 */
export function report(): string {
  const live = LightThread.live();
  const lines = [`${live.length} light thread${live.length === 1 ? "" : "s"}`];
  // A child whose parent has ended stands among the roots.
  const children = Map.groupBy(live, ({ parent }) => parent?.hasEnded ? null : parent);
  const draw = (thread: LightThread<unknown>, indent: string, isLast: boolean) => {
    lines.push(`${indent}${isLast ? "└" : "├"} ${describe(thread)}`);
    const below = children.get(thread) ?? [];
    below.forEach((child, place) => {
      draw(child, indent + (isLast ? "  " : "│ "), place === below.length - 1);
    });
  };
  const roots = children.get(null) ?? [];
  roots.forEach((root, place) => draw(root, "", place === roots.length - 1));
  // A timer that is to come, or a detached thread, may still wake one of them.
  const isHopeless = pendingTimers.size === 0 && openThings().every((each) => !each.canWake);
  if (isHopeless && live.length > 0 && live.every((thread) => thread.waitsOnThreads)) {
    lines.unshift("deadlock: every light thread waits on another, or on nobody");
  }
  return lines.join("\n");
}

function describe(thread: LightThread<unknown>): string {
  const info = thread.info();
  const waits = info.waitingOn === null ? "" : `, waits on ${info.waitingOn}`;
  const place = info.spawnedAt === null ? "" : `, spawned at ${info.spawnedAt}`;
  return `${info.id} ${info.name}: ${info.status} for ${
    Math.round(info.sinceMs)
  } ms${waits}${place}`;
}

/**
 * Writes the {@linkcode report} to the standard error stream when the program ends while threads are
 * still alive. Nothing is written where none is.
 *
 * @returns A function that takes the wish back.
 *
 * @example Tell at the end what was left
 * ```ts
 * import { reportAtExit } from "@lasa/lasa/thread";
 *
 * const forget = reportAtExit();
 * forget();
 * ```
 */
export function reportAtExit(): () => void {
  const tell = () => {
    if (LightThread.live().length > 0) console.error(report());
  };
  globalThis.addEventListener("unload", tell);
  return () => globalThis.removeEventListener("unload", tell);
}
