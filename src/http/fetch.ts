/**
 * `fetch` as the platform has it, on this engine: for code that takes a `fetch` of one's own.
 *
 * @module
 */

import { AbortedError } from "../errors.ts";
import type { Client } from "./client.ts";
import type { Body, RequestOptions } from "./options.ts";
import { type HttpResponse, NULL_BODY } from "./response.ts";

/**
 * Does what the Fetch standard says of `fetch`, as far as it applies outside a browser.
 *
 * @throws {TypeError} Where the request makes no sense or fails; `cause` is lasa's own error.
 * @throws The signal's reason, where it fires.
 */
export async function fetchWith(
  client: Client,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  const request = new Request(input, init);
  const { protocol } = new URL(request.url);
  // data:, blob: and file: have nothing to do with HTTP; the platform knows them.
  if (protocol !== "http:" && protocol !== "https:") return await globalThis.fetch(request);
  request.signal.throwIfAborted();
  let response: HttpResponse;
  try {
    response = await client.request(request.url, optionsOf(request, init));
  } catch (error) {
    throw toldByFetch(error, request);
  }
  return responseOf(response, request);
}

function optionsOf(request: Request, init: RequestInit | undefined): RequestOptions {
  return {
    method: request.method,
    headers: request.headers,
    body: bodyOf(request, init),
    redirect: request.redirect,
    signal: request.signal,
  };
}

/** What is at hand can be sent again, after a redirect or a lost connection; a stream cannot. */
function bodyOf(request: Request, init: RequestInit | undefined): Body | null {
  const given = init?.body;
  if (given == null) return request.body;
  // FormData chooses its boundary when it is written: the request's own type holds it.
  if (given instanceof FormData || given instanceof ReadableStream) return request.body;
  return given as Body;
}

function responseOf(response: HttpResponse, request: Request): Response {
  const { status, statusText, headers } = response;
  const body = NULL_BODY.has(status) || request.method === "HEAD"
    ? null
    : guarded(response, request);
  if (body === null) void response.discard();
  const made = new Response(body, { status, statusText, headers });
  // A response that code makes has neither; one that came over the network has.
  Object.defineProperties(made, {
    url: { value: withoutFragment(response.url), configurable: true },
    redirected: { value: response.redirected, configurable: true },
  });
  return made;
}

/** The body, failing as Fetch's does. */
function guarded(response: HttpResponse, request: Request): ReadableStream<Uint8Array> | null {
  const { body } = response;
  if (body === null) return null;
  const reader = body.getReader();
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        controller.close();
        controller.byobRequest?.respond(0);
      } catch (error) {
        throw toldByFetch(error, request);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function toldByFetch(error: unknown, request: Request): unknown {
  if (error instanceof AbortedError && request.signal.aborted) return request.signal.reason;
  const told = error instanceof Error ? error.message : String(error);
  return new TypeError(`Cannot fetch ${request.url}: ${told}`, { cause: error });
}

function withoutFragment(url: string): string {
  const at = url.indexOf("#");
  return at < 0 ? url : url.slice(0, at);
}
