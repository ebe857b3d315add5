/**
 * The contract between UDP cosockets and what carries their datagrams, and the two that do.
 *
 * @module
 */

import { UnsupportedError } from "../errors.ts";
import { loadOutside } from "../thread/frame.ts";
import { requireNet } from "./net_permission.ts";

/** Where datagrams come from and go to. */
export type DatagramAddress =
  | { readonly hostname: string; readonly port: number }
  | { readonly path: string };

/** One datagram and its sender. */
export interface Datagram {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly address: DatagramAddress;
}

/** A bound socket for datagrams. */
export interface DatagramEndpoint {
  /** Where it is bound. */
  readonly address: DatagramAddress;
  /** Sends one datagram and tells how many bytes it had. */
  send(data: Uint8Array, to: DatagramAddress): Promise<number>;
  /** Waits for the next datagram, one call at a time; its bytes are valid until the next call. */
  receive(): Promise<Datagram>;
  /** Joins a multicast group, and gives what leaves it. */
  joinMulticast(group: string, interfaceAddress?: string): Promise<() => Promise<void>>;
  /** Ends everything, a pending receive included; the address is free once the promise is fulfilled. */
  close(): void | Promise<void>;
}

/** The largest payload of a UDP datagram over IPv4: 65,535 less the headers. */
const LARGEST_DATAGRAM = 65_507;
/** Datagrams that `node:dgram` delivered and nobody has taken; like the system, it drops more. */
const MAX_KEPT = 1_024;

/**
 * Binds a socket for datagrams, with the platform's own where it is there.
 *
 * @param at Where to; `null` for a path of a Unix socket's own, so that answers find it.
 */
export async function bindDatagram(at: DatagramAddress | null): Promise<DatagramEndpoint> {
  if (typeof Deno.listenDatagram === "function") {
    if (at !== null) return new DenoEndpoint(at);
    const folder = await Deno.makeTempDir({ prefix: "lasa_udp_" });
    try {
      return new DenoEndpoint({ path: `${folder}/socket` }, folder);
    } catch (error) {
      await Deno.remove(folder, { recursive: true });
      throw error;
    }
  }
  if (at === null || "path" in at) {
    throw new UnsupportedError(
      "Cannot use Unix datagrams: Deno.listenDatagram is missing; run with --unstable-net",
    );
  }
  return await NodeEndpoint.bind(at);
}

class DenoEndpoint implements DatagramEndpoint {
  readonly address: DatagramAddress;
  readonly #conn: Deno.DatagramConn;
  readonly #folder: string | null;
  // An array for each datagram costs more than receiving it: the platform fills it with zeros.
  #buffer: Uint8Array<ArrayBuffer> | null = null;

  /** Binds; a folder that is given goes with it. */
  constructor(at: DatagramAddress, folder: string | null = null) {
    this.#folder = folder;
    this.#conn = "path" in at
      ? Deno.listenDatagram({ transport: "unixpacket", path: at.path })
      : Deno.listenDatagram({ transport: "udp", hostname: at.hostname, port: at.port });
    this.address = fromDeno(this.#conn.addr);
  }

  send(data: Uint8Array, to: DatagramAddress): Promise<number> {
    return this.#conn.send(
      data,
      "path" in to
        ? { transport: "unixpacket", path: to.path }
        : { transport: "udp", hostname: to.hostname, port: to.port },
    );
  }

  async receive(): Promise<Datagram> {
    // Without a buffer of its own Deno cuts a datagram at 1,024 bytes.
    const buffer = this.#buffer ??= new Uint8Array(LARGEST_DATAGRAM);
    const [data, from] = await this.#conn.receive(buffer);
    return { data: data as Uint8Array<ArrayBuffer>, address: fromDeno(from) };
  }

  async joinMulticast(group: string, interfaceAddress?: string): Promise<() => Promise<void>> {
    if (group.includes(":")) {
      const membership = await this.#conn.joinMulticastV6(group, Number(interfaceAddress ?? 0));
      return () => membership.leave();
    }
    const membership = await this.#conn.joinMulticastV4(group, interfaceAddress ?? "0.0.0.0");
    return () => membership.leave();
  }

  close(): void {
    this.#conn.close();
    // At once: a program that ends now must leave nothing behind.
    if (this.#folder !== null) Deno.removeSync(this.#folder, { recursive: true });
  }
}

function fromDeno(addr: Deno.Addr): DatagramAddress {
  if ("hostname" in addr) return { hostname: addr.hostname, port: addr.port };
  return { path: "path" in addr ? addr.path : "" };
}

type NodeSocket = import("node:dgram").Socket;

async function nodeDgram(): Promise<typeof import("node:dgram")> {
  try {
    return await loadOutside(() => import("node:dgram"));
  } catch (cause) {
    throw new UnsupportedError(
      "Cannot use UDP: this host has neither Deno.listenDatagram nor node:dgram; use TCP instead",
      { cause },
    );
  }
}

class NodeEndpoint implements DatagramEndpoint {
  readonly address: DatagramAddress;
  readonly #socket: NodeSocket;
  readonly #kept: Datagram[] = [];
  #error: Error | null = null;
  #waiting: { resolve: (datagram: Datagram) => void; reject: (error: unknown) => void } | null =
    null;

  static async bind(at: { hostname: string; port: number }): Promise<NodeEndpoint> {
    requireNet(at.hostname, at.port);
    const { createSocket } = await nodeDgram();
    const socket = createSocket({ type: at.hostname.includes(":") ? "udp6" : "udp4" });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(at.port, at.hostname, () => {
        socket.off("error", reject);
        resolve();
      });
    });
    return new NodeEndpoint(socket);
  }

  constructor(socket: NodeSocket) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.address = { hostname: address, port };
    socket.on("message", (message, from) => {
      const datagram = {
        data: new Uint8Array(message),
        address: { hostname: from.address, port: from.port },
      };
      const waiting = this.#waiting;
      this.#waiting = null;
      if (waiting !== null) waiting.resolve(datagram);
      else if (this.#kept.length < MAX_KEPT) this.#kept.push(datagram);
    });
    socket.on("error", (error) => {
      const waiting = this.#waiting;
      this.#waiting = null;
      if (waiting !== null) waiting.reject(error);
      else this.#error = error;
    });
  }

  send(data: Uint8Array, to: DatagramAddress): Promise<number> {
    const { hostname, port } = to as { hostname: string; port: number };
    return new Promise((resolve, reject) => {
      this.#socket.send(
        data,
        port,
        hostname,
        (error, bytes) => error ? reject(error) : resolve(bytes),
      );
    });
  }

  receive(): Promise<Datagram> {
    const kept = this.#kept.shift();
    if (kept !== undefined) return Promise.resolve(kept);
    const error = this.#error;
    this.#error = null;
    if (error !== null) return Promise.reject(error);
    return new Promise((resolve, reject) => this.#waiting = { resolve, reject });
  }

  joinMulticast(group: string, interfaceAddress?: string): Promise<() => Promise<void>> {
    this.#socket.addMembership(group, interfaceAddress);
    return Promise.resolve(() => {
      this.#socket.dropMembership(group, interfaceAddress);
      return Promise.resolve();
    });
  }

  close(): Promise<void> {
    // Deno lets go of the address some turns later, and says so with the callback.
    const closed = new Promise<void>((resolve) => this.#socket.close(() => resolve()));
    this.#waiting?.reject(new Deno.errors.BadResource("closed"));
    this.#waiting = null;
    return closed;
  }
}
