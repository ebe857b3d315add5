/**
 * What a client and a request can be told, and what holds where nothing is told.
 *
 * @module
 */

import type { TlsOptions } from "../socket/tls.ts";
import { type ReaderLimits, readerLimits } from "../protocol/http1/limits.ts";

/** Milliseconds for each phase of an exchange; `Infinity` or 0 for no end. */
export interface Timeouts {
  /** Waiting in line for a connection. Default: no end of its own. */
  queue?: number;
  /** Opening a connection, TLS included. Default 30,000, the seed's. */
  connect?: number;
  /** Sending, for each piece. Default 30,000. */
  send?: number;
  /** From the request sent, and the answers before it read, to the head of its answer. Default 30,000. */
  headers?: number;
  /** Between two pieces of the body, while somebody reads it. Default 30,000. */
  body?: number;
}

/** A request's body; a function makes it anew for each time it is sent. */
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

/** What a {@linkcode Client} is made with. */
export interface ClientOptions extends Partial<ReaderLimits> {
  /** Connections at once, those being opened included. Default 50. */
  maxConn?: number;
  /** Connections at once to one target. Default 20. */
  maxConnPerTarget?: number;
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
  /** Milliseconds for each phase. */
  timeouts?: Timeouts;
  /** Whether bodies are asked for, and decoded from, gzip, deflate and br. Default `true`. */
  decompress?: boolean;
  /** Bytes that a body may decode to. Default 1 GiB. */
  maxDecodedBytes?: number;
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
  /** Whether it may be repeated, whatever its method says. */
  idempotent?: boolean;
  /** `false` keeps it from being sent behind another. */
  pipeline?: boolean;
  /** Ends it with `AbortedError` when it fires. */
  signal?: AbortSignal;
  /** Whether to ask for, and decode, compressed bodies. */
  decompress?: boolean;
  /** Whether to close the connection after the answer. */
  close?: boolean;
}

/** Options with nothing left open. */
export interface Settings {
  maxConn: number;
  maxConnPerTarget: number;
  maxPipelinedRequests: number;
  maxQueued: number;
  clientIps: readonly string[];
  maxRetries: number;
  maxRedirects: number;
  timeouts: Required<Timeouts>;
  decompress: boolean;
  maxDecodedBytes: number;
  maxBufferedBytes: number;
  maxDrainBytes: number;
  idleTimeoutMs: number;
  tls: TlsOptions;
  headers: readonly (readonly [string, string])[];
  reader: ReaderLimits;
}

/** Fills in the defaults (SEMANTICS.md 37) and refuses what makes no sense. */
export function settingsOf(options: ClientOptions): Settings {
  return {
    maxConn: count("maxConn", options.maxConn, 50, 1),
    maxConnPerTarget: count("maxConnPerTarget", options.maxConnPerTarget, 20, 1),
    maxPipelinedRequests: count("maxPipelinedRequests", options.maxPipelinedRequests, 10, 0),
    maxQueued: count("maxQueued", options.maxQueued, 10_000, 0),
    clientIps: options.clientIps ?? [],
    maxRetries: count("maxRetries", options.maxRetries, 3, 0),
    maxRedirects: count("maxRedirects", options.maxRedirects, 20, 0),
    timeouts: timeoutsOf(options.timeouts),
    decompress: options.decompress ?? true,
    maxDecodedBytes: count("maxDecodedBytes", options.maxDecodedBytes, 2 ** 30, 0),
    maxBufferedBytes: count("maxBufferedBytes", options.maxBufferedBytes, 256 * 1024, 1),
    maxDrainBytes: count("maxDrainBytes", options.maxDrainBytes, 64 * 1024, 0),
    idleTimeoutMs: duration("idleTimeoutMs", options.idleTimeoutMs, 15_000),
    tls: options.tls ?? {},
    headers: pairsOf(options.headers),
    reader: readerLimits(options),
  };
}

const NO_TIMEOUTS: Timeouts = {};

/** The phases' timeouts over those around them; the default of 30 s is the seed's. */
export function timeoutsOf(
  given: Timeouts = NO_TIMEOUTS,
  around?: Required<Timeouts>,
): Required<Timeouts> {
  return {
    queue: duration("timeouts.queue", given.queue, around?.queue ?? Infinity),
    connect: duration("timeouts.connect", given.connect, around?.connect ?? 30_000),
    send: duration("timeouts.send", given.send, around?.send ?? 30_000),
    headers: duration("timeouts.headers", given.headers, around?.headers ?? 30_000),
    body: duration("timeouts.body", given.body, around?.body ?? 30_000),
  };
}

/** A number of things: whole, not below `least`, or without end. */
export function count(
  name: string,
  given: number | undefined,
  preset: number,
  least: number,
): number {
  if (given === undefined) return preset;
  if (given === Infinity || (Number.isSafeInteger(given) && given >= least)) return given;
  throw new RangeError(`Cannot set ${name}: ${given} is not a whole number from ${least} up`);
}

/** A duration in milliseconds; 0 stands for no end. */
export function duration(name: string, given: number | undefined, preset: number): number {
  if (given === undefined) return preset;
  if (given >= 0) return given === 0 ? Infinity : given;
  throw new RangeError(`Cannot set ${name}: ${given} is not a duration in milliseconds`);
}

/** Fields as pairs. */
export function pairsOf(headers: HeadersLike | undefined): readonly (readonly [string, string])[] {
  if (headers === undefined) return [];
  if (Symbol.iterator in headers) return [...headers];
  return Object.entries(headers);
}
