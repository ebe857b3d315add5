/**
 * Bytes over `node:net` and `node:tls`: for what the platform's own connections cannot do, which is
 * to bind a local address, to show a client certificate, or to waive an unknown CA.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Address, ByteStream } from "./stream.ts";

interface PendingRead {
  into: Uint8Array;
  resolve: (count: number | null) => void;
  reject: (error: unknown) => void;
}

/** A Node socket, read on demand so that a slow reader slows the peer. */
export class NodeStream implements ByteStream {
  readonly localAddress: Address | null;
  readonly remoteAddress: Address | null;
  readonly #socket: Socket;
  #rest: Uint8Array | null = null;
  #hasEnded = false;
  #error: unknown = null;
  #pending: PendingRead | null = null;

  /** Takes over a connected socket. */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.localAddress = tcpAddress(socket.localAddress, socket.localPort);
    this.remoteAddress = tcpAddress(socket.remoteAddress, socket.remotePort);
    socket.on("readable", () => this.#advance());
    socket.on("end", () => {
      this.#hasEnded = true;
      this.#advance();
    });
    socket.on("error", (error) => {
      this.#error = error;
      this.#advance();
    });
    socket.on("close", () => {
      this.#hasEnded = true;
      this.#advance();
    });
  }

  /** The socket, for what stands upon it (TLS). */
  get socket(): Socket {
    return this.#socket;
  }

  read(into: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      this.#pending = { into, resolve, reject };
      this.#advance();
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#error !== null) return reject(this.#error);
      if (this.#socket.destroyed) return reject(new Deno.errors.BadResource("closed"));
      this.#socket.write(bytes, (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  unref(): void {
    this.#socket.unref();
  }

  close(): void {
    this.#socket.destroy();
  }

  #advance(): void {
    const pending = this.#pending;
    if (pending === null) return;
    const chunk = this.#rest ?? this.#socket.read() as Uint8Array | null;
    if (chunk !== null) {
      const count = Math.min(chunk.length, pending.into.length);
      pending.into.set(chunk.subarray(0, count));
      this.#rest = count < chunk.length ? chunk.subarray(count) : null;
      this.#pending = null;
      pending.resolve(count);
    } else if (this.#error !== null) {
      this.#pending = null;
      pending.reject(this.#error);
    } else if (this.#hasEnded) {
      this.#pending = null;
      pending.resolve(null);
    }
  }
}

function tcpAddress(hostname: string | undefined, port: number | undefined): Address | null {
  return hostname === undefined || port === undefined ? null : { transport: "tcp", hostname, port };
}
