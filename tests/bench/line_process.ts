/**
 * A process that is talked to in lines of JSON: one message a line, in and out.
 *
 * @module
 */

import { deadline } from "@std/async/deadline";
import { ownImportFlags } from "../../tools/child.ts";
import { pathOf } from "../support/sources.ts";

/** No answer takes as long as this; who has not given one by then never will. */
const ANSWER_MS = 60_000;

/** A started process. It ends with this object, or with the end of its input. */
export class LineProcess implements AsyncDisposable {
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;

  constructor(name: string, child: Deno.ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.#input = child.stdin.getWriter();
    this.#lines = linesOf(child.stdout);
  }

  /**
   * Starts a script of this folder in a Deno of its own.
   *
   * @param name Who it is, for what is told of failures.
   * @param script The script.
   * @param args What it is called with.
   * @param flags Deno's own, beside those that every script gets.
   */
  static ofDeno(
    name: string,
    script: string,
    args: readonly string[] = [],
    flags: readonly string[] = [],
  ): LineProcess {
    const own = ["run", "-A", "--quiet", ...flags, ...ownImportFlags(), here(script)];
    return start(name, Deno.execPath(), [...own, ...args]);
  }

  /** Starts a script of this folder in Node; see {@linkcode LineProcess.ofDeno}. */
  static ofNode(
    name: string,
    script: string,
    args: readonly string[] = [],
    flags: readonly string[] = [],
  ): LineProcess {
    return start(name, "node", [...flags, here(script), ...args]);
  }

  /** Sends a message and waits for the next one that comes back. */
  async ask<Answer>(message: unknown): Promise<Answer> {
    await this.#input.write(new TextEncoder().encode(JSON.stringify(message) + "\n"));
    return await this.next();
  }

  /**
   * Waits for the next message.
   *
   * @throws {Error} Where the process tells of an error, ends, or says nothing.
   */
  async next<Answer>(): Promise<Answer> {
    const { done, value } = await deadline(this.#lines.next(), ANSWER_MS);
    if (done) throw new Error(`${this.#name} has ended`);
    const message = JSON.parse(value);
    if (message.error !== undefined) throw new Error(message.error);
    return message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await this.#input.abort().catch(() => {});
  }
}

function start(name: string, program: string, args: string[]): LineProcess {
  const command = new Deno.Command(program, { args, stdin: "piped", stdout: "piped" });
  return new LineProcess(name, command.spawn());
}

/** A path of this folder on this machine. */
function here(script: string): string {
  return pathOf(new URL(script, import.meta.url));
}

async function* linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
