/** Programs in processes of their own, for what would end the test's. @module */

import { pathOf, root } from "./sources.ts";

/** What a program left behind. */
export interface Ending {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a TypeScript program that may import `@lasa/lasa/...` and `@std/...`. */
export async function runProgram(program: string): Promise<Ending> {
  // The map serves everywhere; with JSR at hand the same names would come from there.
  const map = pathOf(new URL("tools/npm_imports.json", root));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--ext=ts", "--no-check", `--import-map=${map}`, program],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}
