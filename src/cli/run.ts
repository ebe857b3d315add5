/**
 * The seed's `lasa_exe`: runs a program inside a main light thread, the `lasa` names at hand.
 *
 * @module
 */

import { KilledError, LocalProtocolError } from "../errors.ts";
import { loadOutside, runOutside } from "../thread/frame.ts";
import { moduleUrl } from "../thread/module_url.ts";
import { spawn } from "../thread/thread.ts";
import { kill, wait } from "../thread/wait_thread.ts";
import { NoProgram, oneLine } from "./program_error.ts";

/** What to run. */
export interface RunOptions {
  /** A TypeScript or JavaScript file, or its URL. */
  file?: string | URL;
  /** The code itself. */
  code?: string;
  /** What the program finds as `lasa.args`. */
  args?: readonly string[];
  /** Modules that are loaded before it: each name becomes a global with the module's exports. */
  libs?: Readonly<Record<string, string | URL>>;
  /** Where the one line goes that tells of a failure; the standard error stream unless given. */
  onError?: (line: string) => void;
  /** Kills the program's main thread when it fires. */
  signal?: AbortSignal;
}

/**
 * Runs a program in a main light thread.
 *
 * The program finds `lasa` as a global, `lasa.args` among its names. If its module exports a default
 * function, that is called with the arguments. A whole number that it returns is the exit code, else
 * `Deno.exitCode` is. Threads, timers and servers that the program leaves behind go on.
 *
 * @param options The file or the code, its arguments and libraries.
 * @returns The exit code: 1 where the program cannot be loaded or throws, told in one line, and
 *   where the signal ended it (once its `finally` blocks are done), which needs no telling.
 * @throws {LocalProtocolError} Where not exactly one of `file` and `code` is given.
 *
 * @example A program of one line
 * ```ts
 * import { run } from "@lasa/lasa";
 *
 * const code = await run({ code: "export default (word: string) => word.length", args: ["four"] });
 * console.log(code); // 4
 * ```
 */
export async function run(options: RunOptions): Promise<number> {
  if ((options.file === undefined) === (options.code === undefined)) {
    throw new LocalProtocolError("Cannot run a program: give either file or code");
  }
  const { signal } = options;
  // Whoever calls may be a thread with a deadline; the program is not its child.
  const end = await runOutside(async () => {
    const main = spawn(() => signal?.aborted ? undefined : program(options));
    main.name = "main";
    const over = new Promise<void>((resolve) => main.whenFinished(resolve));
    const stop = () => runOutside(() => kill(main));
    signal?.addEventListener("abort", stop);
    try {
      const end = await wait(main);
      // A killed thread counts as ended before it has cleaned up.
      await over;
      return end;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  });
  if (end.ok) return Number.isInteger(end.value) ? end.value as number : Deno.exitCode;
  if (signal?.aborted && end.error instanceof KilledError) return 1;
  const tell = options.onError ?? ((line) => console.error(line));
  const name = options.file === undefined ? "-e" : String(options.file);
  tell(`lasa: ${name}: ${oneLine(end.error)}`);
  return 1;
}

async function program(options: RunOptions): Promise<unknown> {
  // By its address, not as an import: the newcomer's page stands above everything that it names.
  const page = new URL("../../mod.ts", import.meta.url).href;
  const names = await loadOutside(() => import(page));
  const args = options.args ?? [];
  Object.assign(globalThis, { lasa: { ...names, args } });
  for (const [name, url] of Object.entries(options.libs ?? {})) {
    const address = await addressOf(url);
    Object.assign(globalThis, { [name]: await loadOutside(() => import(address)) });
  }
  if (options.file !== undefined) return await start(await addressOf(options.file), args);
  const url = URL.createObjectURL(new Blob([options.code!], { type: "application/typescript" }));
  try {
    return await start(url, args);
  } finally {
    URL.revokeObjectURL(url);
  }
}

let programsRun = 0;

async function start(url: string, args: readonly string[]): Promise<unknown> {
  let module;
  try {
    // The program's first lines, too, are its main thread's.
    module = await import(url);
  } finally {
    // But nothing that begins later is, only because this was the last module to be loaded.
    await loadOutside(() => import(`data:text/javascript,${++programsRun}`));
  }
  return typeof module.default === "function" ? await module.default(...args) : undefined;
}

/** A module's address. A file is looked for here: what an import says of one is less plain. */
async function addressOf(module: string | URL): Promise<string> {
  const url = moduleUrl(module);
  if (url.protocol === "file:") {
    const { isDirectory } = await Deno.stat(url).catch((error) => {
      if (error instanceof Deno.errors.NotFound) throw new NoProgram("no such file");
      throw error;
    });
    if (isDirectory) throw new NoProgram("is a folder, not a file");
  }
  return url.href;
}
