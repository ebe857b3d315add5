/**
 * One request, decided: what is sent where, and what may be done when it fails.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { LocalProtocolError } from "../errors.ts";
import { type Field, hasField, SentFields } from "../protocol/http1/headers.ts";
import { checkMethod, quoted } from "../protocol/http1/grammar.ts";
import { clockNow } from "../thread/clock.ts";
import type { CacheUse } from "./cached_exchange.ts";
import type { CookieJar } from "./cookies/jar.ts";
import { extrasOf, givenTarget, mayPipelineWith } from "./extras.ts";
import { shown } from "./option_kinds.ts";
import type {
  HeadersLike,
  InformationalResponse,
  RequestOptions,
  RetryOptions,
  Timeouts,
} from "./options.ts";
import { count, duration, pairsOf, retryOf, type Settings, timeoutsOf } from "./settings.ts";
import { compressed } from "./compressed_body.ts";
import { type NextRequest, withoutSecrets } from "./redirect.ts";
import { type RequestBody, requestBody } from "./request_body.ts";
import { fieldsOf, ownFieldsOf } from "./request_fields.ts";
import { requestTarget, type Target } from "./target.ts";

/** Everything about a request that stays the same however often it is sent. */
export interface RequestPlan {
  readonly method: string;
  readonly url: string;
  readonly target: Target;
  readonly path: string;
  readonly fields: SentFields;
  /** The caller's own fields, for the next request of a redirect. */
  readonly ownFields: readonly Field[];
  readonly body: RequestBody | null;
  readonly bodyLength: number | "chunked";
  /** Whether it may be sent again after it may have arrived (RFC 9110 §9.2.2). */
  readonly isRepeatable: boolean;
  /** Whether it may stand behind another, and another behind it. */
  readonly mayPipeline: boolean;
  readonly closes: boolean;
  readonly decompress: boolean;
  /** Whether the body must be what its `Content-Digest` says. */
  readonly checkDigest: boolean | "require";
  readonly timeouts: Required<Timeouts>;
  /** When the whole exchange must be over, on the clock's scale. */
  readonly deadlineAt: number;
  readonly signal: AbortSignal | undefined;
  readonly maxRetries: number;
  readonly retry: Required<RetryOptions>;
  /** Whether answers that ask for it, or are named by the options, lead to a retry. */
  readonly retriesAnswers: boolean;
  readonly maxRedirects: number;
  /** Whether the caller chose the client IP, which a retry then keeps. */
  readonly isIpChosen: boolean;
  readonly allowInsecureRedirect: boolean;
  /** Runs what the caller gave as code of the caller's thread; `null` where nothing of that kind is set. */
  readonly inContext: (<T>(fn: () => T) => T) | null;
  readonly redirect: "follow" | "manual" | "error";
  /** Whether redirects have led to an origin that the caller did not name. */
  readonly hasLeftOrigin: boolean;
  /** The caller's jar for this request; otherwise whether the client's is used, if it has one. */
  readonly cookies: boolean | CookieJar;
  /** The cache that it goes by, and how; `null` for none. */
  readonly cache: CacheUse | null;
  /** Those with a higher one are served first. */
  readonly priority: number;
  /** What only few requests ask for; `null` where this one asks for none of it. */
  readonly extras: PlanExtras | null;
}

/** What only few requests ask for. */
export interface PlanExtras {
  /** The protocol to switch to. */
  readonly upgrade: string | null;
  /** Milliseconds that the body waits for 100 Continue; 0 for none. */
  readonly expectContinueMs: number;
  /** Called with each 1xx answer. */
  readonly onInformational: ((answer: InformationalResponse) => void) | null;
  /** Fields to send behind the body. */
  readonly trailers: HeadersLike | (() => HeadersLike | Promise<HeadersLike>) | null;
}

const CACHE_MODES: ReadonlySet<string> = new Set([
  "default",
  "no-store",
  "reload",
  "no-cache",
  "force-cache",
  "only-if-cached",
]);

const CONNECTION_CLOSE: Field = ["Connection", "close"];

