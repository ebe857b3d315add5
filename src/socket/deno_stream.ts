import type { Address, ByteStream } from "./stream.ts";

/** Bytes over a connection of Deno's own. */
export class DenoStream implements ByteStream {
  readonly localAddress: Address | null;
  readonly remoteAddress: Address | null;
  readonly #conn: Deno.Conn;
  #isClosed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
    this.localAddress = addressOf(conn.localAddr);
    this.remoteAddress = addressOf(conn.remoteAddr);
  }

  /** The connection, for what stands upon it (TLS). */
  get conn(): Deno.Conn {
    return this.#conn;
  }

  read(into: Uint8Array<ArrayBuffer>): Promise<number | null> {
    return this.#conn.read(into);
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    return this.#conn.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  ref(): void {
    this.#conn.ref();
  }

  unref(): void {
    this.#conn.unref();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.#conn.close();
    } catch {
      // The platform closed it already, or TLS took it over.
    }
  }
}

/** An address of the platform in our words. */
export function addressOf(addr: Deno.Addr): Address | null {
  // Those of a connection that startTls made do not name their transport.
  if ("hostname" in addr) {
    return { transport: "tcp", hostname: addr.hostname, port: addr.port };
  }
  if ("path" in addr) return { transport: "unix", path: addr.path };
  return null;
}
