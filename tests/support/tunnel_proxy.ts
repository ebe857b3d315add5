/**
 * An HTTP proxy by hand that opens tunnels, over TCP or TLS, and remembers what it was told.
 *
 * @module
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { text } from "./bytes.ts";
import type { Identity } from "./tls.ts";

/** A listening proxy. */
export class TunnelProxy implements AsyncDisposable {
  /** The heads of the requests so far. */
  readonly heads: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(tls: Identity | undefined) {
    const onSocket = (socket: Socket) => this.#serve(socket);
    this.#server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket);
    this.#server.on("tlsClientError", () => {});
    this.#server.on("connection", (socket: Socket) => this.#keep(socket));
  }

  /** Starts one at a free port of 127.0.0.1. */
  static async start(tls?: Identity): Promise<TunnelProxy> {
    const proxy = new TunnelProxy(tls);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** The port. */
  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** How many connections stand. */
  get connectionCount(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #serve(socket: Socket): void {
    let head = "";
    socket.on("error", () => {});
    const onData = (data: Uint8Array) => {
      head += text(data);
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", onData);
      this.heads.push(head);
      const [, host, port] = /^CONNECT \[?(.+?)\]?:(\d+) /.exec(head)!;
      const far = connect({ host, port: Number(port) }, () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        far.pipe(socket).pipe(far);
      });
      this.#keep(far);
      far.on("close", () => socket.destroy());
      socket.on("close", () => far.destroy());
    };
    socket.on("data", onData);
  }
}
