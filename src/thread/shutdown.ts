import { isShuttingDown, openThings, pendingTimers, setShuttingDown } from "./lifetime.ts";
import { current, LightThread } from "./light_thread.ts";

/**
 * Ends everything in good order: pending timers are called with `premature = true`, threads are
 * killed (the latest first, and their `finally` blocks waited for), sockets are closed.
 *
 * The thread that calls is spared. Afterwards everything can be used again.
 *
 * @example The last line of a program
 * ```ts
 * import { shutdown, sleep, thread, timer } from "@lasa/lasa";
 *
 * timer.at(60_000, (premature) => console.log("premature:", premature)); // true
 * thread.spawn(sleep, 60_000);
 * await shutdown();
 * ```
 */
export async function shutdown(): Promise<void> {
  if (isShuttingDown()) return;
  setShuttingDown(true);
  try {
    // A callback may set further timers with no delay: those are called too.
    while (pendingTimers.size > 0) {
      for (const timer of [...pendingTimers]) {
        // One callback may have killed the timer of another.
        if (pendingTimers.has(timer)) timer.fire(true);
      }
    }
    // What a callback does without waiting for anything is done; what waits is killed like the rest.
    await new Promise((resolve) => setImmediate(resolve));
    const self = current();
    for (const thread of LightThread.live().reverse()) {
      if (thread === self || thread.hasEnded) continue;
      thread.stop();
      await new Promise<void>((resolve) => thread.whenFinished(resolve));
    }
    for (const each of openThings()) await each.shutdownNow();
  } finally {
    setShuttingDown(false);
  }
}
