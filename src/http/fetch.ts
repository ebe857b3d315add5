/**
 * `fetch` as the platform has it, on this engine: for code that takes a `fetch` of one's own.
 *
 * The platform's own `Request` reads what was given, so that its rules hold for methods, fields,
 * bodies and URLs. What the Fetch standard says for pages in a browser alone is not done: `mode`,
 * `referrer`, `keepalive` and `priority` change nothing, and no port is blocked. Where a rule leaves a
 * choice, what Deno does is done: a redirect with `redirect: "manual"` is given out as it is, since
 * there is no page from which it would have to be hidden.
 *
 * What still bothers the author: nothing says whether the body of a `Request` was made of text or of
 * a stream. One that is there at once is taken for text, is sent with its length, and can be sent
 * again.
 *
 * @module
 */

import { concat } from "../bytes/concat.ts";
import {
  AbortedError,
  KilledError,
  LimitError,
  LocalProtocolError,
  RemoteProtocolError,
} from "../errors.ts";
import { quoted } from "../protocol/http1/grammar.ts";
import { nextTurn } from "../thread/turn.ts";
import type { Client } from "./client.ts";
import { type FetchedFor, fetchedStream } from "./fetched_body.ts";
import { FetchedResponse } from "./fetched_response.ts";
import { meetsIntegrity } from "./integrity.ts";
import type { Body, RequestOptions } from "./options.ts";
import { isRedirect } from "./redirect.ts";
import { type HttpResponse, NULL_BODY } from "./response.ts";

/** `fetch`, as the platform declares it. */
export type Fetch = (input: Request | URL | string, init?: RequestInit) => Promise<Response>;

// Taken while it is the platform's: a program may well put lasa's in its place.
const platformFetch = globalThis.fetch;

/** Bytes of a request's body that are gathered before it is taken for a stream. */
const MAX_GATHERED_BYTES = 1024 * 1024;

/** A client's `fetch`. It needs no binding, and has the name and the length of the platform's. */
export function fetchOf(client: Client): Fetch {
  return async function fetch(input, init = undefined) {
    return await fetchWith(client, input, init);
  };
}

/**
 * Does what the Fetch standard says of `fetch`, as far as it applies outside a browser.
 *
 * @throws {TypeError} Where the request makes no sense or fails; `cause` is lasa's own error.
 * @throws {KilledError} Where the thread is killed.
 * @throws The signal's reason, where it fires.
 */
async function fetchWith(
  client: Client,
  input: Request | URL | string,
  init: RequestInit | undefined,
): Promise<Response> {
  const request = new Request(input, init);
  const { protocol } = new URL(request.url);
  // data:, blob: and file: have nothing to do with HTTP; the platform knows them, and what is none.
  if (protocol !== "http:" && protocol !== "https:") return await platformFetch(request);
  const asked = new Asked(request, signalOf(input, init));
  if (asked.signal?.aborted) {
    await request.body?.cancel(asked.signal.reason).catch(() => {});
    throw asked.signal.reason;
  }
  let body: Body | null = null;
  try {
    body = await bodyOf(asked, init?.body);
    const options = optionsOf(asked, body);
    return await responseOf(await client.request(request.url, options), asked);
  } catch (error) {
    // Nobody may have begun to send it. Fetch, fetch abort: the caller's stream is told at once.
    if (body instanceof StreamedBody) void body.return().catch(() => {});
    throw asked.told(error);
  }
}

/** A request, and the signal that the caller gave: not one that depends on it. */
class Asked implements FetchedFor {
  constructor(
    readonly request: Request,
    readonly signal: AbortSignal | undefined,
  ) {}

  /** A failure as Fetch tells it. */
  told(error: unknown): unknown {
    if (error instanceof AbortedError && this.signal?.aborted) return this.signal.reason;
    if (error instanceof KilledError) return error;
    const told = error instanceof Error ? error.message : String(error);
    // Libraries know a network error, which they try again after, by the words of the platform's.
    const what = error instanceof LocalProtocolError || error instanceof LimitError
      ? `Cannot fetch ${this.request.url}`
      : `error sending request for url (${this.request.url})`;
    return new TypeError(`${what}: ${told}`, { cause: error });
  }
}

/** Listeners go to the caller's own signal, and are taken back; `null` stands for none. */
function signalOf(
  input: Request | URL | string,
  init: RequestInit | undefined,
): AbortSignal | undefined {
  if (init?.signal !== undefined) return init.signal ?? undefined;
  return input instanceof Request ? input.signal : undefined;
}

function optionsOf({ request, signal }: Asked, body: Body | null): RequestOptions {
  const { method, redirect } = request;
  // Fetch gives out whatever the server answers: to ask again is for whoever called it.
  const retry = false;
  const cookies = request.credentials !== "omit";
  const headers = headersOf(request, body);
  return { method, headers, body, redirect, signal, retry, cookies, cache: request.cache };
}

