/** The log, for tests. @module */

import { assertEquals } from "@std/assert";
import { flushLog } from "../../src/log.ts";
import { withManualClock } from "./clock.ts";
import type { ManualClock } from "../../src/thread/manual_clock.ts";

/** What is logged while something runs, on a clock that it moves by hand. */
export async function logOf(act: (clock: ManualClock) => void | Promise<void>): Promise<string> {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => lines.push(line);
  try {
    await withManualClock(async (clock) => {
      await act(clock);
      await clock.advance(1);
      assertEquals(clock.pending, 0);
    });
    await flushLog();
  } finally {
    console.error = error;
  }
  return lines.join("\n");
}
