/**
 * A server of a test's own: a folder, free ports, a process, and nothing left of them in the end.
 *
 * @module
 */

import { poll } from "./poll.ts";

/** Where a server lives. */
export interface Place {
  /** Its folder. */
  readonly folder: string;
  /** Its ports on 127.0.0.1. */
  readonly ports: readonly number[];
}

/** What a server is started with. */
export interface Preparation {
  /** Its arguments. */
  readonly args: readonly string[];
  /** Files by their names in its folder; scripts can be run. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What is to be started, and how. */
export interface ServerPlan {
  /** The program's name. */
  readonly program: string;
  /** How many ports it listens on; 1 unless told. */
  readonly ports?: number;
  /** Says what it is started with. */
  readonly prepare: (place: Place) => Preparation | Promise<Preparation>;
}

// Another process may take a port between its choice and its use.
const ATTEMPTS = 3;
const STOP_MS = 5_000;

/** A running server. */
export class ServerProcess implements AsyncDisposable {
  /** Where it lives. */
  readonly place: Place;
  readonly #program: string;
  readonly #args: readonly string[];
  #child: Deno.ChildProcess | null = null;
  #hasEnded = false;

  private constructor(place: Place, program: string, args: readonly string[]) {
    this.place = place;
    this.#program = program;
    this.#args = args;
  }

  /** Starts one; ends once it accepts on all its ports. @throws {Error} With what it said, where it does not. */
  static async start(plan: ServerPlan): Promise<ServerProcess> {
    const program = findProgram(plan.program);
    if (program === null) throw new Error(`Cannot start ${plan.program}: it is not here`);
    for (let attempt = 1;; attempt++) {
      const folder = await Deno.makeTempDir({ prefix: `lasa-${plan.program}-` });
      try {
        // Some that are started by root go on as somebody else, who must get at their files.
        await Deno.chmod(folder, 0o777);
        const place = { folder, ports: freePorts(plan.ports ?? 1) };
        const { args, files = {} } = await plan.prepare(place);
        for (const [name, text] of Object.entries(files)) {
          const mode = text.startsWith("#!") ? 0o755 : 0o644;
          await Deno.writeTextFile(`${folder}/${name}`, text, { mode });
        }
        const server = new ServerProcess(place, program, args);
        await server.#startOnce();
        return server;
      } catch (error) {
        await Deno.remove(folder, { recursive: true });
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** The port on which it listens, or the first of them. */
  get port(): number {
    return this.place.ports[0];
  }

  /** Starts it after {@linkcode ServerProcess.stop}, on the same ports. */
  async startAgain(): Promise<void> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#startOnce();
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Sends its process a signal. */
  signal(signal: Deno.Signal): void {
    this.#child?.kill(signal);
  }

  /** Stops it at once, answers on their way or not. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    killQuietly(child, "SIGTERM");
    const timer = setTimeout(() => killQuietly(child, "SIGKILL"), STOP_MS);
    await child.status;
    clearTimeout(timer);
  }

  /** What it has said so far. */
  async said(): Promise<string> {
    return await Deno.readTextFile(this.#output).catch(() => "");
  }

  /** Stops it and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.place.folder, { recursive: true });
  }

  get #output(): string {
    return `${this.place.folder}/output.log`;
  }

  async #startOnce(): Promise<void> {
    this.#hasEnded = false;
    // The shell becomes the program. What it says goes to a file, which asks for no reader here.
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", 'exec "$@" >>"$0" 2>&1', this.#output, this.#program, ...this.#args],
      cwd: this.place.folder,
      env: { HOME: this.place.folder },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#child = child;
    void child.status.then(() => this.#hasEnded = true);
    try {
      for (const port of this.place.ports) {
        await poll(`${this.#program} on port ${port}`, () => this.#accepts(port));
      }
    } catch (error) {
      await this.stop();
      throw new Error(`Cannot start ${this.#program}: ${await this.said()}`, { cause: error });
    }
  }

  async #accepts(port: number): Promise<boolean> {
    if (this.#hasEnded) throw new Error(`${this.#program} has ended`);
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return false;
      throw error;
    }
  }
}

function killQuietly(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended by itself.
  }
}

/** Has a stack end all that starts, also where one of them does not start. */
export async function useAll<T extends AsyncDisposable>(
  stack: AsyncDisposableStack,
  starting: readonly Promise<T>[],
): Promise<T[]> {
  for (const end of await Promise.allSettled(starting)) {
    if (end.status === "fulfilled") stack.use(end.value);
  }
  return await Promise.all(starting);
}

/** Ports that are free now; not every server can be asked which one it took. */
export function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  for (const listener of listeners) listener.close();
  return listeners.map((listener) => listener.addr.port);
}

/** Declares tests that need a program; where it is missing, ignored ones say so. */
export function testWith(program: string): (name: string, test: () => Promise<void>) => void {
  return findProgram(program) === null
    ? (name) => Deno.test.ignore(`${name} (needs ${program}, which is not here)`, () => {})
    : (name, test) => Deno.test(name, test);
}

/** The path of a program, Debian's own before any other; `null` where this machine has none. */
export function findProgram(name: string): string | null {
  // Debian keeps servers in sbin, which is not on every user's path.
  const folders = ["/usr/sbin", "/usr/bin", ...(Deno.env.get("PATH") ?? "").split(":")];
  return folders.map((folder) => `${folder}/${name}`).find(isFile) ?? null;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
