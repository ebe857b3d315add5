import { Client } from "./client.ts";

let client: Client | null = null;

/**
 * `fetch` as the platform has it, on the connections of a client that all callers share.
 *
 * @param input Where to, or a whole request.
 * @param init What else to tell.
 * @returns The response.
 * @throws {TypeError} Where the request makes no sense or fails; `cause` is lasa's own error.
 *
 * @example In place of the platform's
 * ```ts
 * import { fetch } from "@lasa/lasa/http";
 *
 * const server = Deno.serve({ port: 0, onListen() {} }, () => new Response("hello"));
 * const response = await fetch(`http://127.0.0.1:${server.addr.port}/`, {
 *   headers: { connection: "close" },
 * });
 * console.log(await response.text()); // "hello"
 * await server.shutdown();
 * ```
 */
export function fetch(input: Request | URL | string, init?: RequestInit): Promise<Response> {
  client ??= new Client();
  return client.fetch(input, init);
}
