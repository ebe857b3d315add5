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

/** What the command line needs of its process. */
export interface CliIo {
  /** Results. */
  readonly stdout: TextSink;
  /** Remarks, and the progress bar. */
  readonly stderr: TextSink;
  /** Opens standard input. */
  stdin(): ReadableStream<Uint8Array>;
  /** Calls back at each Ctrl-C from now on; gives what takes that back. */
  onInterrupt(callback: () => void): () => void;
  /** Ends everything at once. */
  exit(code: number): void;
}

/** This process's own streams and signals. */
export function processIo(): CliIo {
  return {
    stdout: sinkOf(Deno.stdout),
    stderr: sinkOf(Deno.stderr),
    stdin: () => Deno.stdin.readable,
    onInterrupt(callback) {
      Deno.addSignalListener("SIGINT", callback);
      return () => Deno.removeSignalListener("SIGINT", callback);
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
