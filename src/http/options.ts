/**
 * What a client and a request can be told, and what holds where nothing is told.
 *
 * @module
 */

import type { ReaderLimits } from "../protocol/http1/limits.ts";
import type { TlsOptions } from "../socket/tls.ts";
import type { DebugOptions } from "../tap.ts";
import type { HttpCache } from "./cache/cache.ts";
import type { CacheMode } from "./cache/wish.ts";
import type { CookieJar } from "./cookies/jar.ts";
import type { Hooks } from "./hooks.ts";

/** Milliseconds for each phase of an exchange; `Infinity` or 0 for no end. */
export interface Timeouts {
  /** Waiting in line for a connection. Default: no end of its own. */
  queue?: number;
  /** Opening a connection: name, address, and a proxy's tunnel. Default 30,000, the seed's. */
  connect?: number;
  /** The TLS handshake, a proxy's too. Default: as long as `connect`. */
  tls?: number;
  /** Sending, while the peer takes nothing. Default 30,000. */
  send?: number;
  /** From the request sent, and the answers before it read, to the head of its answer. Default 30,000. */
  headers?: number;
  /** Between two pieces of the body, while somebody reads it. Default 30,000. */
  body?: number;
}

/**
 * A request's body; a function makes it anew for each time it is sent.
 *
 * A stream's pieces are asked for as the peer takes them: at most one write of 1 MiB (or one piece,
 * where that is larger) and the piece behind it are held. The memory of a piece is its source's again
 * when the next one is asked for.
 */
export type Body =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | FormData
  | URLSearchParams
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | (() => Body);

/** Header fields: a `Headers`, pairs, or an object. */
export type HeadersLike = Headers | Iterable<readonly [string, string]> | Record<string, string>;

/** How often, when and at whose cost requests are sent again. */
export interface RetryOptions {
  /**
   * Statuses after which a request that may be repeated is sent again, whether or not the answer says
   * when. Default: none; 429 and 503 that come with `Retry-After` always are.
   */
  statuses?: readonly number[];
  /** Milliseconds before the second attempt; doubled for each further one, with jitter. Default 150. */
  backoffMs?: number;
  /** Milliseconds that the backoff grows to at most. Default 2,000. */
  maxBackoffMs?: number;
  /** Milliseconds that `Retry-After` is obeyed for; an answer that asks for more is given out. Default 30,000. */
  maxRetryAfterMs?: number;
  /** Retries that each request to a target pays for: 0.2 lets one in six be a retry. Default 0.2. */
  budgetRatio?: number;
  /** Retries that a target may always have in reserve. Default 10. */
  budgetReserve?: number;
}

/** When a target that fails is left alone. */
export interface CircuitOptions {
  /** Failures in a row that open the circuit. Default 5. */
  maxFailures?: number;
  /** Milliseconds for which it stays open; then one request tries. Default 10,000. */
  openMs?: number;
}

/** Whether requests to a target are let through. */
export interface CircuitState {
  /** `"closed"` lets all through, `"open"` none, `"half-open"` one that tries. */
  readonly state: "closed" | "open" | "half-open";
  /** Failures in a row. */
  readonly failures: number;
  /** Milliseconds until one may try; 0 unless open. */
  readonly retryInMs: number;
}

/** A proxy, and how to be let in. */
export interface ProxyOptions {
  /**
   * `http://`, `https://`, `socks5://` (names resolved here) or `socks5h://` (there) and the proxy's
   * host and port. A user and a password may stand in it.
   */
  url: string | URL;
  /** Fields for the proxy itself. */
  headers?: HeadersLike;
  /** How TLS is spoken with an `https://` proxy. */
  tls?: TlsOptions;
  /** `true` opens a tunnel for `http://` targets too, instead of asking in absolute form. */
  tunnel?: boolean;
  /** Hosts that are called directly, as in `NO_PROXY`. */
  noProxy?: string;
}

/** A proxy; `"env"` for what the environment says, `false` for none. */
export type ProxyLike = string | URL | ProxyOptions | "env" | false;

