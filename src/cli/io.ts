/**
 * The world around the command line, so that a test can put another in its place.
 *
 * @module
 */

/** Where text goes. */
export interface TextSink {
  /** Writes some bytes, and says how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Whether a person reads it. */
  readonly isTerminal: boolean;
  /** How many characters fit into a line, asked anew each time. */
  columns(): number;
}

/** What asks a process to end: Ctrl-C, and whoever stops services. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** The exit code of a process that ended since it was asked to: 128 and the signal's number. */
export function exitCodeOf(signal: StopSignal): number {
  return signal === "SIGINT" ? 130 : 143;
}

/** What the command line needs of its process. */
export interface CliIo {
  /** Results. */
  readonly stdout: TextSink;
  /** Remarks, and the progress bar. */
  readonly stderr: TextSink;
  /** Opens standard input. */
  stdin(): ReadableStream<Uint8Array>;
  /** Calls back at each Ctrl-C and each SIGTERM from now on; gives what takes that back. */
  onSignal(callback: (signal: StopSignal) => void): () => void;
  /** Ends everything at once. */
  exit(code: number): void;
}

/** This process's own streams and signals. */
export function processIo(): CliIo {
  return {
    stdout: sinkOf(Deno.stdout),
    stderr: sinkOf(Deno.stderr),
    stdin: () => Deno.stdin.readable,
    onSignal(callback) {
      // Windows has no SIGTERM: whoever stops a process there gives it no time.
      const signals: StopSignal[] = Deno.build.os === "windows"
        ? ["SIGINT"]
        : ["SIGINT", "SIGTERM"];
      const listeners = signals.map((signal) => [signal, () => callback(signal)] as const);
      for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
      return () => {
        for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
      };
    },
    exit: (code) => Deno.exit(code),
  };
}

function sinkOf(stream: typeof Deno.stdout): TextSink {
  return {
    write: (bytes) => stream.write(bytes),
    isTerminal: stream.isTerminal(),
    columns() {
      try {
        return Deno.consoleSize().columns || 80;
      } catch {
        return 80;
      }
    },
  };
}
