/**
 * The UDP cosocket.
 *
 * @module
 */

import { loadOutside } from "../thread/frame.ts";
import { isIPv4, isIPv6 } from "./ip_address.ts";
import {
  BusyError,
  ClosedError,
  KilledError,
  LocalProtocolError,
  TimeoutError,
} from "../errors.ts";
import { forgetOpen, registerOpen } from "../thread/lifetime.ts";
import { type AbandonReason, park, refusal, type Waiter, type WaitPlace } from "../thread/wait.ts";
import {
  bindDatagram,
  type Datagram,
  type DatagramAddress,
  type DatagramEndpoint,
} from "./datagram.ts";
import { flatten, type Sendable } from "./flatten.ts";
import { ioError } from "./io_error.ts";
import { SocketTimeouts } from "./timeouts.ts";

/** The seed's bound on what one receive gives. */
const SEED_RECEIVE_BYTES = 8_192;
/** Microtasks within which the platform hands over a datagram that has arrived already. */
const PROMPT_MICROTASKS = 4;

/** What a {@linkcode UdpSocket} is made with. */
export interface UdpOptions {
  /** Bytes that one receive gives at most. Default 8,192, as the seed has it; up to 65,507. */
  maxReceiveBytes?: number;
}

/**
 * A UDP or Unix datagram socket.
 *
 * @example There and back
 * ```ts
 * import { socket } from "@lasa/lasa";
 *
 * await using echo = socket.udp();
 * await echo.setSockName("127.0.0.1", 0);
 * await using client = socket.udp();
 * await client.setPeerName("127.0.0.1", echo.localAddress!.port);
 * await client.send("ping");
 * const { data, address } = await echo.receiveFrom();
 * await echo.sendTo(data, address);
 * console.log(new TextDecoder().decode(await client.receive())); // "ping"
 * ```
 */
