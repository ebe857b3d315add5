/**
 * An nginx of a test's own: its files, its configuration, its ports, stopped by its process.
 *
 * @module
 */

import { codedLocations, nginxPlan } from "./nginx_plan.ts";
import { type Place, ServerProcess, testWith } from "./server_process.ts";
import type { Identity } from "./tls.ts";

/** Declares a test that needs nginx; where there is none, an ignored one says so. */
export const testWithNginx: (name: string, test: () => Promise<void>) => void = testWith("nginx");

/** A running nginx. */
export class Nginx implements AsyncDisposable {
  readonly #process: ServerProcess;

  private constructor(process: ServerProcess) {
    this.#process = process;
  }

  /** Starts one that serves these files: as they are, and under `/chunked/` and `/gzip/`. */
  static async start(
    files: Iterable<readonly [string, Uint8Array]>,
    tls: Identity,
  ): Promise<Nginx> {
    const plan = nginxPlan({
      ports: 2,
      http: async (place) => {
        const root = `${place.folder}/root`;
        await Deno.mkdir(root);
        for (const [name, bytes] of files) await Deno.writeFile(`${root}/${name}`, bytes);
        await Deno.writeTextFile(`${place.folder}/cert.pem`, tls.cert);
        await Deno.writeTextFile(`${place.folder}/key.pem`, tls.key);
        return configuration(place);
      },
    });
    return new Nginx(await ServerProcess.start(plan));
  }

  /** The folder whose files it serves. */
  get root(): string {
    return `${this.#process.place.folder}/root`;
  }

  /** The port for plain HTTP. */
  get port(): number {
    return this.#process.place.ports[0];
  }

  /** The port for HTTPS. */
  get tlsPort(): number {
    return this.#process.place.ports[1];
  }

  /** Starts it after {@linkcode Nginx.stop}; ends once it listens. */
  async startAgain(): Promise<void> {
    await this.#process.startAgain();
  }

  /** Stops it at once, answers on their way or not. */
  async stop(): Promise<void> {
    await this.#process.stop();
  }

  /** Has it start new workers; the old ones end what they have begun and close. */
  reload(): void {
    this.#process.signal("SIGHUP");
  }

  /** Stops it and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}

function configuration({ folder, ports: [port, tlsPort] }: Place): string {
  const root = `${folder}/root`;
  return `
    default_type application/octet-stream;
    server {
      listen 127.0.0.1:${port};
      listen 127.0.0.1:${tlsPort} ssl;
      ssl_certificate ${folder}/cert.pem;
      ssl_certificate_key ${folder}/key.pem;
      root ${root};
      ${codedLocations(root)}
    }`;
}
