/** What a row is given: a server, a scheme, and clients that trust it. @module */

import type { Client } from "../../../src/http/client.ts";
import type { ClientOptions, ProxyLike } from "../../../src/http/options.ts";
import { withClient } from "../../support/client.ts";
import type { Lack, Peer } from "./peers/peer.ts";

/** A way to the server, and what it takes away. */
export interface Way {
  /** The proxy. */
  readonly proxy: ProxyLike;
  /** What the server behind it lacks then. */
  readonly lacks: readonly Lack[];
}

/** One server over one scheme. */
export class Visit {
  /** The server. */
  readonly peer: Peer;
  /** The scheme. */
  readonly scheme: "http" | "https";
  readonly #ca: string;
  readonly #way: Way;

  constructor(
    peer: Peer,
    scheme: "http" | "https",
    ca: string,
    way: Way = { proxy: false, lacks: [] },
  ) {
    this.peer = peer;
    this.scheme = scheme;
    this.#ca = ca;
    this.#way = way;
  }

  /** A URL of the server's. */
  url(path: string): string {
    return this.peer.url(this.scheme) + path;
  }

  /** The same where idle connections are closed early. */
  briefUrl(path: string): string {
    return this.peer.url(this.scheme, "brief") + path;
  }

  /** Whether the server lacks something. */
  lacks(what: Lack): boolean {
    return this.#way.lacks.includes(what) || (this.peer.kind.lacks?.includes(what) ?? false);
  }

  /** The connections that requests one after the other take; errors among them, but not as the last. */
  connectionsFor(requests: number, errors = 0): number {
    if (this.lacks("http/1.1") || this.lacks("kept connections")) return requests;
    return this.lacks("kept errors") ? 1 + errors : 1;
  }

  /** Whether to say that a connection closes, since its other end does not: a POST is not sent twice. */
  get close(): boolean {
    return this.lacks("kept connections");
  }

  /** Runs with a client that keeps to one connection. */
  async with(test: (client: Client) => Promise<void>, options: ClientOptions = {}): Promise<void> {
    await withClient({
      maxConnPerTarget: 1,
      proxy: this.#way.proxy,
      tls: { caCerts: [this.#ca] },
      ...options,
    }, test);
  }
}
