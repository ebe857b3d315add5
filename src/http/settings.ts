/**
 * A client's options with nothing left open, and what reads a value that was given.
 *
 * @module
 */

import { type ReaderLimits, readerLimits } from "../protocol/http1/limits.ts";
import { textWriter } from "../inspect/text.ts";
import type { TlsOptions } from "../socket/tls.ts";
import type { CacheUse } from "./cached_exchange.ts";
import { type DebugOptions, Tap } from "../tap.ts";
import type {
  AllowAddress,
  CircuitOptions,
  ClientOptions,
  HeadersLike,
  ProxyLike,
  Resolve,
  RetryOptions,
  Timeouts,
} from "./options.ts";
import type { Hooks } from "./hooks.ts";
import { checkClientOptions, shown } from "./option_kinds.ts";

/** Options with nothing left open. */
export interface Settings {
  maxConn: number;
  maxConnPerTarget: number;
  maxPipelinedRequests: number;
  maxDialing: number;
  maxQueued: number;
  clientIps: readonly string[];
  maxRetries: number;
  maxRedirects: number;
  timeouts: Required<Timeouts>;
  decompress: boolean;
  maxDecodedBytes: number;
  maxDecodedRatio: number;
  maxBufferedBytes: number;
  maxDrainBytes: number;
  idleTimeoutMs: number;
  tls: TlsOptions;
  headers: readonly (readonly [string, string])[];
  reader: ReaderLimits;
  timeout: number;
  retry: Required<RetryOptions>;
  circuit: Required<CircuitOptions> | null;
  clientIpRestMs: number;
  proxy: ProxyLike;
  socketPath: string | undefined;
  resolve: Resolve | undefined;
  allowAddress: AllowAddress | undefined;
  dnsCacheMs: number;
  /** Milliseconds between two addresses; `Infinity` for one after the other. */
  happyEyeballsMs: number;
  allowInsecureRedirect: boolean;
  hooks: Hooks;
  cache: CacheUse | null;
  tap: Tap;
}

/** Fills in the defaults (SEMANTICS.md 37) and refuses what makes no sense. */
export function settingsOf(options: ClientOptions): Settings {
  checkClientOptions(options);
  return {
    maxConn: count("maxConn", options.maxConn, 50, 1),
    maxConnPerTarget: count("maxConnPerTarget", options.maxConnPerTarget, 20, 1),
    maxPipelinedRequests: count("maxPipelinedRequests", options.maxPipelinedRequests, 10, 0),
    maxDialing: count("maxDialing", options.maxDialing, 16, 1),
    maxQueued: count("maxQueued", options.maxQueued, 10_000, 0),
    clientIps: options.clientIps ?? [],
    maxRetries: count("maxRetries", options.maxRetries, 3, 0),
    maxRedirects: count("maxRedirects", options.maxRedirects, 20, 0),
    timeouts: timeoutsOf(options.timeouts),
    decompress: options.decompress ?? true,
    maxDecodedBytes: count("maxDecodedBytes", options.maxDecodedBytes, 2 ** 30, 0),
    maxDecodedRatio: count("maxDecodedRatio", options.maxDecodedRatio, 300, 1),
    maxBufferedBytes: count("maxBufferedBytes", options.maxBufferedBytes, 256 * 1024, 1),
    maxDrainBytes: count("maxDrainBytes", options.maxDrainBytes, 64 * 1024, 0),
    idleTimeoutMs: duration("idleTimeoutMs", options.idleTimeoutMs, 15_000),
    tls: options.tls ?? {},
    headers: pairsOf(options.headers),
    reader: readerLimits(options),
    timeout: duration("timeout", options.timeout, Infinity),
    retry: retryOf(options.retry),
    circuit: circuitOf(options.circuit),
    clientIpRestMs: span("clientIpRestMs", options.clientIpRestMs, 1_000),
    proxy: options.proxy ?? "env",
    socketPath: options.socketPath,
    resolve: options.resolve,
    allowAddress: options.allowAddress,
    dnsCacheMs: span("dnsCacheMs", options.dnsCacheMs, 10_000),
    happyEyeballsMs: happyEyeballsOf(options.happyEyeballs),
    allowInsecureRedirect: options.allowInsecureRedirect ?? false,
    hooks: options.hooks ?? {},
    cache: options.cache === undefined ? null : { cache: options.cache, mode: "default" },
    tap: tapOf(options.debug),
  };
}

