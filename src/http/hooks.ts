/**
 * What a user may have called on the way of every request.
 *
 * @module
 */

import type { LasaError } from "../errors.ts";
import type { HttpResponse } from "./response.ts";

/** A request that is about to be sent. */
export interface OutgoingRequest {
  /** The method. */
  readonly method: string;
  /** Where to. */
  readonly url: string;
  /** The caller's fields; what is changed here is what is sent. */
  readonly headers: Headers;
  /** How many redirects led here. */
  readonly redirectCount: number;
}

/** A request that is about to be sent again. */
export interface RetryEvent {
  /** The method. */
  readonly method: string;
  /** Where to. */
  readonly url: string;
  /** 1 for the second attempt. */
  readonly attempt: number;
  /** Milliseconds that are waited first. */
  readonly delayMs: number;
  /** What went wrong; absent where an answer asked for it. */
  readonly error?: LasaError;
  /** The answer that asked for it; its body is not read. */
  readonly response?: HttpResponse;
}

/** A redirect that is about to be followed. */
export interface RedirectEvent {
  /** The answer that redirects. */
  readonly response: HttpResponse;
  /** The method of the next request. */
  readonly method: string;
  /** Where it will go. */
  readonly url: string;
  /** 1 for the first redirect. */
  readonly redirectCount: number;
}

/**
 * Called on the way of every request. What a hook throws ends the request with it.
 *
 * @example A token for every request, and what each answer was
 * ```ts
 * import { http } from "@lasa/lasa";
 *
 * const server = Deno.serve(
 *   { port: 0, onListen() {} },
 *   (request) => new Response(request.headers.get("authorization")),
 * );
 * await using client = new http.Client({
 *   hooks: {
 *     beforeRequest: (request) => request.headers.set("authorization", "Bearer abc"),
 *     afterResponse: (response) => console.log(response.status, response.url),
 *   },
 * });
 * const response = await client.get(`http://127.0.0.1:${server.addr.port}/`);
 * console.log(await response.text()); // "Bearer abc"
 * await client.closeAll();
 * await server.shutdown();
 * ```
 */
export interface Hooks {
  /** Before a request is sent, the ones that redirects lead to included. */
  beforeRequest?: (request: OutgoingRequest) => void | Promise<void>;
  /** After the head of an answer has come, before the caller gets it. */
  afterResponse?: (response: HttpResponse) => void | Promise<void>;
  /** Before a request is sent again; `false` leaves it at what it has come to. */
  beforeRetry?: (retry: RetryEvent) => void | boolean | Promise<void | boolean>;
  /** Before a redirect is followed; `false` gives the redirect itself to the caller. */
  beforeRedirect?: (redirect: RedirectEvent) => void | boolean | Promise<void | boolean>;
}