/** Addresses for a host, in place of what DNS says; `undefined` leaves it to DNS. */
export type Resolve =
  | Readonly<Record<string, string | readonly string[]>>
  | ((
    hostname: string,
    port: number,
  ) => string | readonly string[] | undefined | Promise<string | readonly string[] | undefined>);

/** Whether an address that was found for a host may be called. */
export type AllowAddress = (
  address: string,
  target: { readonly hostname: string; readonly port: number },
) => boolean | Promise<boolean>;

/** What a {@linkcode Client} is made with. */
export interface ClientOptions extends Partial<ReaderLimits> {
  /** Connections at once, those being opened included. Default 50. */
  maxConn?: number;
  /** Connections at once to one target. Default 20. */
  maxConnPerTarget?: number;
  /** Connections being opened at once. Default 16. */
  maxDialing?: number;
  /** Requests in flight behind the one being answered; 0 turns pipelining off. Default 10. */
  maxPipelinedRequests?: number;
  /**
   * Requests that wait for a connection, besides those for which one is being opened; one more
   * fails with `LimitError`. Default 10,000.
   */
  maxQueued?: number;
  /** Local addresses, dealt to requests in turn for each host and port. */
  clientIps?: readonly string[];
  /** How often a request that may be repeated is sent again. Default 3. */
  maxRetries?: number;
  /** Redirects followed for one request. Default 20. */
  maxRedirects?: number;
  /** How requests are sent again. */
  retry?: RetryOptions;
  /** Leaves targets alone that fail; `true` for the defaults. Default `false`. */
  circuit?: boolean | CircuitOptions;
  /** Milliseconds for which a client IP rests after a 429 or 503 without `Retry-After`. Default 1,000. */
  clientIpRestMs?: number;
  /** Milliseconds for the whole of each exchange. Default: no end. */
  timeout?: number;
  /** Milliseconds for each phase. */
  timeouts?: Timeouts;
  /** Whether bodies are asked for, and decoded from, gzip, deflate, br and zstd. Default `true`. */
  decompress?: boolean;
  /** Bytes that a body may decode to. Default 1 GiB. */
  maxDecodedBytes?: number;
  /** Bytes that one byte of a body may decode to, once it has become more than 8 MiB. Default 300. */
  maxDecodedRatio?: number;
  /** Body bytes kept while nobody reads them; then the socket waits. Default 256 KiB. */
  maxBufferedBytes?: number;
  /** Bytes of an unwanted answer that are read to keep its connection. Default 64 KiB. */
  maxDrainBytes?: number;
  /** Milliseconds after which an idle connection is closed. Default 15,000. */
  idleTimeoutMs?: number;
  /** How TLS is spoken. */
  tls?: TlsOptions;
  /** Fields sent with every request. */
  headers?: HeadersLike;
  /**
   * The proxy. Default `"env"`: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` where they may be
   * read, which is done once. A request's own `Proxy-Authorization` goes to the proxy where that gets
   * the requests themselves; where it opens a tunnel it is refused, since the origin would get it.
   */
  proxy?: ProxyLike;
  /** A Unix socket on which every host is called; no proxy is asked then. */
  socketPath?: string;
  /** Addresses for hosts, in place of what DNS says; keys are `"host"` or `"host:port"`. */
  resolve?: Resolve;
  /**
   * Asked for every address before it is called, also after redirects and for proxies; all but `true`
   * refuses it. IPv4 within IPv6 is shown as IPv4, a Unix socket as `unix:/path`. A connection that is
   * kept was asked about when it was opened. Through a proxy everything then goes by tunnels, to
   * addresses that were found and allowed here.
   */
  allowAddress?: AllowAddress;
  /** Milliseconds for which a name's addresses are kept. Default 10,000; 0 keeps none. */
  dnsCacheMs?: number;
  /** Milliseconds after which the next of a host's addresses is tried beside the last (RFC 8305); `false` tries one after the other. Default 250. */
  happyEyeballs?: boolean | number;
  /** Whether a redirect may lead from `https:` to `http:`. Default `false`. */
  allowInsecureRedirect?: boolean;
  /**
   * Keeps the cookies that servers set and sends them back: in a jar for each client IP, as
   * {@linkcode Client.jar} gives it, or in the one that is given. A request with a `Cookie` field of
   * its own is sent with that alone. Default `false`.
   */
  cookies?: boolean | CookieJar;
  /**
   * Keeps answers and gives them again, as RFC 9111 allows: `memoryCache()`, `fileCache(folder)` or
   * `kvCache(kv)`. Several clients may share one. Default: none.
   */
  cache?: HttpCache;
  /** What is called on the way of every request. */
  hooks?: Hooks;
  /** Writes down what the client does. Default `false`. */
  debug?: boolean | DebugOptions;
}

