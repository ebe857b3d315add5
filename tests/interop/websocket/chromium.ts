/** A headless Chromium that opens a page, and nothing left of it in the end. @module */

import { findProgram } from "../../support/server_process.ts";

/** Where Chromium is; `null` where it is not. */
export const CHROMIUM: string | null = findProgram("chromium");

const FLAGS = [
  "--headless",
  // A container that runs as root has no other way.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--disable-breakpad",
  "--disable-component-update",
  "--disable-extensions",
  "--disable-sync",
  "--no-first-run",
  "--no-default-browser-check",
  "--no-proxy-server",
  "--password-store=basic",
  // The test's authority is nobody's.
  "--ignore-certificate-errors",
];

// What ends in good order has this long for it.
const STOP_MS = 5_000;

// What a browser that was cut off still writes is gone after a few looks.
const REMOVALS = 50;
const REMOVAL_PAUSE_MS = 100;

/** A browser with a page. */
export class Browser implements AsyncDisposable {
  readonly #folder: string;
  readonly #child: Deno.ChildProcess;

  private constructor(folder: string, child: Deno.ChildProcess) {
    this.#folder = folder;
    this.#child = child;
  }

  /** Opens a page in a browser of its own. */
  static async open(url: string): Promise<Browser> {
    const folder = await Deno.makeTempDir({ prefix: "lasa-chromium-" });
    const child = new Deno.Command(CHROMIUM!, {
      args: [...FLAGS, `--user-data-dir=${folder}`, url],
      env: { HOME: folder, XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    return new Browser(folder, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    try {
      this.#child.kill("SIGTERM");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
    await this.#child.status;
    clearTimeout(timer);
    for (let removals = 1;; removals++) {
      try {
        return await Deno.remove(this.#folder, { recursive: true });
      } catch (error) {
        if (removals === REMOVALS) throw error;
        await new Promise((resolve) => setTimeout(resolve, REMOVAL_PAUSE_MS));
      }
    }
  }
}
