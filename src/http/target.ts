/**
 * Where requests go: a target is (scheme, host, port, client IP), as the seed has it, and the way
 * there, where a request asks for one of its own.
 *
 * @module
 */

import { LocalProtocolError } from "../errors.ts";
import { type Field, SentFields } from "../protocol/http1/headers.ts";
import { quoted } from "../protocol/http1/grammar.ts";
import type { Connection } from "./connection.ts";
import type { Exchange } from "./exchange.ts";
import { ExchangeQueue } from "./exchange_queue.ts";
import { KeepingRecord } from "./keeping.ts";
import { PipeliningRecord } from "./pipelining.ts";
import { DIRECT, hostOf, portOf, type Route } from "./route.ts";

/** A place that connections are opened to, and who waits for them. */
export class Target {
  /** The scheme, host, port, client IP and way in one text. */
  readonly key: string;
  /** `http` or `https`. */
  readonly scheme: "http" | "https";
  /** The host to connect to; an IPv6 address without brackets. */
  readonly host: string;
  /** The port to connect to. */
  readonly port: number;
  /** The local address to connect from. */
  readonly clientIp: string | undefined;
  /** The way there. */
  readonly route: Route;
  /** What `Host` says (RFC 9112 §3.2): the default port left out. */
  readonly authority: string;
  /** `scheme://authority`. */
  readonly origin: string;
  /** What stands before the path in a request line: a proxy is told the origin (RFC 9112 §3.2.2). */
  readonly pathPrefix: string;
  /** Fields for a proxy that gets the requests themselves. */
  readonly proxyFields: readonly Field[];
  /** Fields that every request without fields of its own sends. */
  readonly plainFields: SentFields;
  /** Connections that stand. */
  readonly connections: Connection[] = [];
  /** Those of them that carry nothing; the last one was used last. */
  readonly idle: Connection[] = [];
  /** Requests that wait for a connection. */
  readonly queue: ExchangeQueue = new ExchangeQueue();
  /** Requests that rest before they are sent again. */
  readonly resting: Set<Exchange> = new Set();
  /** Connections being opened. */
  dialing = 0;
  /** Those of them that are in a TLS handshake. */
  handshakes = 0;
  /** What is known of pipelining here. */
  readonly pipelining: PipeliningRecord = new PipeliningRecord();
  /** What is known of how it keeps connections. */
  readonly keeping: KeepingRecord = new KeepingRecord();
  /** Requests that were asked for. */
  requestCount = 0;
  /** Requests that were handed over while another target waited for a slot, since the last turn ended. */
  turns = 0;
  /** Whether it is in the pool's line of targets that want a connection slot. */
  isInLine = false;

  constructor(
    url: URL,
    clientIp: string | undefined,
    fields: Iterable<Field>,
    route: Route = DIRECT,
  ) {
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw new LocalProtocolError(
        `Cannot send a request to ${quoted(url.href)}: scheme is ${
          quoted(url.protocol.slice(0, -1))
        }`,
      );
    }
    this.scheme = url.protocol === "https:" ? "https" : "http";
    this.host = hostOf(url);
    this.port = portOf(url);
    this.clientIp = clientIp;
    this.authority = url.host;
    this.origin = `${this.scheme}://${url.host}`;
    this.route = route;
    this.key = targetKey(this.origin, clientIp, route.key);
    this.pathPrefix = route.isForwarded ? this.origin : "";
    this.proxyFields = route.isForwarded ? route.proxy!.fields : [];
    this.plainFields = new SentFields([
      ["Host", this.authority],
      ...this.withProxyFields([...fields]),
    ]);
  }

  /** Whether a proxy sees a tunnel and no requests: what is meant for it would reach the origin. */
  get isTunnelled(): boolean {
    return this.route.proxy !== null && !this.route.isForwarded;
  }

  /** A request's fields with those for the proxy, where they are not among them already. */
  withProxyFields(fields: Field[]): Field[] {
    if (this.route.proxy === null) return fields;
    if (this.isTunnelled) return fields.filter(([name]) => !isForProxy(name));
    const names = new Set(fields.map(([name]) => name.toLowerCase()));
    return [...fields, ...this.proxyFields.filter(([name]) => !names.has(name.toLowerCase()))];
  }

  /** Whether nothing would be lost with it but what is known of pipelining. */
  get isUnused(): boolean {
    return this.connections.length === 0 && this.dialing === 0 && this.queue.size === 0 &&
      this.resting.size === 0;
  }
}

/** The text that names a target; that of the client's own way is its origin and its client IP. */
export function targetKey(origin: string, clientIp: string | undefined, routeKey: string): string {
  const key = clientIp === undefined ? origin : `${origin} ${clientIp}`;
  return routeKey === "" ? key : `${key} ${routeKey}`;
}

/** Whether a field is for the next proxy alone (RFC 9110 §11.7.2). */
export function isForProxy(name: string): boolean {
  return name.toLowerCase() === "proxy-authorization";
}

// Paths that the URL parser would hand back as they are; all others go through it.
const PLAIN_PATH = /^\/[A-Za-z0-9\-._~!$&()*+,;=:@/?]*$/;

/** Parts a URL whose parts need no normalizing; `null` where the URL parser must be asked. */
export function splitPlainUrl(url: string): { origin: string; path: string } | null {
  const start = url.indexOf("/", 8);
  if (start < 0) return null;
  const path = url.slice(start);
  // A segment that starts with a dot may be one that the parser takes away.
  if (!PLAIN_PATH.test(path) || path.includes("/.")) return null;
  return { origin: url.slice(0, start), path };
}

/** Parses a URL. @throws {LocalProtocolError} Where it is none, or holds credentials. */
export function parseUrl(url: string | URL): URL {
  const parsed = typeof url === "string" ? URL.parse(url) : url;
  if (!(parsed instanceof URL)) {
    throw new LocalProtocolError(`Cannot send a request: ${quoted(String(url))} is not a URL`);
  }
  // As in Fetch; and a URL ends up in logs, where a password should not.
  if (hasCredentials(parsed)) {
    throw new LocalProtocolError(
      `Cannot send a request to ${parsed.host}: its URL holds credentials; ` +
        "give them in an Authorization header",
    );
  }
  return parsed;
}

/** Whether a URL holds a user or a password. */
export function hasCredentials(url: URL): boolean {
  return url.username !== "" || url.password !== "";
}

/** A URL, or its end, without the fragment: that is for whoever asks alone (RFC 9110 §7.1). */
export function withoutFragment(url: string): string {
  const at = url.indexOf("#");
  return at < 0 ? url : url.slice(0, at);
}

/** What stands in the request line: the path and the query, also an empty one (RFC 9112 §3.2.1). */
export function requestTarget(url: URL): string {
  return withoutFragment(url.href.slice(url.origin.length));
}
