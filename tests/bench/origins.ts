/**
 * Who answers: nginx, and origins of our own that cost next to nothing.
 *
 * @module
 */

import { nginxPlan } from "../support/nginx_plan.ts";
import { type Place, ServerProcess } from "../support/server_process.ts";
import { LineProcess } from "./line_process.ts";

/** What an origin answers with. */
export interface Answer {
  readonly body: Uint8Array;
  /** The content coding that the body is in. */
  readonly coding?: "gzip";
}

/** Starts an origin that answers with a body; the stack ends it. Returns the URL to ask for. */
export type StartOrigin = (answer: Answer, stack: AsyncDisposableStack) => Promise<string>;

/**
 * Starts a script of `origins/`; the stack ends it.
 *
 * @returns The port that it tells.
 */
export async function startOwn(
  script: string,
  args: readonly string[],
  stack: AsyncDisposableStack,
): Promise<number> {
  const flags = ["--unstable-net"];
  const origin = stack.use(LineProcess.ofDeno(script, `origins/${script}`, args, flags));
  return (await origin.next<{ port: number }>()).port;
}

/** Writes a file that is gone with the stack. */
export async function temporaryFile(
  bytes: Uint8Array,
  stack: AsyncDisposableStack,
): Promise<string> {
  const path = await Deno.makeTempFile({ prefix: "lasa-bench-" });
  stack.defer(() => Deno.remove(path));
  await Deno.writeFile(path, bytes);
  return path;
}

/** Starts the batch origin. */
export const startBatchOrigin: StartOrigin = async ({ body, coding }, stack) => {
  const file = await temporaryFile(body, stack);
  const port = await startOwn("batch.ts", coding === undefined ? [file] : [file, coding], stack);
  return `http://127.0.0.1:${port}/p/1`;
};

/** Starts an nginx of our own, which asks nothing of the machine's. */
export const startNginx: StartOrigin = async (answer, stack) => {
  const http = async (place: Place) => {
    await Deno.writeFile(`${place.folder}/body`, answer.body);
    return configuration(place, answer);
  };
  const nginx = stack.use(await ServerProcess.start(nginxPlan({ http })));
  return `http://127.0.0.1:${nginx.port}/body`;
};

/** Bodies up to here stand in the configuration, so that no file system has a part in it. */
const MOST_IN_CONFIGURATION = 1024;

function configuration({ folder, ports: [port] }: Place, { body, coding }: Answer): string {
  const isSmall = body.length <= MOST_IN_CONFIGURATION && coding === undefined;
  return `
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    default_type text/plain;
    open_file_cache max=10;
    sendfile on;
    server {
      listen 127.0.0.1:${port};
      root ${folder};
      location / {
        ${coding === undefined ? "" : `add_header Content-Encoding ${coding};`}
        ${isSmall ? `return 200 "${new TextDecoder().decode(body)}";` : ""}
      }
    }`;
}
