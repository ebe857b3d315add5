/** Programs in processes of their own, for what would end the test's. @module */

import { pathOf, root } from "./sources.ts";

/** What a program left behind. */
export interface Ending {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a TypeScript program that may import `@lasa/lasa/...` and `@std/...`. */
export async function runProgram(program: string, ...flags: string[]): Promise<Ending> {
  return await runDeno(["eval", "--ext=ts", ...FLAGS, ...flags, program]);
}

/** The same from a file, with the permissions that are given and no other. */
export async function runRestricted(
  program: string,
  permissions: readonly string[],
): Promise<Ending> {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, program);
    return await runDeno(["run", "--no-prompt", ...FLAGS, ...permissions, file]);
  } finally {
    await Deno.remove(file);
  }
}

// The map serves everywhere; with JSR at hand the same names would come from there.
const FLAGS = [
  "--quiet",
  "--no-check",
  `--import-map=${pathOf(new URL("tools/npm_imports.json", root))}`,
];

async function runDeno(args: string[]): Promise<Ending> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}
