/**
 * The command line in a process of its own.
 *
 * @module
 */

import { main, type StopSignal } from "../../src/cli/main.ts";
import { spawnDeno } from "../../tools/child.ts";

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const command = new URL("../../src/cli/main.ts", import.meta.url);

/** Starts `lasa` with these arguments. */
export function startLasa(args: readonly string[]): Deno.ChildProcess {
  return spawnDeno(command, args, { stdin: "piped", stdout: "piped", stderr: "piped" });
}

/** Runs `lasa` with these arguments to its end. */
export async function runLasa(args: readonly string[], stdin = ""): Promise<Ended> {
  const child = startLasa(args);
  const writer = child.stdin.getWriter();
  // A command that does not read its input may have ended already.
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  return await endOf(child);
}

/** Waits for a process's end. */
export async function endOf(child: Deno.ChildProcess): Promise<Ended> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** How {@linkcode runHere} is to look to the command. */
export interface Surroundings {
  /** What stands on standard input. */
  readonly stdin?: ReadableStream<Uint8Array> | string;
  /** How wide the terminal is that standard error is; none unless told. */
  readonly terminalColumns?: number;
  /** Given what plays Ctrl-C, or another signal. */
  readonly onReady?: (interrupt: (signal?: StopSignal) => void) => void;
  /** Called where the command would end the process. */
  readonly onExit?: (code: number) => void;
  /** Called with each piece of standard output. */
  readonly onOutput?: (text: string) => void;
}

/** Runs the command line in this process, where leaks are noticed. */
export async function runHere(args: readonly string[], around: Surroundings = {}): Promise<Ended> {
  let [out, err] = ["", ""];
  const decoder = new TextDecoder();
  const { stdin = "", terminalColumns, onReady, onExit, onOutput } = around;
  const code = await main(args, {
    stdout: {
      isTerminal: false,
      columns: () => 80,
      write(bytes) {
        const text = decoder.decode(bytes);
        out += text;
        onOutput?.(text);
        return Promise.resolve(bytes.length);
      },
    },
    stderr: {
      isTerminal: terminalColumns !== undefined,
      columns: () => terminalColumns ?? 80,
      write(bytes) {
        err += decoder.decode(bytes);
        return Promise.resolve(bytes.length);
      },
    },
    stdin() {
      if (typeof stdin !== "string") return stdin;
      return ReadableStream.from([new TextEncoder().encode(stdin)]);
    },
    onSignal(callback) {
      onReady?.((signal = "SIGINT") => callback(signal));
      return () => {};
    },
    exit: (code) => onExit?.(code),
  });
  return { code, out, err };
}