/** How requests are sent again, over what holds around. */
export function retryOf(
  given: RetryOptions = {},
  around?: Required<RetryOptions>,
): Required<RetryOptions> {
  const ratio = given.budgetRatio ?? around?.budgetRatio ?? 0.2;
  if (!(typeof ratio === "number" && ratio >= 0)) {
    throw new RangeError(`Cannot set retry.budgetRatio: ${shown(ratio)} is not a number from 0 up`);
  }
  return {
    statuses: statusesOf(given.statuses) ?? around?.statuses ?? [],
    backoffMs: span("retry.backoffMs", given.backoffMs, around?.backoffMs ?? 150),
    maxBackoffMs: span("retry.maxBackoffMs", given.maxBackoffMs, around?.maxBackoffMs ?? 2_000),
    maxRetryAfterMs: span(
      "retry.maxRetryAfterMs",
      given.maxRetryAfterMs,
      around?.maxRetryAfterMs ?? 30_000,
    ),
    budgetRatio: ratio,
    budgetReserve: count(
      "retry.budgetReserve",
      given.budgetReserve,
      around?.budgetReserve ?? 10,
      0,
    ),
  };
}

function statusesOf(given: RetryOptions["statuses"]): readonly number[] | undefined {
  const isStatus = (each: unknown) => Number.isInteger(each) && each as number >= 100;
  if (given === undefined || Array.isArray(given) && given.every(isStatus)) return given;
  throw new TypeError(`Cannot set retry.statuses: ${shown(given)} is not a list of status codes`);
}

function tapOf(debug: boolean | DebugOptions | undefined): Tap {
  const tap = new Tap();
  if (debug) tap.listen(textWriter(debug === true ? {} : debug));
  return tap;
}

function circuitOf(given: boolean | CircuitOptions | undefined): Required<CircuitOptions> | null {
  if (given === undefined || given === false) return null;
  const options = given === true ? {} : given;
  return {
    maxFailures: count("circuit.maxFailures", options.maxFailures, 5, 1),
    openMs: span("circuit.openMs", options.openMs, 10_000),
  };
}

function happyEyeballsOf(given: boolean | number | undefined): number {
  if (given === undefined || given === true) return 250;
  return given === false ? Infinity : span("happyEyeballs", given, 250);
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
    tls: duration("timeouts.tls", given.tls ?? given.connect, around?.tls ?? 30_000),
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
  throw new RangeError(
    `Cannot set ${name}: ${shown(given)} is not a whole number from ${least} up`,
  );
}

/** A duration in milliseconds; 0 stands for no end. */
export function duration(name: string, given: number | undefined, preset: number): number {
  if (given === undefined) return preset;
  // A text would pass the comparison, and be joined to a time later.
  if (typeof given === "number" && given >= 0) return given === 0 ? Infinity : given;
  throw new RangeError(`Cannot set ${name}: ${shown(given)} is not a duration in milliseconds`);
}

/** A duration in milliseconds that may be none at all. */
export function span(name: string, given: number | undefined, preset: number): number {
  if (given === undefined) return preset;
  if (typeof given === "number" && given >= 0) return given;
  throw new RangeError(`Cannot set ${name}: ${shown(given)} is not a duration in milliseconds`);
}

/** Fields as pairs. */
export function pairsOf(headers: HeadersLike | undefined): readonly (readonly [string, string])[] {
  if (headers === undefined) return [];
  if (headers instanceof Headers) return [...headers];
  const pairs = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new TypeError(
        `Cannot send the headers: ${shown(pair)} is not a pair of name and value`,
      );
    }
    const [name, value] = pair;
    if (typeof name !== "string" || typeof value !== "string") {
      throw new TypeError(
        `Cannot send the headers: the value of ${shown(name)} is ${shown(value)}`,
      );
    }
  }
  return pairs;
}
