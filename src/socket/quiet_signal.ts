/**
 * Signals with which the platform's `Deno.connect` can be taken back and nothing is lost.
 *
 * Where a signal fires as the connection stands, the platform asks it to throw and gives nothing out:
 * nobody can close that connection any more. A quiet signal does not throw: who calls looks whether it
 * has fired, and closes what came.
 *
 * @module
 */

const QUIET = () => {};
/** As many are kept for the next calls, so that calls one after the other make no new ones. */
const MAX_SPARE = 32;
const spare: AbortController[] = [];

/** A controller whose signal has not fired and does not throw. */
export function quietController(): AbortController {
  const kept = spare.pop();
  if (kept !== undefined) return kept;
  const controller = new AbortController();
  controller.signal.throwIfAborted = QUIET;
  return controller;
}

/** Whether a signal may be given to the platform as it is. */
export function isQuiet(signal: AbortSignal): boolean {
  return signal.throwIfAborted === QUIET;
}

/** Keeps a controller to which nobody listens any more for another call, unless it has fired. */
export function keepSpare(controller: AbortController): void {
  if (spare.length < MAX_SPARE && !controller.signal.aborted) spare.push(controller);
}

/** Does something with a quiet signal that fires with the given one. */
export async function quietly<T>(
  signal: AbortSignal,
  use: (quiet: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = quietController();
  const stop = () => controller.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop);
  try {
    return await use(controller.signal);
  } finally {
    signal.removeEventListener("abort", stop);
    keepSpare(controller);
  }
}
