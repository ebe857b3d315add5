/**
 * Who sends the streams to the reference: item by item, each when it is asked for.
 *
 * @module
 */

import { bytes } from "../../support/bytes.ts";
import { closeQuietly, Peer } from "../../support/loopback.ts";

/** A server whose first connection says what goes out on the later ones. */
export class Feeder implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #served: Promise<void>;

  /** Starts it. */
  constructor() {
    this.#served = this.#serve();
  }

  /** Where it listens. */
  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#served;
  }

  // Lines: `accept` for the next connection, `end` for its end, all else is sent on it, from hex.
  async #serve(): Promise<void> {
    let peer: Peer | null = null;
    try {
      using control = new Peer(await this.#listener.accept());
      control.conn.setNoDelay(true);
      for await (const line of linesOf(control.conn)) {
        if (line === "accept") {
          if (peer !== null) closeQuietly(peer.conn);
          peer = new Peer(await this.#listener.accept());
          peer.conn.setNoDelay(true);
        } else if (line === "end") {
          await peer!.conn.closeWrite();
        } else {
          await peer!.send(fromHex(line));
        }
        await control.send("sent\n");
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    } finally {
      if (peer !== null) closeQuietly(peer.conn);
    }
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