export class UdpSocket implements AsyncDisposable {
  #endpoint: DatagramEndpoint | null = null;
  #opening: Promise<DatagramEndpoint> | null = null;
  #peer: DatagramAddress | null = null;
  #isClosed = false;
  /** Fulfilled when the system has the address back, where that takes a while. */
  #released: void | Promise<void> = undefined;
  #isReceivePending = false;
  #kept: Datagram | null = null;
  #error: unknown = null;
  #receiver: Waiter<void> | null = null;
  #isReceiving = false;
  readonly #groups = new Map<string, () => Promise<void>>();
  readonly #timeouts = new SocketTimeouts();
  readonly #maxReceiveBytes: number;
  readonly #place: WaitPlace = {
    waitingOn: "a datagram",
    withdraw: (_waiter, reason) => this.#onAbandoned(reason),
  };

  /**
   * Makes a socket that is bound when it is first used.
   *
   * @param options How much one receive gives.
   * @throws {RangeError} Where `maxReceiveBytes` is not a whole number from 1 to 65,507.
   */
  constructor(options: UdpOptions = {}) {
    const max = options.maxReceiveBytes ?? SEED_RECEIVE_BYTES;
    if (!Number.isInteger(max) || max < 1 || max > 65_507) {
      throw new RangeError(`Cannot set maxReceiveBytes: ${max} is not a number from 1 to 65507`);
    }
    this.#maxReceiveBytes = max;
  }

  /** Where it is bound; `null` before that, and for a path. */
  get localAddress(): { hostname: string; port: number } | null {
    const address = this.#endpoint?.address;
    return address !== undefined && "port" in address ? address : null;
  }

  /**
   * Sets the peer: {@linkcode UdpSocket.send} sends to it, and receiving takes from nobody else.
   *
   * @param host A host name or address, or `unix:/path`.
   * @param port The port; not for a path.
   * @throws {DnsError} Where the name has no address.
   * @throws {RangeError} Where the port is not one.
   */
  async setPeerName(host: string, port?: number): Promise<void> {
    this.#checkOpen("set the peer");
    this.#peer = await resolved(addressOf(host, port, 1, "set the peer"), "set the peer");
  }

  /**
   * Binds the socket.
   *
   * @param host A local address, or `unix:/path`.
   * @param port The port; 0 for any that is free.
   * @throws {BrokenError} Where the address is in use or not this machine's.
   * @throws {UnsupportedError} For a path where Deno runs without `--unstable-net`.
   */
  async setSockName(host: string, port?: number): Promise<void> {
    this.#checkOpen("bind");
    if (this.#endpoint !== null || this.#opening !== null) {
      throw new LocalProtocolError("Cannot bind: the socket is bound already");
    }
    await this.#open(addressOf(host, port ?? 0, 0, "bind"));
  }

  /**
   * Sends one datagram to the peer.
   *
   * @param data Text (as UTF-8), bytes, or a list of such.
   * @returns How many bytes it had.
   * @throws {LocalProtocolError} Where no peer was set.
   */
  send(data: Sendable): Promise<number> {
    if (this.#peer !== null) return this.#sendTo(data, this.#peer);
    return Promise.reject(new LocalProtocolError("Cannot send: no peer was set"));
  }

  /**
   * Sends one datagram to an address.
   *
   * @param data Text (as UTF-8), bytes, or a list of such.
   * @param address Where to.
   * @returns How many bytes it had.
   */
  async sendTo(data: Sendable, address: DatagramAddress): Promise<number> {
    const to = "path" in address
      ? address
      : await resolved(addressOf(address.hostname, address.port, 1, "send"), "send");
    return await this.#sendTo(data, to);
  }

  /**
   * Waits for a datagram, from the peer where one was set.
   *
   * @param size How much of it to give; the rest is dropped, as the system does.
   * @throws {TimeoutError} Where none came in time; the next call gets one that came since.
   */
  async receive(size?: number): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#receive(size)).data;
  }

  /** Waits for a datagram and tells who sent it; see {@linkcode UdpSocket.receive}. */
  async receiveFrom(
    size?: number,
  ): Promise<
    { data: Uint8Array<ArrayBuffer>; address: { hostname: string; port: number } }
  > {
    const { data, address } = await this.#receive(size);
    // A Unix sender without a name has none to tell.
    return { data, address: "path" in address ? { hostname: address.path, port: 0 } : address };
  }

  /**
   * Joins a multicast group; the socket is bound first where it is not yet.
   *
   * @param group The group's address.
   * @param interfaceAddress The local address to join on; any unless told.
   */
  async joinMulticast(group: string, interfaceAddress?: string): Promise<void> {
    this.#checkOpen(`join ${group}`);
    const endpoint = await this.#open();
    try {
      this.#groups.set(group, await endpoint.joinMulticast(group, interfaceAddress));
    } catch (error) {
      throw ioError(error, `join ${group}`);
    }
  }

  /** Leaves a multicast group. @throws {LocalProtocolError} Where it was not joined. */
  async leaveMulticast(group: string): Promise<void> {
    const leave = this.#groups.get(group);
    if (leave === undefined) {
      throw new LocalProtocolError(`Cannot leave ${group}: it was not joined`);
    }
    this.#groups.delete(group);
    try {
      await leave();
    } catch (error) {
      throw ioError(error, `leave ${group}`);
    }
  }

  /** Sets the timeout of each wait in milliseconds; 0, less or nothing for the default of 30,000. */
  setTimeout(ms?: number): void {
    this.#timeouts.set(ms, ms, ms);
  }

  /** Closes the socket; again does nothing. */
  close(): void {
    if (this.#isReceiving) throw new BusyError("Cannot close: the socket is busy receiving");
    this.shutdownNow();
  }

  /** Closes the socket, whoever uses it; its address is free for others then. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdownNow();
  }

  /** @internal Closes the socket, whoever uses it. */
  shutdownNow(): void | Promise<void> {
    if (this.#isClosed) return this.#released;
    this.#isClosed = true;
    forgetOpen(this);
    this.#released = this.#endpoint?.close();
    this.#receiver?.fail(new ClosedError("Cannot receive: the socket was closed"));
    this.#receiver = null;
    return this.#released;
  }

  #checkOpen(verb: string): void {
    if (this.#isClosed) throw new ClosedError(`Cannot ${verb}: closed`);
  }

  async #open(at?: DatagramAddress): Promise<DatagramEndpoint> {
    if (this.#endpoint !== null) return this.#endpoint;
    try {
      const endpoint = await (this.#opening ??= bindDatagram(at ?? anywhereFor(this.#peer)));
      if (this.#isClosed) endpoint.close();
      else registerOpen(this);
      this.#checkOpen("bind");
      return this.#endpoint = endpoint;
    } catch (error) {
      throw ioError(error, "bind");
    } finally {
      this.#opening = null;
    }
  }

  async #sendTo(data: Sendable, to: DatagramAddress): Promise<number> {
    const bytes = flatten(data);
    const error = refusal();
    if (error !== null) throw error;
    this.#checkOpen("send");
    let endpoint = this.#endpoint;
    if (endpoint === null) {
      endpoint = await this.#open();
      this.#checkOpen("send");
    }
    try {
      return await endpoint.send(bytes, to);
    } catch (error) {
      throw ioError(error, "send");
    }
  }

  async #receive(size = this.#maxReceiveBytes): Promise<Datagram> {
    if (!Number.isInteger(size) || size < 0) {
      throw new RangeError(`Cannot receive: size ${size} is not a whole number from 0 up`);
    }
    const error = refusal();
    if (error !== null) throw error;
    this.#checkOpen("receive");
    if (this.#isReceiving) throw new BusyError("Cannot receive: the socket is busy receiving");
    this.#isReceiving = true;
    try {
      const { data, address } = await this.#next(this.#endpoint ?? await this.#open());
      return { data: data.slice(0, Math.min(size, this.#maxReceiveBytes)), address };
    } finally {
      this.#isReceiving = false;
    }
  }

  async #next(endpoint: DatagramEndpoint): Promise<Datagram> {
    for (;;) {
      const kept = this.#kept;
      this.#kept = null;
      // It may be older than the peer's name.
      if (kept !== null && this.#isFromPeer(kept.address)) return kept;
      // It may have been closed before this wait begins: nobody would ever end it.
      this.#checkOpen("receive");
      if (this.#error !== null) {
        const error = this.#error;
        this.#error = null;
        throw ioError(error, "receive");
      }
      this.#startReceive(endpoint);
      // What has arrived already needs neither a wait nor its timer.
      for (let n = 0; n < PROMPT_MICROTASKS && this.#isReceivePending; n++) await null;
      if (!this.#isReceivePending) continue;
      // Killed or closed meanwhile: nobody would ever end the wait.
      const refused = refusal();
      if (refused !== null) {
        if (refused instanceof KilledError) this.shutdownNow();
        throw refused;
      }
      this.#checkOpen("receive");
      this.#receiver = park<void>(this.#place, { timeoutMs: this.#timeouts.readMs });
      await this.#receiver.promise;
    }
  }

  /** The platform cannot take a receive back: one that nobody waits for is kept for the next call. */
  #startReceive(endpoint: DatagramEndpoint): void {
    if (this.#isReceivePending) return;
    this.#isReceivePending = true;
    endpoint.receive().then(
      (datagram) => {
        this.#isReceivePending = false;
        if (!this.#isFromPeer(datagram.address)) return this.#startReceive(endpoint);
        this.#kept = datagram;
        this.#wake();
      },
      (error) => {
        this.#isReceivePending = false;
        if (this.#isClosed) return;
        this.#error = error;
        this.#wake();
      },
    );
  }

  #wake(): void {
    const receiver = this.#receiver;
    this.#receiver = null;
    receiver?.wake();
  }

  #isFromPeer(from: DatagramAddress): boolean {
    const peer = this.#peer;
    if (peer === null) return true;
    if ("path" in peer) return "path" in from && from.path === peer.path;
    return "port" in from && from.port === peer.port &&
      (from.hostname === peer.hostname || canonical(from.hostname) === canonical(peer.hostname));
  }

  #onAbandoned(reason: AbandonReason): Error | void {
    this.#receiver = null;
    if (reason === "killed") this.shutdownNow();
    if (reason === "timeout") {
      const ms = this.#timeouts.readMs;
      return new TimeoutError(`Cannot receive: timeout, nothing came for ${ms} ms`, {
        phase: "read",
      });
    }
  }
}

function addressOf(
  host: string,
  port: number | undefined,
  least: number,
  verb: string,
): DatagramAddress {
  if (typeof host !== "string" || host === "") {
    throw new TypeError(`Cannot ${verb}: ${JSON.stringify(host)} is not a host`);
  }
  if (host.startsWith("unix:")) return { path: host.slice(5) };
  if (!Number.isInteger(port) || port! < least || port! > 65_535) {
    throw new RangeError(`Cannot ${verb}: bad port number: ${port}`);
  }
  return { hostname: host, port: port! };
}

async function resolved(address: DatagramAddress, doing: string): Promise<DatagramAddress> {
  if ("path" in address || (isIPv4(address.hostname) || isIPv6(address.hostname))) return address;
  const { lookup } = await loadOutside(() => import("node:dns/promises"));
  try {
    return { hostname: (await lookup(address.hostname)).address, port: address.port };
  } catch (error) {
    throw ioError(error, `${doing} to ${address.hostname}`);
  }
}

/** Where to bind for talking to a peer; `null` for a path that nobody needs to know. */
function anywhereFor(peer: DatagramAddress | null): DatagramAddress | null {
  if (peer !== null && "path" in peer) return null;
  return { hostname: peer?.hostname.includes(":") ? "::" : "0.0.0.0", port: 0 };
}

/** An address as the system writes it (RFC 5952), an IPv4 one in IPv6's clothes without them. */
function canonical(address: string): string {
  if (!address.includes(":")) return address;
  const plain = address.replace(/%.*$/, "");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain);
  return mapped !== null ? mapped[1] : new URL(`http://[${plain}]`).hostname.slice(1, -1);
}
