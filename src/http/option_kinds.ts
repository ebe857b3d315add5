/**
 * What kind of value each option takes. A value of another kind is refused where it is given: later
 * it would fail in the words of whatever tripped over it, or quietly mean something else.
 *
 * Numbers are not here: what reads them (`settings.ts`) knows their range as well.
 *
 * @module
 */

import { quoted } from "../protocol/http1/grammar.ts";

/** Whether a value is of the kind, and what the kind is called. */
interface Kind {
  readonly includes: (value: unknown) => boolean;
  readonly name: string;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown) => typeof value === "string" && value.trim() !== "";
const isBoolean = (value: unknown) => typeof value === "boolean";
const isFunction = (value: unknown) => typeof value === "function";

const BOOLEAN: Kind = { includes: isBoolean, name: "true or false" };
const TEXT: Kind = { includes: isText, name: "a text" };
const FUNCTION: Kind = { includes: isFunction, name: "a function" };
const OBJECT: Kind = { includes: isObject, name: "an object" };
const FIELDS: Kind = {
  includes: (value) => typeof value === "object" && value !== null,
  name: "header fields: a Headers, pairs or an object",
};
const PROXY: Kind = {
  includes: (value) =>
    value === false || isText(value) || value instanceof URL ||
    isObject(value) && (isText(value.url) || value.url instanceof URL),
  name: 'a URL, proxy options with a url, "env" or false',
};
const COOKIES: Kind = {
  // By what it can do: a jar may come from another copy of the module.
  includes: (value) => isBoolean(value) || isObject(value) && isFunction(value.cookieHeader),
  name: "a CookieJar, true or false",
};
const isCache = (value: unknown) => isObject(value) && isFunction(value.handle);

const IN_BOTH: Readonly<Record<string, Kind>> = {
  timeouts: OBJECT,
  headers: FIELDS,
  decompress: BOOLEAN,
  allowInsecureRedirect: BOOLEAN,
  tls: OBJECT,
  proxy: PROXY,
  socketPath: TEXT,
  cookies: COOKIES,
};

const OF_CLIENT: Readonly<Record<string, Kind>> = {
  ...IN_BOTH,
  clientIps: {
    includes: (value) => Array.isArray(value) && value.every(isText),
    name: "a list of IP addresses",
  },
  retry: OBJECT,
  circuit: {
    includes: (value) => isBoolean(value) || isObject(value),
    name: "true, false or an object",
  },
  resolve: {
    includes: (value) => isFunction(value) || isObject(value),
    name: "a function or an object",
  },
  allowAddress: FUNCTION,
  hooks: OBJECT,
  cache: { includes: isCache, name: "a cache: memoryCache(), fileCache() or kvCache()" },
  debug: {
    includes: (value) => isBoolean(value) || isObject(value),
    name: "true, false or an object",
  },
};

const OF_REQUEST: Readonly<Record<string, Kind>> = {
  ...IN_BOTH,
  method: { includes: (value) => typeof value === "string", name: "a text" },
  form: {
    includes: (value) => isText(value) || typeof value === "object" && value !== null,
    name: "names and values",
  },
  trailers: { includes: (value) => isFunction(value) || FIELDS.includes(value), name: FIELDS.name },
  clientIp: TEXT,
  retry: { includes: (value) => value === false || isObject(value), name: "an object or false" },
  idempotent: BOOLEAN,
  idempotencyKey: {
    includes: (value) => isBoolean(value) || typeof value === "string",
    name: "a text, true or false",
  },
  pipeline: BOOLEAN,
  signal: {
    includes: (value) =>
      isObject(value) && isBoolean(value.aborted) && isFunction(value.addEventListener),
    name: "an AbortSignal",
  },
  cache: {
    includes: (value) => value === false || typeof value === "string" || isCache(value),
    name: "a cache, a mode or false",
  },
  checkDigest: {
    includes: (value) => isBoolean(value) || value === "require",
    name: 'true, false or "require"',
  },
  close: BOOLEAN,
  expectContinue: {
    includes: (value) => isBoolean(value) || typeof value === "number" && value >= 0,
    name: "true, false or a duration in milliseconds",
  },
  onInformational: FUNCTION,
  upgrade: TEXT,
};

const HOOKS: Readonly<Record<string, Kind>> = {
  beforeRequest: FUNCTION,
  afterResponse: FUNCTION,
  beforeRetry: FUNCTION,
  beforeRedirect: FUNCTION,
};

/** Refuses a client's options that are of another kind. @throws {TypeError} That names the option and the value. */
export function checkClientOptions(options: object): void {
  checkKinds(options, OF_CLIENT, "");
  if ("hooks" in options && options.hooks !== undefined) {
    checkKinds(options.hooks as object, HOOKS, "hooks.");
  }
}

/** Refuses a request's options that are of another kind. @throws {TypeError} That names the option and the value. */
export function checkRequestOptions(options: object): void {
  checkKinds(options, OF_REQUEST, "");
}

/** A value as an error tells it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "object" && value !== null) return Object.prototype.toString.call(value);
  return typeof value === "function" ? "a function" : String(value);
}

function checkKinds(options: object, kinds: Readonly<Record<string, Kind>>, prefix: string): void {
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (value === undefined || kind === undefined || kind.includes(value)) continue;
    throw new TypeError(`Cannot set ${prefix}${name}: ${shown(value)} is not ${kind.name}`);
  }
}
