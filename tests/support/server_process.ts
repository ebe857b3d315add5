/**
 * A server of a test's own: a folder, free ports, a process, and nothing left of them in the end.
 *
 * @module
 */

import { poll } from "./poll.ts";

/** Where a server lives. */
export interface Place {
  /** Its folder; every user may read it, since some servers give up root's rights. */
  readonly folder: string;
  /** Its ports on 127.0.0.1. */
  readonly ports: readonly number[];
}

/** What is to be started, and how. */
export interface ServerPlan {
  /** The program, found by {@linkcode findProgram}. */
  readonly program: string;
  /** How many ports it listens on. */
  readonly ports: number;
  /** Writes its files and says what it is called with. */
  readonly prepare: (place: Place) => Promise<string[]> | string[];
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
    for (let attempt = 1;; attempt++) {
      const name = plan.program.split("/").at(-1);
      const folder = await Deno.makeTempDir({ prefix: `lasa-${name}-` });
      try {
        await Deno.chmod(folder, 0o755);
        const place = { folder, ports: freePorts(plan.ports) };
        const server = new ServerProcess(place, plan.program, await plan.prepare(place));
        await server.#startOnce();
        return server;
      } catch (error) {
        await Deno.remove(folder, { recursive: true });
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Its process. */
  get pid(): number {
    return this.#child!.pid;
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
