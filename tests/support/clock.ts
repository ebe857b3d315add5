/** Time moved by hand, for tests. @module */

import { installClock } from "../../src/thread/clock.ts";
import { ManualClock } from "../../src/thread/manual_clock.ts";

/** Runs a test on a clock that stands still until the test moves it. */
export async function withManualClock(
  test: (clock: ManualClock) => void | Promise<void>,
): Promise<void> {
  const clock = new ManualClock();
  const before = installClock(clock);
  try {
    await test(clock);
  } finally {
    installClock(before);
  }
}

/** Declares a test that runs on a {@linkcode ManualClock}. */
export function testOnManualClock(
  name: string,
  test: (clock: ManualClock) => void | Promise<void>,
): void {
  Deno.test(name, () => withManualClock(test));
}

/** Lets everything that is ready run: whole turns of the event loop. */
export async function turns(count = 1): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets turns of the event loop pass until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!await condition()) await turns();
}
