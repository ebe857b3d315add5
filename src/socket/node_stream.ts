/**
 * Bytes over `node:net` and `node:tls`: for what the platform's own connections cannot do, which is
 * to bind a local address, to show a client certificate, or to waive an unknown CA.
 *
 * @module
 */

import type { Socket } from "node:net";
import type { Address, ByteStream } from "./stream.ts";

/** Bytes that a write takes at most: Node tells of its end only, and a slow peer is to be told from a dead one. */
const LARGEST_WRITE = 256 * 1024;

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
  #rejectWrite: ((error: unknown) => void) | null = null;

  readonly #below: ByteStream | null;

  /**
   * Takes over a connected socket.
   *
   * @param socket The socket.
   * @param below What carries it, where that is not the system: TLS knows no addresses of its own.
   */
  constructor(socket: Socket, below: ByteStream | null = null) {
    this.#socket = socket;
    this.#below = below;
    this.localAddress = below?.localAddress ?? tcpAddress(socket.localAddress, socket.localPort);
    this.remoteAddress = below?.remoteAddress ??
      tcpAddress(socket.remoteAddress, socket.remotePort);
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
      // TLS tells of a write that close cut short as if it had been made.
      this.#rejectWrite = reject;
      const part = bytes.length > LARGEST_WRITE ? bytes.subarray(0, LARGEST_WRITE) : bytes;
      this.#socket.write(part, (error) => error ? reject(error) : resolve(part.length));
    });
  }

  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  ref(): void {
    if (this.#below === null) this.#socket.ref();
    else this.#below.ref();
  }

  unref(): void {
    if (this.#below === null) this.#socket.unref();
    else this.#below.unref();
  }

  close(): void {
    this.#rejectWrite?.(new Deno.errors.BadResource("closed"));
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

/** Waits until a socket is open: `event` tells of it, or an error ends it. */
export function whenOpen(socket: Socket, event: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      signal?.removeEventListener("abort", onAbort);
      socket.off(event, onOpen);
      socket.off("error", onError);
      socket.off("close", onClose);
      socket.off("end", onClose);
      socket.off("readable", onReadable);
      finish();
    };
    const onOpen = () => settle(resolve);
    const onError = (error: unknown) => {
      settle(() => reject(error));
      socket.destroy();
    };
    // Node has no error for a peer that just goes away while the called side waits for it, and tells
    // of an end only where somebody reads; to read nothing is enough.
    const onClose = () => onError(new Error("the peer went away in mid-handshake"));
    const onReadable = () => void socket.read(0);
    const onAbort = () => {
      settle(() => reject(signal!.reason));
      socket.destroy();
    };
    // Whatever it says when nobody listens any more, or not yet again, must not end the process.
    socket.on("error", () => {});
    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort);
    socket.once(event, onOpen);
    socket.once("error", onError);
    socket.once("close", onClose);
    socket.once("end", onClose);
    socket.on("readable", onReadable);
  });
}
