/**
 * Which hosts are called without a proxy: the rules of `NO_PROXY`, as curl and Go have them.
 *
 * No standard says what may stand there. What both take is taken here: `*` for all; a name, which
 * stands for itself and all below it, with or without a dot in front; an address; a network
 * (`10.0.0.0/8`); each but the last with a port behind it, if one likes. Commas and blanks part them.
 *
 * @module
 */

import { ipBytes, IpNetwork } from "../socket/ip_network.ts";

interface Rule {
  /** The port that it is for; `null` for all. */
  readonly port: number | null;
  /** In lower case, without dots at its ends; `null` where it is a network. */
  readonly name: string | null;
  readonly network: IpNetwork | null;
}

/** Hosts that are called directly. */
export class NoProxy {
  readonly #isForAll: boolean;
  readonly #rules: readonly Rule[];

  /** Reads the list. */
  constructor(list: string) {
    const items = list.toLowerCase().split(/[\s,]+/).filter((item) => item !== "");
    this.#isForAll = items.includes("*");
    this.#rules = items.map(ruleOf);
  }

  /**
   * Whether a host is among them.
   *
   * @param host In lower case; an IPv6 address without brackets.
   */
  has(host: string, port: number): boolean {
    if (this.#isForAll) return true;
    const bytes = ipBytes(host);
    const name = host.replace(/\.$/, "");
    return this.#rules.some((rule) => {
      if (rule.port !== null && rule.port !== port) return false;
      if (rule.network !== null) return bytes !== null && rule.network.has(bytes);
      // An address is no name: "1" does not stand for 10.0.0.1.
      return bytes === null && (name === rule.name || name.endsWith(`.${rule.name}`));
    });
  }
}

function ruleOf(item: string): Rule {
  const bare = IpNetwork.parse(item);
  if (bare !== null) return { port: null, name: null, network: bare };
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(item)!;
  const address = host.replace(/^\[(.*)\]$/, "$1");
  return {
    port: port === undefined ? null : Number(port),
    name: address.replace(/^\*?\./, "").replace(/\.$/, ""),
    network: IpNetwork.parse(address),
  };
}
