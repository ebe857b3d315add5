/** The servers that are scripts of this folder. @module */

import type { Preparation } from "../../../support/server_process.ts";
import { pathOf } from "../../../support/sources.ts";
import { LARGE_HEADERS } from "../site.ts";
import { BRIEF_MS, type Setup } from "./peer.ts";

/** Starts a script with a JSON file that holds all it needs. */
export function script(
  name: string,
  setup: Setup,
  more: Readonly<Record<string, unknown>> = {},
): Preparation {
  const told = { ...setup, briefMs: BRIEF_MS, largeHeaders: LARGE_HEADERS, ...more };
  return {
    files: { "setup.json": JSON.stringify(told) },
    args: [pathOf(new URL(name, import.meta.url)), "setup.json"],
  };
}