/** What one request is told beyond the client's options. */
export interface RequestOptions {
  /** Where to, without credentials: those are refused and belong into a field. */
  url?: string | URL;
  /** The method; `GET`, or `POST` where there is a body. */
  method?: string;
  /** Fields to send. */
  headers?: HeadersLike;
  /** The body. */
  body?: Body | null;
  /** A value to send as JSON. */
  json?: unknown;
  /** Names and values to send as a form. */
  form?: URLSearchParams | Record<string, string>;
  /** Fields to send behind the body (RFC 9110 §6.5); a function is asked once the body has been sent. */
  trailers?: HeadersLike | (() => HeadersLike | Promise<HeadersLike>);
  /** Milliseconds for the whole exchange: waiting in line, redirects, retries and the body included. */
  timeout?: number;
  /** Milliseconds for each phase. */
  timeouts?: Timeouts;
  /** The local address to send it from. */
  clientIp?: string;
  /** What to do with a redirect. Default `"follow"`. */
  redirect?: "follow" | "manual" | "error";
  /** Redirects followed. */
  maxRedirects?: number;
  /** How often it may be sent again. */
  maxRetries?: number;
  /** How it is sent again, over the client's; `false` gives every answer out as it comes. */
  retry?: Pick<RetryOptions, "statuses" | "backoffMs" | "maxBackoffMs" | "maxRetryAfterMs"> | false;
  /** Whether it may be repeated, whatever its method says. */
  idempotent?: boolean;
  /**
   * A key by which the server knows it again (`Idempotency-Key`), so that it may be repeated; `true`
   * makes one up.
   */
  idempotencyKey?: boolean | string;
  /** `false` keeps it from being sent behind another. */
  pipeline?: boolean;
  /** Those with a higher one are served first. Default 0. */
  priority?: number;
  /** Ends it with `AbortedError` when it fires. */
  signal?: AbortSignal;
  /** `false` sends and keeps no cookies; or the jar for this request and the redirects it meets. */
  cookies?: boolean | CookieJar;
  /** How the client's cache is used, as Fetch names it; or `false`, or another cache. */
  cache?: CacheMode | HttpCache | false;
  /** Whether to ask for, and decode, compressed bodies. */
  decompress?: boolean;
  /** The content coding to send the body under; the server must be known to take it. */
  compress?: "gzip" | "deflate" | "br" | "zstd";
  /**
   * Whether the answer's body must be what its `Content-Digest` says (RFC 9530); `"require"` refuses
   * one that says nothing.
   */
  checkDigest?: boolean | "require";
  /** Whether to close the connection after the answer. */
  close?: boolean;
  /**
   * Whether the body waits until the server wants it (RFC 9110 §10.1.1): `true` for a second at most,
   * or so many milliseconds.
   */
  expectContinue?: boolean | number;
  /** Called with each 1xx answer but 100 and 101, early hints (103) for one. */
  onInformational?: (answer: InformationalResponse) => void;
  /** The protocol to switch to, as in `"websocket"`; the answer's `socket` is the connection then. */
  upgrade?: string;
  /** What stands in the request line instead of the path: `*`, or `host:port` for `CONNECT`. */
  requestTarget?: string;
  /** The proxy for this request. */
  proxy?: ProxyLike;
  /** A Unix socket to call on. */
  socketPath?: string;
  /** How TLS is spoken for this request; over the client's. */
  tls?: TlsOptions;
  /** Whether a redirect may lead from `https:` to `http:`. */
  allowInsecureRedirect?: boolean;
}

/** An answer before the answer. */
export interface InformationalResponse {
  /** From 102 to 199. */
  readonly status: number;
  /** Its fields. */
  readonly headers: Headers;
}
