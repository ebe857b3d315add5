/** Connections within this machine, for tests. @module */

import { DenoStream } from "../../src/socket/deno_stream.ts";
import type { ByteStream } from "../../src/socket/stream.ts";
import { type ConnectOptions, TcpSocket } from "../../src/socket/tcp.ts";
import { bytes, text } from "./bytes.ts";
import { turns } from "./clock.ts";

/** Two ends of one TCP connection of the platform's. */
export async function connectedPair(): Promise<[near: Deno.TcpConn, far: Deno.TcpConn]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const ends = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  for (const end of ends) end.setNoDelay(true);
  return ends;
}

/** Closes a connection that may be closed already. */
export function closeQuietly(conn: { close(): void }): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** The platform's end of a connection whose other end is a cosocket. */
export class Peer implements Disposable {
  /** The connection. */
  readonly conn: Deno.Conn;

  /** Takes over a connection. */
  constructor(conn: Deno.Conn) {
    this.conn = conn;
  }

  /** Writes a text, one byte a character. */
  async send(data: string): Promise<void> {
    let left = bytes(data);
    while (left.length > 0) left = left.subarray(await this.conn.write(left));
  }

  /** Reads that many bytes, fewer only at the end. */
  async receive(size: number): Promise<string> {
    const into = new Uint8Array(size);
    let count = 0;
    while (count < size) {
      const more = await this.conn.read(into.subarray(count));
      if (more === null) break;
      count += more;
    }
    return text(into.subarray(0, count));
  }

  /** Whether the connection has been ended or reset by the other end. */
  async isCutOff(): Promise<boolean> {
    return await this.conn.read(new Uint8Array(1)).catch(() => null) === null;
  }

  [Symbol.dispose](): void {
    closeQuietly(this.conn);
  }
}

/** Two cosockets, connected, and the one that accepted. */
export class TcpPair implements AsyncDisposable {
  constructor(
    /** The one that is bound. */
    readonly listener: TcpSocket,
    /** The one that called. */
    readonly near: TcpSocket,
    /** The one that was called. */
    readonly far: TcpSocket,
  ) {}

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [this.near, this.far, this.listener]) await socket[Symbol.asyncDispose]();
    // What a closed connection still has to tell its listeners comes in later turns.
    await turns(5);
  }
}

/** Connects two cosockets over loopback TCP. */
export async function tcpPair(options?: ConnectOptions): Promise<TcpPair> {
  const listener = new TcpSocket();
  listener.bind("127.0.0.1", 0);
  const near = new TcpSocket();
  await near.connect("127.0.0.1", listener.localAddress!.port, options);
  return new TcpPair(listener, near, await listener.accept());
}

/** What {@linkcode withSocket} hands to a test. */
export interface Ends {
  /** The cosocket. */
  readonly socket: TcpSocket;
  /** Its peer. */
  readonly peer: Peer;
}

/** Runs a test with a cosocket and its peer, over loopback TCP. */
export async function withSocket(
  test: (ends: Ends) => Promise<void>,
  wrap: (stream: ByteStream) => ByteStream = (stream) => stream,
): Promise<void> {
  const [near, far] = await connectedPair();
  using peer = new Peer(far);
  await using socket = TcpSocket.over(wrap(new DenoStream(near)));
  await test({ socket, peer });
}
