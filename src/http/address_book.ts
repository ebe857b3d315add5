/**
 * Which addresses a host is called at: those that the caller gives, else those that the system knows;
 * and of these the ones that the caller allows.
 *
 * What was allowed is what is called: nothing is looked up again afterwards, so a name that changes
 * its address in between ("DNS rebinding") gains nothing.
 *
 * @module
 */

import { DnsError, LocalProtocolError } from "../errors.ts";
import { quoted } from "../protocol/http1/grammar.ts";
import { abortable } from "../socket/abortable.ts";
import { DnsCache } from "../socket/dns_cache.ts";
import { isIPv4, isIPv6 } from "../socket/ip_address.ts";
import { plainAddress } from "../socket/ip_network.ts";
import { isAddress, lookupHost, mayCallEveryAddress } from "../socket/resolve.ts";
import type { Settings } from "./settings.ts";

/** How {@linkcode AddressBook.find} looks. */
export interface FindOptions {
  /** Takes the search back. */
  readonly signal?: AbortSignal;
  /** Whether a name is looked up also where the platform could be given it instead. */
  readonly mustResolve?: boolean;
}

/** Finds and judges the addresses of one client. */
export class AddressBook {
  readonly #settings: Settings;
  readonly #cache: DnsCache;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#cache = new DnsCache(lookupHost, settings.dnsCacheMs);
  }

  /** Whether every address is asked about before it is called. */
  get isGuarded(): boolean {
    return this.#settings.allowAddress !== undefined;
  }

  /** Whether a host can be called as it is: it is an address, and nobody wants to be asked. */
  isPlain(host: string): boolean {
    return !this.isGuarded && isAddress(host);
  }

  /**
   * Finds where a host is called.
   *
   * @returns At least one address; `null` where the platform is to find them, since it lets the name
   *   be called but not every address.
   * @throws {DnsError} Where it has none.
   * @throws {LocalProtocolError} Where `resolve` gives what is no address, or `allowAddress` allows
   *   none (code `"address not allowed"`).
   */
  async find(
    host: string,
    port: number,
    options: FindOptions = {},
  ): Promise<readonly string[] | null> {
    const { signal, mustResolve = false } = options;
    const found = isAddress(host) ? [host] : await this.#given(host, port, signal);
    if (found === undefined && !this.isGuarded && !mustResolve && !mayCallEveryAddress()) {
      return null;
    }
    const addresses = found ?? await abortable(this.#cache.lookup(host), signal);
    return this.isGuarded ? await this.#allowed(addresses, host, port, signal) : addresses;
  }

  /** Asks whether a Unix socket may be called. @throws {LocalProtocolError} Where it may not. */
  async checkPath(
    path: string,
    hostname: string,
    port: number,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.isGuarded) await this.#allowed([`unix:${path}`], hostname, port, signal);
  }

  async #given(
    host: string,
    port: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly string[] | undefined> {
    const { resolve } = this.#settings;
    if (resolve === undefined) return undefined;
    let given: string | readonly string[] | undefined;
    if (typeof resolve === "function") {
      // A function that throws at once fails like one that fails later.
      given = await abortable((async () => await resolve(host, port))(), signal);
    } else {
      const key = [`${host}:${port}`, host].find((key) => Object.hasOwn(resolve, key));
      given = key === undefined ? undefined : resolve[key];
    }
    if (given === undefined) return undefined;
    const addresses = typeof given === "string" ? [given] : [...given];
    for (const address of addresses) {
      if (typeof address === "string" && (isIPv4(address) || isIPv6(address))) continue;
      throw new LocalProtocolError(
        `Cannot resolve ${host}: resolve gave ${
          quoted(String(address))
        }, which is not an IP address`,
        { sent: "none" },
      );
    }
    if (addresses.length === 0) {
      throw new DnsError(`Cannot resolve ${host}: resolve gave no address`);
    }
    return addresses;
  }

  async #allowed(
    addresses: readonly string[],
    hostname: string,
    port: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly string[]> {
    const ask = this.#settings.allowAddress!;
    const plain = [...new Set(addresses.map(plainAddress))];
    const judged = Promise.all(
      plain.map(async (address) => await ask(address, { hostname, port }) === true),
    );
    const isAllowed = await abortable(judged, signal);
    const allowed = plain.filter((_, at) => isAllowed[at]);
    if (allowed.length > 0) return allowed;
    throw new LocalProtocolError(
      `Cannot call ${hostname}:${port}: ${plain.join(", ")} ${
        plain.length === 1 ? "is" : "are"
      } not allowed`,
      { code: "address not allowed", sent: "none" },
    );
  }
}
