/** The other end of a WebSocket as a script: it sends what it is told, right or wrong. @module */

import { concat } from "../../src/bytes/concat.ts";
import { acceptKey } from "../../src/protocol/websocket/handshake.ts";
import { closeQuietly } from "./loopback.ts";
import { frameBytes, type RawFrame, type ReadFrame, readFrames } from "./websocket_frames.ts";

const KEY = [0x5a, 0x01, 0xfe, 0x33];

/** A peer over a connection of the platform's, its handshake done. */
export class RawPeer implements Disposable {
  /** The connection. */
  readonly conn: Deno.TcpConn;
  readonly #isClient: boolean;
  #received: Uint8Array = new Uint8Array(0);
  #frames: ReadFrame[] = [];

  constructor(conn: Deno.TcpConn, isClient: boolean, received: Uint8Array = new Uint8Array(0)) {
    this.conn = conn;
    this.#isClient = isClient;
    this.#received = received;
    conn.setNoDelay(true);
  }

  /** Calls a server and does the handshake. */
  static async call(port: number, head: string = requestHead()): Promise<RawPeer> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(new TextEncoder().encode(head));
    const { text, rest } = await readHead(conn);
    if (!text.startsWith("HTTP/1.1 101")) throw new Error(text);
    return new RawPeer(conn, true, rest);
  }

  /** A frame as this end must send it. */
  bytesOf(frame: RawFrame): Uint8Array<ArrayBuffer> {
    return frameBytes(frame, this.#isClient ? KEY : null);
  }

  /** Sends bytes, so many at a time; a connection that the other end has closed is no matter. */
  async sendBytes(bytes: Uint8Array, step: number = bytes.length): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; at += step) {
        let piece = bytes.subarray(at, at + step);
        while (piece.length > 0) piece = piece.subarray(await this.conn.write(piece));
      }
    } catch (error) {
      if (
        !(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset)
      ) {
        throw error;
      }
    }
  }

  /** Sends frames. */
  async send(...frames: RawFrame[]): Promise<void> {
    await this.sendBytes(concat(frames.map((frame) => this.bytesOf(frame))));
  }

  /** The next frame; `null` where the other end has ended. */
  async receive(): Promise<ReadFrame | null> {
    const room = new Uint8Array(65_536);
    for (;;) {
      const next = this.#frames.shift();
      if (next !== undefined) return next;
      const { frames, rest } = readFrames(this.#received);
      this.#received = rest;
      this.#frames = frames;
      if (frames.length > 0) continue;
      const count = await this.conn.read(room).catch(() => null);
      if (count === null) return null;
      this.#received = concat([rest, room.subarray(0, count)]);
    }
  }

  /** All frames until the other end has ended. */
  async receiveAll(): Promise<ReadFrame[]> {
    const all: ReadFrame[] = [];
    for (let next = await this.receive(); next !== null; next = await this.receive()) {
      all.push(next);
    }
    return all;
  }

  [Symbol.dispose](): void {
    closeQuietly(this.conn);
  }
}

/** A request for an upgrade, with further lines. */
export function requestHead(lines = "", target = "/"): string {
  return `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${lines}\r\n`;
}

/** Reads a head off a connection. */
export async function readHead(conn: Deno.Conn): Promise<{ text: string; rest: Uint8Array }> {
  let bytes: Uint8Array = new Uint8Array(0);
  const room = new Uint8Array(4096);
  for (;;) {
    const text = String.fromCharCode(...bytes.subarray(0, 8192));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { text: text.slice(0, end), rest: bytes.slice(end + 4) };
    const count = await conn.read(room);
    if (count === null) throw new Error(`The connection ended within a head: ${text}`);
    bytes = concat([bytes, room.subarray(0, count)]);
  }
}

/** A server as a script: it takes one connection and does the handshake. */
export class RawWebSocketServer implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });

  /** Where it listens. */
  get url(): `ws://${string}` {
    return `ws://127.0.0.1:${this.#listener.addr.port}/`;
  }

  /** Accepts a connection and answers its request; further lines may be told. */
  async accept(lines = ""): Promise<RawPeer> {
    const conn = await this.#listener.accept();
    const { text } = await readHead(conn);
    const key = /^sec-websocket-key: (.*)$/im.exec(text)![1];
    await conn.write(new TextEncoder().encode(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n${lines}\r\n`,
    ));
    return new RawPeer(conn, false);
  }

  /** Accepts a connection and answers its request with a text of one's own. */
  async answer(text: string): Promise<string> {
    const conn = await this.#listener.accept();
    const { text: head } = await readHead(conn);
    await conn.write(new TextEncoder().encode(text));
    closeQuietly(conn);
    return head;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}
