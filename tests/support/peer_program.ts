/**
 * A server program of a test's own: its folder, its files, its process, ended by that.
 *
 * @module
 */

/** Whether a program is on this machine. */
export async function hasProgram(program: string, ...args: string[]): Promise<boolean> {
  try {
    const quiet = { stdin: "null", stdout: "null", stderr: "null" } as const;
    await new Deno.Command(program, { args, ...quiet }).output();
    return true;
  } catch {
    return false;
  }
}

/** Declares tests that need a program; where it is missing, ignored ones say so. */
export function testWithProgram(
  program: string,
  isHere: boolean,
): (name: string, test: () => Promise<void>) => void {
  return (name, test) => {
    if (isHere) Deno.test(name, test);
    else Deno.test.ignore(`${name} (needs ${program}, which is not here)`, () => {});
  };
}

/** A port of 127.0.0.1 that nobody listens at. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** How a program is started. */
export interface PeerProgramOptions {
  /** The port at which it is to listen. */
  readonly port: number;
  /** Its files by name, written before it starts; scripts can be run. */
  readonly files?: Readonly<Record<string, string>>;
  /** Its arguments. */
  readonly args: readonly string[];
}

/** A running server program. */
export class PeerProgram implements AsyncDisposable {
  /** The port at which it listens. */
  readonly port: number;
  /** The folder of its files. */
  readonly folder: string;
  readonly #child: Deno.ChildProcess;

  private constructor(port: number, folder: string, child: Deno.ChildProcess) {
    this.port = port;
    this.folder = folder;
    this.#child = child;
  }

  /** Starts one; ends once it listens. */
  static async start(
    program: string,
    optionsIn: (folder: string) => PeerProgramOptions,
  ): Promise<PeerProgram> {
    const folder = await Deno.makeTempDir({ prefix: `lasa-${program}-` });
    // Started by root, some go on as another user, who must get at their files.
    await Deno.chmod(folder, 0o777);
    const { port, files = {}, args } = optionsIn(folder);
    for (const [name, text] of Object.entries(files)) {
      const mode = text.startsWith("#!") ? 0o755 : 0o644;
      await Deno.writeTextFile(`${folder}/${name}`, text, { mode });
    }
    const child = new Deno.Command(program, {
      args: [...args],
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const peer = new PeerProgram(port, folder, child);
    try {
      await peer.#listening();
    } catch (error) {
      await peer.stop();
      throw error;
    }
    return peer;
  }

  /** Stops it at once and removes its files. */
  async stop(): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#child.status;
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Stops it and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #listening(): Promise<void> {
    for (let left = 1_000;; left--) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: this.port })).close();
        return;
      } catch (error) {
        if (left === 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
}
