/**
 * The command line: `lasa fetch`, `lasa run`, and what there is to know about them.
 *
 * ```sh
 * deno run -A jsr:@lasa/lasa/cli fetch --input list.txt --out pages
 * ```
 *
 * @example Run a command from a program
 * ```ts
 * import { main } from "@lasa/lasa/cli";
 *
 * const code = await main(["--version"]);
 * console.log(code); // 0
 * ```
 *
 * @module
 */

import { type Command, parseCommand } from "./arguments.ts";
import { fetchCommand } from "./fetch_command.ts";
import { FETCH_HELP, HELP, RUN_HELP } from "./help.ts";
import { type CliIo, processIo } from "./io.ts";
import { Output } from "./output.ts";
import { runCommand } from "./run_command.ts";
import { VERSION } from "../version.ts";
import { UsageError } from "./usage_error.ts";

export type { CliIo, StopSignal, TextSink } from "./io.ts";

/**
 * Runs a command line to its end.
 *
 * @param args What stands behind the program's name.
 * @param io Where it reads and writes; this process's own streams and signals unless given.
 * @returns The exit code: 0 all went well, 1 something failed, 2 the command line is wrong, 130
 * stopped by Ctrl-C, 143 by SIGTERM; that of the program for `run`.
 *
 * @example A command line that makes no sense
 * ```ts
 * import { main } from "@lasa/lasa/cli";
 *
 * const code = await main(["fetch", "--max-conn", "many", "https://example.com/"]);
 * console.log(code); // 2
 * ```
 */
export async function main(args: readonly string[], io: CliIo = processIo()): Promise<number> {
  const stdout = new Output(io.stdout);
  const say = async (text: string) => {
    await stdout.write(text);
    await stdout.flush();
    return 0;
  };
  try {
    const command: Command = parseCommand(args);
    switch (command.name) {
      case "help":
        return await say(HELP);
      case "fetch help":
        return await say(FETCH_HELP);
      case "version":
        return await say(`lasa ${VERSION}\n`);
      case "run help":
        return await say(RUN_HELP);
      case "run":
        return await runCommand(command.program, io);
      case "fetch":
        return await fetchCommand(command.options, io);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const stderr = new Output(io.stderr);
    await stderr.write(`lasa: ${error.message}\n`);
    await stderr.flush();
    return 2;
  }
}

if (import.meta.main) {
  const code = await main(Deno.args);
  // What a program has left behind, threads, timers or servers, goes on as it would without lasa.
  if (Deno.args[0] === "run") Deno.exitCode = code;
  else Deno.exit(code);
}