function headersOf({ headers, cache }: Request, body: Body | null): Headers {
  const sent = new Headers(headers);
  // Fetch's forbidden request-headers: how a body is framed is not the caller's to say. Only of a
  // stream the length can come from nowhere else.
  sent.delete("transfer-encoding");
  if (body === null || typeof body === "string" || !(Symbol.asyncIterator in body)) {
    sent.delete("content-length");
  }
  const preset = (name: string, value: string) => sent.has(name) || sent.set(name, value);
  // Fetch, HTTP-network-or-cache fetch: a part of a coded body could not be decoded.
  if (sent.has("range")) preset("accept-encoding", "identity");
  if (cache === "no-cache") preset("cache-control", "max-age=0");
  if (cache === "no-store" || cache === "reload") {
    preset("pragma", "no-cache");
    preset("cache-control", "no-cache");
  }
  return sent;
}

/** What is at hand can be sent again, after a redirect or a lost connection; a stream cannot. */
async function bodyOf(asked: Asked, given: BodyInit | null | undefined): Promise<Body | null> {
  const { request } = asked;
  if (request.body === null) return null;
  if (typeof given === "string" || given instanceof Blob || given instanceof URLSearchParams) {
    return given;
  }
  if (given == null) return await gathered(asked, request.body);
  if (isStream(given)) return new StreamedBody(asked, request.body.getReader(), []);
  return await request.bytes();
}

function isStream(given: BodyInit): boolean {
  return given instanceof ReadableStream ||
    typeof given === "object" && Symbol.asyncIterator in given;
}

/** The body of a `Request`: bytes where it is there within a turn of the event loop. */
async function gathered(asked: Asked, stream: ReadableStream<Uint8Array>): Promise<Body> {
  const reader = stream.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  const turnIsOver = new Promise<null>((resolve) => nextTurn(() => resolve(null)));
  while (size <= MAX_GATHERED_BYTES) {
    const reading = reader.read();
    const read = await Promise.race([reading, turnIsOver]);
    if (read === null) return new StreamedBody(asked, reader, pieces, reading);
    if (read.done) return concat(pieces);
    if (!(read.value instanceof Uint8Array)) break;
    pieces.push(read.value);
    size += read.value.length;
  }
  return new StreamedBody(asked, reader, pieces);
}

/** The rest of a stream behind what was read of it; given up with the signal's reason. */
class StreamedBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #asked: Asked;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #first: Uint8Array[];
  #reading: Promise<ReadableStreamReadResult<Uint8Array>> | undefined;

  constructor(
    asked: Asked,
    reader: ReadableStreamDefaultReader<Uint8Array>,
    first: Uint8Array[],
    reading?: Promise<ReadableStreamReadResult<Uint8Array>>,
  ) {
    this.#asked = asked;
    this.#reader = reader;
    this.#first = first;
    this.#reading = reading;
    // Its failure is heard where it is waited for, if ever.
    reading?.catch(() => {});
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const first = this.#first.shift();
    if (first !== undefined) return { done: false, value: first };
    const reading = this.#reading ?? this.#reader.read();
    this.#reading = undefined;
    const { done, value } = await reading;
    return done ? { done, value: undefined } : { done, value };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    const { signal } = this.#asked;
    await this.#reader.cancel(signal?.aborted ? signal.reason : undefined);
    return { done: true, value: undefined };
  }
}

async function responseOf(response: HttpResponse, asked: Asked): Promise<Response> {
  const { request } = asked;
  // Fetch, HTTP-network-or-cache fetch: with this mode nothing kept is a failure.
  if (request.cache === "only-if-cached" && response.fromCache && response.status === 504) {
    await response.discard();
    throw new LocalProtocolError("nothing is cached for it");
  }
  // Fetch, HTTP fetch: with this mode every status that redirects is an error, Location or not.
  if (request.redirect === "error" && isRedirect(response.status)) {
    await response.discard();
    throw new LocalProtocolError(`the answer is a redirect (${response.status})`);
  }
  const hasBody = request.method !== "HEAD" && !NULL_BODY.has(response.status);
  if (request.integrity !== "") {
    return new FetchedResponse(response, await checked(response, hasBody, request.integrity));
  }
  if (!hasBody) {
    await response.discard();
    return new FetchedResponse(response, null);
  }
  const pieces = response.takePieces();
  // Fetch gives every answer a body that may have one, be it empty.
  const body = pieces === null ? new Uint8Array(0) : fetchedStream(pieces, asked);
  return new FetchedResponse(response, body);
}

/** The whole body, which must be what the caller said (Fetch, main fetch; Subresource Integrity). */
async function checked(
  response: HttpResponse,
  hasBody: boolean,
  integrity: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await response.bytes();
  if (hasBody && await meetsIntegrity(bytes, integrity)) return bytes;
  throw new RemoteProtocolError(`the body does not meet the integrity ${quoted(integrity)}`, {
    code: "integrity",
    sent: "all",
  });
}
