/**
 * Who sends the streams: item by item, each when it is asked for.
 *
 * Over Unix sockets, where what was written has arrived when the write has ended. TCP, even within
 * one machine, may deliver what was sent on one connection after what was sent later on another.
 *
 * @module
 */

import { bytes } from "../../support/bytes.ts";
import { Peer } from "../../support/loopback.ts";

/** Connections within this machine whose far ends are ours. */
export class Feeder implements AsyncDisposable {
  /** Where it listens. */
  readonly path: string;
  readonly #folder: string;
  readonly #listener: Deno.UnixListener;

  private constructor(folder: string) {
    this.#folder = folder;
    this.path = `${folder}/feeder`;
    this.#listener = Deno.listen({ transport: "unix", path: this.path });
  }

  /** Starts it. */
  static async start(): Promise<Feeder> {
    return new Feeder(await Deno.makeTempDir({ prefix: "lasa_feeder_" }));
  }

  /** Two ends of one connection. */
  async connectedPair(): Promise<[near: Deno.UnixConn, far: Peer]> {
    const near = await Deno.connect({ transport: "unix", path: this.path });
    return [near, new Peer(await this.#listener.accept())];
  }

  /**
   * Does what the first that connects asks for, until it ends. It asks in lines: `accept` for the
   * next connection, `end` for that one's end; all else is sent on it, from hexadecimal digits.
   */
  async serve(): Promise<void> {
    let peer: Peer | null = null;
    try {
      using control = new Peer(await this.#listener.accept());
      for await (const line of linesOf(control.conn)) {
        if (line === "accept") {
          peer?.[Symbol.dispose]();
          peer = new Peer(await this.#listener.accept());
        } else if (line === "end") {
          await peer!.conn.closeWrite();
        } else {
          await peer!.send(fromHex(line));
        }
        await control.send("sent\n");
      }
    } finally {
      peer?.[Symbol.dispose]();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A text's characters as two hexadecimal digits each. */
export function toHex(text: string): string {
  return Array.from(bytes(text), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The inverse of {@linkcode toHex}. */
export function fromHex(hex: string): string {
  return hex.replace(/../g, (digits) => String.fromCharCode(parseInt(digits, 16)));
}

async function* linesOf(conn: Deno.Conn): AsyncGenerator<string> {
  const into = new Uint8Array(4_096);
  let text = "";
  for (;;) {
    const count = await conn.read(into);
    if (count === null) return;
    text += String.fromCharCode(...into.subarray(0, count));
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n")) {
      yield text.slice(0, at);
      text = text.slice(at + 1);
    }
  }
}
