/**
 * `lasa run`: a program in a main light thread, until it ends or is stopped.
 *
 * @module
 */

import { shutdown } from "../thread/shutdown.ts";
import type { ProgramOptions } from "./arguments.ts";
import { type CliIo, exitCodeOf, type StopSignal } from "./io.ts";
import { Output } from "./output.ts";
import { run } from "./run.ts";

// A thread may be waiting for what never comes and lasa cannot take back: then this is all it gets.
const GRACE_MS = 3_000;

/**
 * Runs the command.
 *
 * @param program What to run.
 * @param io Where it complains, and how it is told to stop.
 * @returns The exit code. The process is ended here where the program failed or was stopped; where it
 *   is through, what it has left behind may go on.
 */
export async function runCommand(program: ProgramOptions, io: CliIo): Promise<number> {
  const stderr = new Output(io.stderr);
  const abort = new AbortController();
  const graceOver = Promise.withResolvers<void>();
  let grace: ReturnType<typeof setTimeout> | undefined;
  let stoppedBy: StopSignal | null = null;
  let isThrough = false;
  let hasFailed = false;

  const end = async (code: number) => {
    clearTimeout(grace);
    // Its reader may be gone.
    await stderr.flush().catch(() => {});
    forgetSignals();
    io.exit(code);
    return code;
  };
  const stop = async (signal: StopSignal) => {
    await Promise.race([shutdown(), graceOver.promise]);
    return await end(exitCodeOf(signal));
  };
  const forgetSignals = io.onSignal((signal) => {
    if (stoppedBy !== null) io.exit(exitCodeOf(signal));
    stoppedBy = signal;
    grace = setTimeout(() => graceOver.resolve(), GRACE_MS);
    abort.abort();
    // What the program has left behind is stopped like itself.
    if (isThrough) void stop(signal);
  });

  const running = run({
    file: program.file ?? undefined,
    code: program.code ?? undefined,
    args: program.args,
    libs: program.libs,
    signal: abort.signal,
    onError: (line) => {
      hasFailed = true;
      stderr.write(`${line}\n`).catch(() => {});
    },
  });
  const code = await Promise.race([running, graceOver.promise]);
  isThrough = true;
  if (stoppedBy !== null) return await stop(stoppedBy);
  // Of an exit code the system keeps eight bits.
  const told = code! & 255;
  return hasFailed ? await end(told) : told;
}
