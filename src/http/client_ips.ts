/**
 * Which of a client's addresses a request is sent from.
 *
 * @module
 */

/** Hosts whose dealing is remembered; with more, it starts anew. */
const MAX_HOSTS = 10_000;

/** The dealing for one host and port. */
interface Deal {
  /** Whose turn is next. */
  turn: number;
  /** When each may be dealt again, on the clock's scale. */
  readonly restsUntil: Map<string, number>;
}

/** Deals client IPs in turn for each host and port (SEMANTICS.md 40). */
export class ClientIps {
  readonly #ips: readonly string[];
  readonly #deals = new Map<string, Deal>();

  /** Deals these. */
  constructor(ips: readonly string[]) {
    this.#ips = ips;
  }

  /** Whether there is nothing to deal. */
  get isEmpty(): boolean {
    return this.#ips.length === 0;
  }

  /**
   * The one whose turn it is. Those that rest are left out; where all rest, the first that may come
   * back is dealt, since a server that is asked too often says so once more.
   *
   * @param host The host and port.
   * @param now The time on the clock's scale.
   */
  deal(host: string, now: number): string | undefined {
    const count = this.#ips.length;
    if (count === 0) return undefined;
    const deal = this.#dealFor(host);
    let best = deal.turn;
    let bestUntil = Infinity;
    for (let step = 0; step < count; step++) {
      const at = (deal.turn + step) % count;
      const until = deal.restsUntil.get(this.#ips[at]) ?? 0;
      if (until < bestUntil) {
        best = at;
        bestUntil = until;
      }
      if (until <= now) {
        best = at;
        break;
      }
    }
    deal.turn = (best + 1) % count;
    return this.#ips[best];
  }

  /** Leaves one out for a while: the host has had too much from it. */
  rest(host: string, ip: string, until: number): void {
    if (!this.#ips.includes(ip)) return;
    const { restsUntil } = this.#dealFor(host);
    restsUntil.set(ip, Math.max(until, restsUntil.get(ip) ?? 0));
  }

  #dealFor(host: string): Deal {
    let deal = this.#deals.get(host);
    if (deal === undefined) {
      if (this.#deals.size >= MAX_HOSTS) this.#deals.clear();
      deal = { turn: 0, restsUntil: new Map() };
      this.#deals.set(host, deal);
    }
    return deal;
  }
}