/** The plan of a request that says nothing but where to: the usual one, made quickly. */
export function plainPlan(
  url: string,
  target: Target,
  path: string,
  settings: Settings,
): RequestPlan {
  return {
    method: "GET",
    url,
    target,
    path: target.pathPrefix + path,
    fields: target.plainFields,
    ownFields: [],
    body: null,
    bodyLength: 0,
    isRepeatable: true,
    mayPipeline: true,
    closes: false,
    decompress: settings.decompress,
    checkDigest: false,
    timeouts: settings.timeouts,
    deadlineAt: settings.timeout === Infinity ? Infinity : clockNow() + settings.timeout,
    signal: undefined,
    maxRetries: settings.maxRetries,
    retry: settings.retry,
    retriesAnswers: true,
    maxRedirects: settings.maxRedirects,
    isIpChosen: false,
    allowInsecureRedirect: settings.allowInsecureRedirect,
    inContext: contextFor(settings),
    redirect: "follow",
    hasLeftOrigin: false,
    cookies: true,
    cache: settings.cache,
    priority: 0,
    extras: null,
  };
}

/** The plan of a request with options. */
export function planOf(
  url: URL,
  target: Target,
  options: RequestOptions,
  settings: Settings,
  standard: readonly Field[],
): RequestPlan {
  const body = codedBody(requestBody(options), options);
  const method = methodOf(options, body);
  const given = ownFieldsOf(pairsOf(options.headers), options, body);
  const path = options.requestTarget === undefined
    ? target.pathPrefix + requestTarget(url)
    : throughProxy(target, givenTarget(options.requestTarget, method));
  // RFC 9112 §3.2: Host names what is asked for, which for a tunnel is its far end.
  const ownFields: readonly Field[] = method === "CONNECT" && !hasField(given, "host")
    ? [["Host", path], ...given]
    : given;
  const extras = extrasOf(options, body);
  const isKeyed = hasField(ownFields, "idempotency-key");
  const decompress = options.decompress ?? settings.decompress;
  const { fields, bodyLength, saysClose } = fieldsOf(
    target,
    ownFields,
    standard,
    body,
    decompress,
    extras,
  );
  const closes = (options.close ?? false) || saysClose;
  if (closes && !saysClose) fields.push(CONNECTION_CLOSE);
  const isSafe = method === "GET" || method === "HEAD" || method === "OPTIONS" ||
    method === "TRACE";
  const isIdempotent = options.idempotent ??
    (isSafe || isKeyed || method === "PUT" || method === "DELETE");
  const timeout = duration("timeout", options.timeout, settings.timeout);
  if (options.redirect !== undefined && !["follow", "manual", "error"].includes(options.redirect)) {
    throw new TypeError(`Cannot send the request: redirect is ${quoted(String(options.redirect))}`);
  }
  return {
    method,
    url: url.href,
    target,
    path,
    fields: new SentFields(fields),
    ownFields,
    body,
    bodyLength,
    isRepeatable: isIdempotent && (body === null || body.isReplayable),
    // Only what is safe, or marked as repeatable, may be in front of or behind another.
    mayPipeline: options.pipeline !== false && !closes && (options.idempotent ?? isSafe) &&
      (body === null || body.bytes !== null) && method !== "CONNECT" && mayPipelineWith(extras),
    closes,
    decompress,
    checkDigest: options.checkDigest ?? false,
    timeouts: options.timeouts === undefined
      ? settings.timeouts
      : timeoutsOf(options.timeouts, settings.timeouts),
    deadlineAt: timeout === Infinity ? Infinity : clockNow() + timeout,
    signal: options.signal,
    maxRetries: count("maxRetries", options.maxRetries, settings.maxRetries, 0),
    retry: options.retry ? retryOf(options.retry, settings.retry) : settings.retry,
    retriesAnswers: options.retry !== false,
    maxRedirects: count("maxRedirects", options.maxRedirects, settings.maxRedirects, 0),
    isIpChosen: options.clientIp !== undefined,
    allowInsecureRedirect: options.allowInsecureRedirect ?? settings.allowInsecureRedirect,
    inContext: contextFor(settings),
    // What stands for no path can be asked for nowhere else.
    redirect: options.requestTarget === undefined ? options.redirect ?? "follow" : "manual",
    hasLeftOrigin: false,
    cookies: options.cookies ?? true,
    cache: cacheUseOf(options.cache, settings.cache),
    priority: priorityOf(options.priority),
    extras,
  };
}

