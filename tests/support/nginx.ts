/**
 * An nginx of a test's own: its files, its configuration, its ports, stopped by its process.
 *
 * @module
 */

import type { Identity } from "./tls.ts";

/** Whether nginx is on this machine. */
export const hasNginx: boolean = await (async () => {
  try {
    return (await new Deno.Command("nginx", { args: ["-v"], stderr: "null" }).output()).success;
  } catch {
    return false;
  }
})();

/** Declares a test that needs nginx; where there is none, an ignored one says so. */
export function testWithNginx(name: string, test: () => Promise<void>): void {
  if (hasNginx) Deno.test(name, test);
  else Deno.test.ignore(`${name} (needs nginx, which is not here)`, () => {});
}

/** A running nginx. */
export class Nginx implements AsyncDisposable {
  /** The folder whose files it serves. */
  readonly root: string;
  /** The port for plain HTTP. */
  readonly port: number;
  /** The port for HTTPS. */
  readonly tlsPort: number;
  readonly #folder: string;
  #child: Deno.ChildProcess | null = null;

  private constructor(folder: string, port: number, tlsPort: number) {
    this.#folder = folder;
    this.root = `${folder}/root`;
    this.port = port;
    this.tlsPort = tlsPort;
  }

  /** Starts one that serves these files: as they are, and under `/chunked/` and `/gzip/`. */
  static async start(
    files: Iterable<readonly [string, Uint8Array]>,
    tls: Identity,
  ): Promise<Nginx> {
    const nginx = new Nginx(
      await Deno.makeTempDir({ prefix: "lasa-nginx-" }),
      freePort(),
      freePort(),
    );
    await Deno.mkdir(nginx.root);
    for (const [name, bytes] of files) await Deno.writeFile(`${nginx.root}/${name}`, bytes);
    await Deno.writeTextFile(`${nginx.#folder}/cert.pem`, tls.cert);
    await Deno.writeTextFile(`${nginx.#folder}/key.pem`, tls.key);
    await Deno.writeTextFile(nginx.#conf, nginx.#text());
    await nginx.startAgain();
    return nginx;
  }

  /** Starts it after {@linkcode Nginx.stop}; ends once it listens. */
  async startAgain(): Promise<void> {
    this.#child = new Deno.Command("nginx", {
      args: ["-p", this.#folder, "-c", this.#conf, "-e", `${this.#folder}/error.log`],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    for (let left = 200;; left--) {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port: this.tlsPort })).close();
        return;
      } catch (error) {
        if (left === 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  /** Stops it at once, answers on their way or not. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    child.kill("SIGTERM");
    await child.status;
  }

  /** Has it start new workers; the old ones end what they have begun and close. */
  reload(): void {
    this.#child!.kill("SIGHUP");
  }

  /** Stops it and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.#folder, { recursive: true });
  }

  get #conf(): string {
    return `${this.#folder}/nginx.conf`;
  }

  #text(): string {
    const folder = this.#folder;
    const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((each) =>
      `${each}_temp_path ${folder}/${each};`
    );
    return `
      daemon off;
      worker_processes 1;
      pid ${folder}/nginx.pid;
      error_log ${folder}/error.log;
      ${Deno.uid() === 0 ? "user root;" : ""}
      events { worker_connections 256; }
      http {
        access_log off;
        ${temp.join(" ")}
        default_type application/octet-stream;
        server {
          listen 127.0.0.1:${this.port};
          listen 127.0.0.1:${this.tlsPort} ssl;
          ssl_certificate ${folder}/cert.pem;
          ssl_certificate_key ${folder}/key.pem;
          root ${this.root};
          # A filter that may change the length makes nginx send chunks.
          location /chunked/ {
            alias ${this.root}/;
            sub_filter_types *;
            sub_filter "a text that stands in none of the files" "";
          }
          location /gzip/ {
            alias ${this.root}/;
            gzip on;
            gzip_types *;
            gzip_min_length 1;
            gzip_comp_level 1;
          }
        }
      }`;
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
