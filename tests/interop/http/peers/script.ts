/** What the servers that are scripts are told. @module */

import { LARGE_HEADERS } from "../site.ts";
import type { Setup } from "./peer.ts";

/** Writes a JSON file with all that a script needs; returns its path. */
export async function scriptArguments(
  setup: Setup,
  more: Readonly<Record<string, unknown>>,
): Promise<string> {
  const path = `${setup.folder}/arguments.json`;
  await Deno.writeTextFile(
    path,
    JSON.stringify({ ...setup, largeHeaders: LARGE_HEADERS, ...more }),
  );
  return path;
}
