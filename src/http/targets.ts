/**
 * Where a client's requests go: the targets that it knows, the client IPs that are dealt among them,
 * and the circuits of their origins.
 *
 * @module
 */

import { LocalProtocolError } from "../errors.ts";
import { quoted } from "../protocol/http1/grammar.ts";
import type { Field } from "../protocol/http1/headers.ts";
import { isIPv4, isIPv6 } from "../socket/ip_address.ts";
import { clockNow } from "../thread/clock.ts";
import { Circuit } from "./circuit.ts";
import { ClientIps } from "./client_ips.ts";
import type { RequestPlan } from "./plan.ts";
import { Routes, type RouteWish } from "./route.ts";
import type { Settings } from "./settings.ts";
import { Target, targetKey } from "./target.ts";

/** Targets without connections are forgotten when there are more than this. */
const MAX_SPARE_TARGETS = 1_000;

/** The targets of one client. */
export class Targets {
  readonly #settings: Settings;
  readonly #standard: readonly Field[];
  readonly #routes: Routes;
  readonly #clientIps: ClientIps;
  readonly #byKey = new Map<string, Target>();
  /** By origin: a server that is down is so from every client IP. */
  readonly #circuits = new Map<string, Circuit>();
  // Most requests go where the last one went; comparing costs less than looking up.
  #lastOrigin = "";
  #lastTarget: Target | null = null;

  /**
   * Knows none yet.
   *
   * @param standard Fields that every request sends unless it says otherwise.
   * @throws {LocalProtocolError} Where a client IP of the settings is none.
   */
  constructor(settings: Settings, standard: readonly Field[]) {
    for (const ip of settings.clientIps) checkIp(ip);
    this.#settings = settings;
    this.#standard = standard;
    this.#routes = new Routes(settings);
    this.#clientIps = new ClientIps(settings.clientIps);
  }

  /** All that are known. */
  all(): Iterable<Target> {
    return this.#byKey.values();
  }

  /**
   * The target that an origin is known to stand for as it is written; `null` where it is not known,
   * or a client IP is to be dealt.
   */
  plain(origin: string): Target | null {
    if (origin === this.#lastOrigin) return this.#lastTarget;
    if (!this.#clientIps.isEmpty) return null;
    const target = this.#byKey.get(origin) ?? null;
    if (target !== null) {
      this.#lastOrigin = origin;
      this.#lastTarget = target;
    }
    return target;
  }

  /**
   * The target of a request.
   *
   * @param clientIp The client IP that it asks for; where it asks for none, one is dealt.
   * @param wish The way that it asks for; `null` for the client's own.
   * @throws {LocalProtocolError} Where the client IP is none.
   */
  of(url: URL, clientIp: string | undefined, wish: RouteWish | null): Target {
    if (clientIp !== undefined) checkIp(clientIp);
    return this.#at(url, clientIp ?? this.#clientIps.deal(url.host, clockNow()), wish);
  }

  /** Where a redirect leads. */
  after({ target }: RequestPlan, url: URL): Target {
    return this.#at(url, target.clientIp, target.route.wish);
  }

  /** Where to send a request again: from another client IP, where one was dealt. */
  again({ url, target, isIpChosen }: RequestPlan): Target {
    if (this.#clientIps.isEmpty || isIpChosen) return target;
    const { authority, route } = target;
    return this.#at(new URL(url), this.#clientIps.deal(authority, clockNow()), route.wish);
  }

  /** A target has had too much from a client IP, which rests: so many milliseconds, where it says. */
  onOverload({ clientIp, authority }: Target, restMs: number | null): void {
    if (clientIp === undefined) return;
    const ms = restMs ?? this.#settings.clientIpRestMs;
    this.#clientIps.rest(authority, clientIp, clockNow() + ms);
  }

  /** The circuit of a target; `null` where the client has none. */
  circuitOf({ origin }: Target): Circuit | null {
    if (this.#settings.circuit === null) return null;
    let circuit = this.#circuits.get(origin);
    if (circuit === undefined) {
      circuit = new Circuit(this.#settings.circuit);
      this.#circuits.set(origin, circuit);
    }
    return circuit;
  }

  /** The circuit of an origin, where there is one and something was sent there. */
  knownCircuit(origin: string): Circuit | null {
    return this.#circuits.get(origin) ?? null;
  }

  #at(url: URL, clientIp: string | undefined, wish: RouteWish | null): Target {
    const route = this.#routes.of(url, wish);
    const key = targetKey(`${url.protocol}//${url.host}`, clientIp, route.key);
    let target = this.#byKey.get(key);
    if (target === undefined) {
      if (this.#byKey.size >= MAX_SPARE_TARGETS) this.#forget();
      target = new Target(url, clientIp, this.#standard, route);
      this.#byKey.set(key, target);
    }
    return target;
  }

  #forget(): void {
    this.#lastOrigin = "";
    for (const [key, target] of this.#byKey) {
      if (target.isUnused) this.#byKey.delete(key);
    }
    for (const [origin, circuit] of this.#circuits) {
      if (circuit.state(clockNow()).failures === 0) this.#circuits.delete(origin);
    }
  }
}

function checkIp(ip: string): void {
  if (!isIPv4(ip) && !isIPv6(ip)) {
    throw new LocalProtocolError(`Cannot send from ${quoted(String(ip))}: it is not an IP address`);
  }
}
