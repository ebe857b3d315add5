/**
 * Who answers: nginx, and an origin of our own that costs next to nothing.
 *
 * @module
 */

import { LineProcess } from "./line_process.ts";
import { versionOf } from "./version.ts";

/** Starts an origin that answers with a body; the stack ends it. Returns the URL to ask for. */
export type StartOrigin = (body: string, stack: AsyncDisposableStack) => Promise<string>;

/** Starts the batch origin. */
export async function startBatchOrigin(body: string, stack: AsyncDisposableStack): Promise<string> {
  const origin = stack.use(LineProcess.ofDeno("batch origin", "origins/batch.ts", [body]));
  const { port } = await origin.next<{ port: number }>();
  return `http://127.0.0.1:${port}/p/1`;
}

/** The version of nginx on this machine; `null` where there is none. */
export async function nginxVersion(): Promise<string | null> {
  return await versionOf("nginx", "-v");
}

/** Starts an nginx of our own, which asks nothing of the machine's. */
export async function startNginx(body: string, stack: AsyncDisposableStack): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "lasa_bench_" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const port = freePort();
  await Deno.writeTextFile(`${folder}/nginx.conf`, nginxConf(folder, port, body));
  const nginx = new Deno.Command("nginx", {
    args: ["-p", folder, "-c", `${folder}/nginx.conf`, "-e", `${folder}/error.log`],
    stdin: "null",
  }).spawn();
  stack.defer(async () => {
    try {
      nginx.kill("SIGTERM");
    } catch {
      // It has ended by itself, which the one who waited for it was told.
    }
    await nginx.status;
  });
  const url = `http://127.0.0.1:${port}/`;
  await untilAnswered(url, nginx);
  return url;
}

// The body stands in the configuration, so that no file system has a part in it.
function nginxConf(folder: string, port: number, body: string): string {
  return `
    daemon off;
    worker_processes 1;
    pid ${folder}/nginx.pid;
    events { worker_connections 1024; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      keepalive_timeout 600s;
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      server {
        listen 127.0.0.1:${port};
        location / { default_type text/plain; return 200 "${body}"; }
      }
    }
  `;
}

/** A port that is free now; nginx cannot be asked which one it took. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilAnswered(url: string, nginx: Deno.ChildProcess): Promise<void> {
  let hasEnded = false;
  void nginx.status.then(() => hasEnded = true);
  while (!hasEnded) {
    const answer = await fetch(url).catch(() => null);
    await answer?.body?.cancel();
    if (answer !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("nginx does not start");
}
