/** Waiting for what only the outside knows: asked again and again, for so long and no longer. @module */

const STEP_MS = 10;

/**
 * Asks until the answer is yes.
 *
 * @throws {Error} `Cannot wait longer for …` where it is not within that many milliseconds.
 */
export async function poll(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  boundMs = 10_000,
): Promise<void> {
  const endsAt = performance.now() + boundMs;
  while (!await isSo()) {
    if (performance.now() > endsAt) throw new Error(`Cannot wait longer for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}