function codedBody(body: RequestBody | null, { compress }: RequestOptions): RequestBody | null {
  if (compress === undefined || body === null) return body;
  if (!["gzip", "deflate", "br", "zstd"].includes(compress)) {
    throw new TypeError(`Cannot send the request: compress is ${quoted(String(compress))}`);
  }
  return compressed(body, compress);
}

function cacheUseOf(given: RequestOptions["cache"], preset: CacheUse | null): CacheUse | null {
  if (given === undefined) return preset;
  if (given === false) return null;
  if (typeof given === "object") return { cache: given, mode: "default" };
  if (!CACHE_MODES.has(given)) {
    throw new TypeError(`Cannot send the request: cache is ${quoted(String(given))}`);
  }
  return preset === null ? null : { cache: preset.cache, mode: given };
}

function priorityOf(given = 0): number {
  if (Number.isFinite(given)) return given;
  throw new RangeError(`Cannot set priority: ${shown(given)} is not a number`);
}

/** What the hooks are called with lies in the connection's hands by then: they run as the caller's. */
function contextFor({ hooks }: Settings): RequestPlan["inContext"] {
  return hooks.beforeRetry === undefined ? null : AsyncLocalStorage.snapshot();
}

function methodOf(options: RequestOptions, body: RequestBody | null): string {
  const method = options.method ?? (body === null ? "GET" : "POST");
  if (typeof method !== "string") {
    throw new TypeError(`Cannot send the request: method is ${String(method)}`);
  }
  checkMethod(method);
  // Fetch's rule: these are written in capitals, any other method is taken as it is.
  const upper = method.toUpperCase();
  const name = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].includes(upper)
    ? upper
    : method;
  if (upper === "CONNECT" && options.requestTarget === undefined) {
    throw new LocalProtocolError(
      "Cannot send the request: CONNECT asks for a tunnel; requestTarget must say where to",
    );
  }
  // RFC 9110 §9.3.6: what follows its head belongs to the tunnel.
  if (method === "CONNECT" && body !== null) {
    throw new LocalProtocolError("Cannot send the request: CONNECT has no body");
  }
  // RFC 9110 §9.3.8: a client must not send content in a TRACE request.
  if (upper === "TRACE" && body !== null) {
    throw new LocalProtocolError("Cannot send the request: TRACE has no body");
  }
  return name;
}

/** What is asked for in place of a path, as a proxy is told it. */
function throughProxy(target: Target, asked: string): string {
  // RFC 9112 §3.2.4: the last proxy makes "*" of a URL that has no path.
  return asked === "*" && target.pathPrefix !== "" ? target.pathPrefix : asked;
}

/** The plan of the request that a redirect leads to: the same wishes, the same deadline. */
export function redirectedPlan(
  plan: RequestPlan,
  next: NextRequest,
  target: Target,
  standard: readonly Field[],
): RequestPlan {
  const { url, method, hasLeftOrigin } = next;
  return withOwnFields(
    {
      ...plan,
      method,
      url: url.href,
      target,
      path: target.pathPrefix + requestTarget(url),
      body: method === plan.method ? plan.body : null,
      isRepeatable: plan.isRepeatable || method === "GET",
      hasLeftOrigin,
    },
    next.ownFields,
    standard,
  );
}

/** The same plan with other fields of the caller's. */
export function withOwnFields(
  plan: RequestPlan,
  ownFields: readonly Field[],
  standard: readonly Field[],
): RequestPlan {
  const { fields, bodyLength, saysClose } = fieldsOf(
    plan.target,
    ownFields,
    plan.hasLeftOrigin ? withoutSecrets(standard) : standard,
    plan.body,
    plan.decompress,
    plan.extras,
  );
  if (plan.closes && !saysClose) fields.push(CONNECTION_CLOSE);
  return {
    ...plan,
    ownFields,
    fields: new SentFields(fields),
    bodyLength,
    closes: plan.closes || saysClose,
    mayPipeline: plan.mayPipeline && !saysClose,
  };
}
