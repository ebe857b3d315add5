/**
 * Other people's servers, for the examples that talk to one: found, started, and ended again.
 *
 * @module
 */

// Servers live in sbin, which is not on every user's path.
const MORE_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Where a program is; `null` where it is not installed. */
export function findProgram(name: string): string | null {
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  for (const folder of [...folders, ...MORE_FOLDERS]) {
    try {
      if (Deno.statSync(`${folder}/${name}`).isFile) return `${folder}/${name}`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

/** A server in a process of its own, with a folder of its own; both go with the block. */
export class Program implements AsyncDisposable {
  /** Its folder, for sockets and files. */
  readonly folder: string;
  readonly #process: Deno.ChildProcess;

  /**
   * Starts it, or says what to install and ends this program: an example has nothing to show then.
   *
   * @param name The program's name.
   * @param debianPackage What to install where it is missing.
   * @param argsIn Its arguments, given its folder.
   */
  constructor(name: string, debianPackage: string, argsIn: (folder: string) => string[]) {
    const path = findProgram(name);
    if (path === null) {
      console.log(`This example talks to ${name}, which is not installed here.`);
      console.log(`On Debian: apt-get install ${debianPackage}`);
      Deno.exit(0);
    }
    this.folder = Deno.makeTempDirSync({ prefix: "lasa-example-" });
    this.#process = new Deno.Command(path, {
      args: argsIn(this.folder),
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  /** Ends it and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await this.#process.status;
    await Deno.remove(this.folder, { recursive: true });
  }
}
