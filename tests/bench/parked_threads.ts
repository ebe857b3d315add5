/**
 * What a parked thread costs in memory, beside what else can be parked.
 *
 * @module
 */

import { spawnDeno } from "../../tools/child.ts";
import { aligned } from "./table.ts";

/** The name on the command line. */
export const PARKED_THREADS = "thread-memory";

const COUNT = 1_000_000;
const WHO = ["lasa", "plain promises", "bare AsyncLocalStorage", "effect fibers"];

/** Parks a million of each in a process of its own, and tells the memory as a table. */
export async function parkedThreads(count: number = COUNT): Promise<string> {
  const lines = [["", "bytes each", "MiB in all"]];
  for (const who of WHO) {
    const script = new URL("peers/parked.ts", import.meta.url);
    const child = spawnDeno(script, [who, String(count)], { stdin: "null", stdout: "piped" });
    const { each, rss } = await new Response(child.stdout).json();
    await child.status;
    lines.push([who, Math.round(each).toLocaleString("en-US"), String(Math.round(rss / 2 ** 20))]);
  }
  const title = `${PARKED_THREADS}: ${count.toLocaleString("en-US")} parked, resident memory`;
  return [title, "", ...aligned(lines).map((line) => `  ${line}`)].join("\n");
}
