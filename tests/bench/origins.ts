/**
 * Who answers: nginx, and an origin of our own that costs next to nothing.
 *
 * @module
 */

import { nginxPlan } from "../support/nginx_plan.ts";
import { type Place, ServerProcess } from "../support/server_process.ts";
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
  const http = ({ ports: [port] }: Place) => configuration(port, body);
  const nginx = stack.use(await ServerProcess.start(nginxPlan({ http })));
  return `http://127.0.0.1:${nginx.port}/`;
}

// The body stands in the configuration, so that no file system has a part in it.
function configuration(port: number, body: string): string {
  return `
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    server {
      listen 127.0.0.1:${port};
      location / { default_type text/plain; return 200 "${body}"; }
    }`;
}
