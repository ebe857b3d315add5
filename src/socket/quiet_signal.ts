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

/** A controller whose signal does not throw. */
export function quietController(): AbortController {
  const controller = new AbortController();
  controller.signal.throwIfAborted = QUIET;
  return controller;
}

/** Whether a signal may be given to the platform as it is. */
export function isQuiet(signal: AbortSignal): boolean {
  return signal.throwIfAborted === QUIET;
}

/**
 * Does something with a quiet signal that fires with the given one. Who has a quiet one gives that to
 * the platform: to have a second fire with the first costs a connect 4 %.
 */
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
  }
}
