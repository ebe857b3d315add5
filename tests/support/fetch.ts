/** A server of the platform's, and lasa's `fetch` to call it with. @module */

import { Client } from "../../src/http/client.ts";
import type { ClientOptions } from "../../src/http/options.ts";

/** What answers a request. */
export type Handler = (request: Request) => Response | Promise<Response>;

/** Runs a test with a server and a client, both ended with it. */
export async function withServer(
  handler: Handler,
  test: (fetch: Client["fetch"], base: string, client: Client) => Promise<void>,
  options?: ClientOptions,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  const client = new Client(options);
  try {
    await test(client.fetch, `http://127.0.0.1:${server.addr.port}`, client);
  } finally {
    await client.closeAll();
    await server.shutdown();
  }
}

/** What a server saw of a request. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers with what it saw. */
export const echo: Handler = async (request) => {
  const { pathname, search } = new URL(request.url);
  const seen: Seen = {
    method: request.method,
    path: pathname + search,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  };
  return Response.json(seen);
};

/** Redirects from `/redirect/STATUS?to=URL`, and answers all else with what it saw. */
export const redirecting: Handler = async (request) => {
  const { pathname, searchParams } = new URL(request.url);
  if (!pathname.startsWith("/redirect/")) return await echo(request);
  await request.body?.cancel();
  const location = searchParams.get("to");
  const headers: HeadersInit = location === null ? {} : { location };
  return new Response("elsewhere", { status: Number(pathname.split("/")[2]), headers });
};

/** The path that {@linkcode redirecting} redirects from. */
export function redirectTo(to: string, status = 302): string {
  return `/redirect/${status}?to=${encodeURIComponent(to)}`;
}
