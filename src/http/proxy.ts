/**
 * A proxy, read from what a caller or the environment says.
 *
 * Its user and password are kept apart from its name, which stands in errors.
 *
 * @module
 */

import { encodeBase64 } from "../codec/base64.ts";
import { LocalProtocolError } from "../errors.ts";
import { checkField } from "../protocol/http1/grammar.ts";
import { type Field, hasField } from "../protocol/http1/headers.ts";
import { readPins } from "../socket/tls_pins.ts";
import { termsOf, type TlsOptions } from "../socket/tls.ts";
import { NoProxy } from "./no_proxy.ts";
import type { ProxyOptions } from "./options.ts";
import { pairsOf } from "./settings.ts";

/** What is spoken with a proxy. */
export type ProxyKind = "http" | "https" | "socks5" | "socks5h";

/** A proxy. */
export interface Proxy {
  readonly kind: ProxyKind;
  /** An IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** `scheme://host:port`, without what lets one in. */
  readonly name: string;
  /** Empty for none; the password too. */
  readonly user: string;
  readonly password: string;
  /** Fields for the proxy itself, `Proxy-Authorization` among them. */
  readonly fields: readonly Field[];
  /** How TLS is spoken with an `https://` proxy. */
  readonly tls: TlsOptions;
  /** Whether `http:` targets too are reached by a tunnel. */
  readonly tunnel: boolean;
  /** Hosts that are called directly. */
  readonly noProxy: NoProxy | null;
  /** What two must agree in for one to stand for the other. */
  readonly terms: string;
}

const PORTS: Readonly<Record<ProxyKind, number>> = {
  http: 80,
  https: 443,
  socks5: 1080,
  socks5h: 1080,
};

/**
 * Reads a proxy.
 *
 * @param given Its URL, or that with more.
 * @param source Who says so, for the error.
 * @throws {LocalProtocolError} Where it is none; what stood in it is not told, since it may hold a
 *   password.
 */
export function readProxy(given: string | URL | ProxyOptions, source = "proxy"): Proxy {
  const options: ProxyOptions = typeof given === "string" || given instanceof URL
    ? { url: given }
    : given;
  const fail = (why: string) => new LocalProtocolError(`Cannot use the proxy of ${source}: ${why}`);
  const text = String(options.url);
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null) throw fail("it is not a URL");
  const kind = url.protocol.slice(0, -1);
  if (!(kind in PORTS)) {
    throw fail(`its scheme is ${kind}; known are http, https, socks5 and socks5h`);
  }
  // Only hosts of schemes that the parser knows are normalized.
  const host = URL.parse(`http://${url.host}`)?.hostname.replace(/^\[|\]$/g, "") ?? "";
  if (host === "") throw fail("it has no host");
  const port = url.port === "" ? PORTS[kind as ProxyKind] : Number(url.port);
  const name = `${kind}://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const user = decoded(url.username, fail);
  const password = decoded(url.password, fail);
  const fields = [...pairsOf(options.headers)];
  const isTold = hasField(fields, "proxy-authorization");
  if (user + password !== "" && !kind.startsWith("socks") && !isTold) {
    // RFC 7617 §2: a user-id with a colon could not be told from one with a password.
    if (user.includes(":")) throw fail("its user holds a colon");
    fields.push(["Proxy-Authorization", `Basic ${encodeBase64(`${user}:${password}`)}`]);
  }
  for (const [name, value] of fields) checkField(name, value);
  const tls = options.tls ?? {};
  readPins(tls.pins ?? []);
  return {
    kind: kind as ProxyKind,
    host,
    port,
    name,
    user,
    password,
    fields,
    tls,
    tunnel: options.tunnel ?? false,
    noProxy: options.noProxy === undefined ? null : new NoProxy(options.noProxy),
    terms: JSON.stringify([
      name,
      user,
      password,
      fields,
      termsOf(tls, tls.serverName ?? "", false),
    ]),
  };
}

function decoded(part: string, fail: (why: string) => LocalProtocolError): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw fail("its user or password is not percent-encoded UTF-8");
  }
}
