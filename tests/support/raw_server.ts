/**
 * A server that does byte for byte what a test tells it, right or wrong.
 *
 * Each connection runs a script: it takes requests as they were sent, and sends, waits, ends or
 * resets as the script says. It stands on `node:net`, since the platform's own connections cannot
 * send a reset.
 *
 * @module
 */

import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { bytes, text } from "./bytes.ts";
import type { Identity } from "./tls.ts";

/** A request as the server got it; one character a byte. */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** Names in lower case, several values joined by commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, undone from chunks. */
  readonly body: string;
  /** Head and body as they came. */
  readonly raw: string;
}

/** The server's end of one connection. */
export class RawPeer {
  /** Its number among the connections, from 0. */
  readonly index: number;
  /** Where the client calls from. */
  readonly clientIp: string;
  /** Everything that came, one character a byte. */
  received = "";
  readonly #socket: Socket;
  #used = 0;
  #hasEnded = false;
  #waiting: (() => void)[] = [];
  #onSent: (() => void) | null = null;

  constructor(socket: Socket, index: number) {
    this.#socket = socket;
    this.index = index;
    this.clientIp = socket.remoteAddress ?? "";
    socket.setNoDelay(true);
    socket.on("data", (data) => {
      this.received += text(data as Uint8Array);
      this.#onChange();
    });
    for (const event of ["end", "close", "error"]) {
      socket.on(event, () => {
        this.#hasEnded = true;
        this.#onChange();
      });
    }
    // A write of a connection that is gone need not call back.
    socket.on("close", () => this.#onSent?.());
  }

  /** Whether the client has ended its side, or the connection is gone. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** What has come and was not taken as a request. */
  get untaken(): string {
    return this.received.slice(this.#used);
  }

  /** Waits for the next whole request; `null` where the client ends first. */
  async request(): Promise<RawRequest | null> {
    for (;;) {
      const request = parse(this.untaken);
      if (request !== null) {
        this.#used += request.raw.length;
        return request;
      }
      if (this.#hasEnded) return null;
      await this.#change();
    }
  }

  /** Waits for several requests. */
  async requests(count: number): Promise<RawRequest[]> {
    const all: RawRequest[] = [];
    for (let left = count; left > 0; left--) {
      const request = await this.request();
      if (request === null) break;
      all.push(request);
    }
    return all;
  }

  /** Waits until a text has come. */
  async until(part: string): Promise<void> {
    while (!this.received.includes(part) && !this.#hasEnded) await this.#change();
  }

  /** Waits until the client has ended its side. */
  async ended(): Promise<void> {
    while (!this.#hasEnded) await this.#change();
  }

  /** Sends; ends once the system has taken it, or the connection is gone. */
  send(data: string | Uint8Array): Promise<void> {
    const chunk = typeof data === "string" ? bytes(data) : data;
    return new Promise((resolve) => {
      if (this.#socket.destroyed) return resolve();
      this.#onSent = resolve;
      this.#socket.write(chunk, () => resolve());
    });
  }

  /** Sends so that the client gets it in many reads. */
  async sendBytewise(data: string): Promise<void> {
    for (const char of data) {
      await this.send(char);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Takes nothing more off the connection, so that the client cannot send without end. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Ends this side in good order; what was sent arrives. */
  end(): void {
    this.#socket.end();
  }

  /** Resets the connection. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Lets go of the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  #onChange(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** What a server does with each connection. */
export type RawScript = (peer: RawPeer) => void | Promise<void>;

/** A listening server. */
export class RawServer implements AsyncDisposable {
  /** The connections so far, also those that are gone. */
  readonly peers: RawPeer[] = [];
  readonly #server: Server;
  readonly #scheme: string;
  readonly #scripts: Promise<unknown>[] = [];
  readonly #sockets = new Set<Socket>();
  #error: unknown = null;

  private constructor(script: RawScript, tls: Identity | undefined) {
    const onSocket = (socket: Socket) => {
      const peer = new RawPeer(socket, this.peers.length);
      this.peers.push(peer);
      this.#scripts.push(
        Promise.resolve().then(() => script(peer)).catch((error) => this.#error = error),
      );
    };
    const options = { allowHalfOpen: true };
    this.#scheme = tls === undefined ? "http" : "https";
    this.#server = tls === undefined
      ? createServer(options, onSocket)
      : createTlsServer({ ...options, ...tls }, onSocket);
    this.#server.on("tlsClientError", () => {});
    // A handshake that fails brings no peer, but leaves its connection to the server.
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** Starts one at a free port of 127.0.0.1. */
  static async start(script: RawScript, tls?: Identity): Promise<RawServer> {
    const server = new RawServer(script, tls);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  /** The port. */
  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Everything that all connections got. */
  get received(): string {
    return this.peers.map((peer) => peer.received).join("");
  }

  /** A URL on this server. */
  url(path = "/", host = "127.0.0.1"): string {
    return `${this.#scheme}://${host}:${this.port}${path}`;
  }

  /** Ends everything, and fails where a script has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const peer of this.peers) peer.destroy();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#scripts);
    await closed;
    if (this.#error !== null) throw this.#error;
  }
}

/** Answers every request of a connection; `null` leaves it unanswered. */
export function answering(
  answer: (request: RawRequest, peer: RawPeer) => string | null | Promise<string | null>,
): RawScript {
  return async (peer) => {
    for (let next = await peer.request(); next !== null; next = await peer.request()) {
      const told = await answer(next, peer);
      if (told !== null) await peer.send(told);
    }
    peer.end();
  };
}

/** A response with a body of known length. */
export function response(body: string, head = "", status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${head}\r\n${body}`;
}

/** The first request in a text; `null` where it is not whole. */
function parse(data: string): RawRequest | null {
  const headEnd = data.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const [line, ...lines] = data.slice(0, headEnd).split("\r\n");
  const [method, target] = line.split(" ");
  const headers: Record<string, string> = {};
  for (const each of lines) {
    const colon = each.indexOf(":");
    const name = each.slice(0, colon).toLowerCase();
    const value = each.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  const start = headEnd + 4;
  if (headers["transfer-encoding"] === "chunked") {
    const chunks = unchunked(data, start);
    if (chunks === null) return null;
    return { method, target, headers, body: chunks.body, raw: data.slice(0, chunks.end) };
  }
  const end = start + Number(headers["content-length"] ?? 0);
  if (data.length < end) return null;
  return { method, target, headers, body: data.slice(start, end), raw: data.slice(0, end) };
}

function unchunked(data: string, at: number): { body: string; end: number } | null {
  let body = "";
  for (;;) {
    const lineEnd = data.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const size = parseInt(data.slice(at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (data.length < end) return null;
    body += data.slice(lineEnd + 2, lineEnd + 2 + size);
    at = end;
    if (size === 0) return { body, end };
  }
}
