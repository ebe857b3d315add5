/**
 * By which way a target is reached: directly, over a Unix socket, or through a proxy; and how TLS is
 * spoken at its end.
 *
 * A client's own ways need no name, since they follow from where a request goes. What a request asks
 * for beside them gets a way with a name of its own, and so connections of its own.
 *
 * @module
 */

import { readPins } from "../socket/tls_pins.ts";
import { termsOf, type TlsOptions } from "../socket/tls.ts";
import { NoProxy } from "./no_proxy.ts";
import type { ProxyLike, RequestOptions } from "./options.ts";
import { type Proxy, readProxy } from "./proxy.ts";
import { proxyEnv, readVariable } from "./proxy_env.ts";
import type { Settings } from "./settings.ts";

/** What a request says of its way. */
export interface RouteWish {
  readonly proxy?: ProxyLike;
  readonly socketPath?: string;
  readonly tls?: TlsOptions;
  /** Whether the connection is to change its protocol. */
  readonly isUpgrade?: boolean;
}

/** A way. */
export interface Route {
  /** Its name among the ways of one client; empty for those that the client takes unless told. */
  readonly key: string;
  /** The request that it was made for; a redirect goes on with its wishes. */
  readonly wish: RouteWish | null;
  /** The Unix socket on which to call; it goes past every proxy. */
  readonly socketPath: string | null;
  /** The proxy to go through. */
  readonly proxy: Proxy | null;
  /** Whether the proxy is asked for each resource (RFC 9112 §3.2.2), instead of for a tunnel. */
  readonly isForwarded: boolean;
  /** How TLS is spoken with the origin. */
  readonly tls: TlsOptions;
}

/** The way of those who say nothing at all. */
export const DIRECT: Route = {
  key: "",
  wish: null,
  socketPath: null,
  proxy: null,
  isForwarded: false,
  tls: {},
};

/** Ways that requests asked for are made anew when there were more than this. */
const MAX_KNOWN = 1_000;

/** What a request says of its way; `null` where it says nothing, as nearly all. */
export function wishOf({ proxy, socketPath, tls, upgrade }: RequestOptions): RouteWish | null {
  const isUpgrade = upgrade !== undefined && upgrade !== "";
  if (proxy === undefined && socketPath === undefined && tls === undefined && !isUpgrade) {
    return null;
  }
  return { proxy, socketPath, tls, isUpgrade };
}

/** Finds the proxy for a URL. */
type ProxyFor = (url: URL) => Proxy | null;

const noProxies: ProxyFor = () => null;

/** The ways of one client. */
export class Routes {
  readonly #settings: Settings;
  readonly #direct: Route;
  #ownProxy: ProxyFor | null = null;
  #envProxy: ProxyFor | null = null;
  readonly #known = new Map<string, Route>();
  #count = 0;

  /** @throws {LocalProtocolError} Where the client's own proxy, or a pin of it, makes no sense. */
  constructor(settings: Settings) {
    this.#settings = settings;
    const { tls, proxy, socketPath } = settings;
    readPins(tls.pins ?? []);
    this.#direct = { ...DIRECT, socketPath: socketPath ?? null, tls };
    // The environment is asked at the first request: it may never be needed.
    if (proxy !== "env") this.#ownProxy = this.#proxyFor(proxy);
  }

  /**
   * The way to where a URL leads.
   *
   * @throws {LocalProtocolError} Where the proxy or the TLS that is asked for makes no sense.
   */
  of(url: URL, wish: RouteWish | null): Route {
    return wish === null ? this.#own(url) : this.#wished(url, wish);
  }

  #own(url: URL): Route {
    if (this.#direct.socketPath !== null) return this.#direct;
    const proxy = this.#ownProxyFor(url);
    if (proxy === null) return this.#direct;
    return { ...this.#direct, proxy, isForwarded: this.#isForwarded(url, proxy) };
  }

  #ownProxyFor(url: URL): Proxy | null {
    return (this.#ownProxy ??= this.#proxyFor(this.#settings.proxy))(url);
  }

  #wished(url: URL, wish: RouteWish): Route {
    const socketPath = wish.socketPath ?? this.#direct.socketPath;
    let proxy: Proxy | null = null;
    if (socketPath === null) {
      proxy = wish.proxy === undefined ? this.#ownProxyFor(url) : this.#proxyFor(wish.proxy)(url);
    }
    let isForwarded = proxy !== null && this.#isForwarded(url, proxy);
    if (wish.isUpgrade) {
      const { proxy, socketPath, tls } = wish;
      const saysMore = proxy !== undefined || socketPath !== undefined || tls !== undefined;
      if (!isForwarded && !saysMore) return this.#own(url);
      // RFC 9110 §7.8: an upgrade is between neighbours, and the proxy would take it for its own; RFC
      // 6455 §4.1: a WebSocket goes by a tunnel.
      isForwarded = false;
    }
    const tls = { ...this.#settings.tls, ...wish.tls };
    // Compared are the wishes too: a redirect may lead to where the same ones mean another way.
    const terms = JSON.stringify([
      socketPath,
      proxy?.terms,
      isForwarded,
      termsOf(tls, tls.serverName ?? "", false),
      wish.socketPath,
      proxyTerms(wish.proxy),
      wish.tls === undefined,
    ]);
    let route = this.#known.get(terms);
    if (route === undefined) {
      readPins(tls.pins ?? []);
      if (this.#known.size >= MAX_KNOWN) this.#known.clear();
      route = { key: `way ${++this.#count}`, wish, socketPath, proxy, isForwarded, tls };
      this.#known.set(terms, route);
    }
    return route;
  }

  #proxyFor(given: ProxyLike): ProxyFor {
    if (given === false) return noProxies;
    if (given === "env") return this.#envProxy ??= proxyForEnv();
    const proxy = readProxy(given);
    const { noProxy } = proxy;
    if (noProxy === null) return () => proxy;
    return (url) => noProxy.has(hostOf(url), portOf(url)) ? null : proxy;
  }

  /**
   * What is asked for as a resource is looked up by the proxy, out of sight of whoever guards the
   * addresses; with a guard there are tunnels alone, to addresses that it allowed.
   */
  #isForwarded(url: URL, proxy: Proxy): boolean {
    return url.protocol === "http:" && (proxy.kind === "http" || proxy.kind === "https") &&
      !proxy.tunnel && this.#settings.allowAddress === undefined;
  }
}

function proxyForEnv(): ProxyFor {
  const { http, https, noProxy } = proxyEnv(readVariable);
  if (http === null && https === null) return noProxies;
  const without = new NoProxy(noProxy);
  const known = new Map<string, Proxy>();
  return (url) => {
    const named = url.protocol === "https:" ? https : http;
    if (named === null || without.has(hostOf(url), portOf(url))) return null;
    let proxy = known.get(named.variable);
    if (proxy === undefined) {
      proxy = readProxy(named.url, named.variable);
      known.set(named.variable, proxy);
    }
    return proxy;
  };
}

function proxyTerms(given: ProxyLike | undefined): unknown {
  if (given === undefined || typeof given !== "object" || given instanceof URL) {
    return given === undefined ? null : String(given);
  }
  return [readProxy(given).terms, given.tunnel, given.noProxy];
}

/** The host that a URL names; an IPv6 address without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

/** The port that a URL names, or that its scheme stands for. */
export function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}
