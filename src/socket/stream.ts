/**
 * The contract between cosockets and what carries their bytes.
 *
 * Small on purpose: anything that reads into a buffer, writes from one and can be closed will do. A
 * pending read cannot be taken back (the platform has no such thing); only `close` ends it.
 *
 * @module
 */

/** Where one end of a connection is. */
export type Address =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string };

/** A connection's two byte streams. */
export interface ByteStream {
  /** This end; `null` where the platform does not tell. */
  readonly localAddress: Address | null;
  /** The other end; `null` where the platform does not tell. */
  readonly remoteAddress: Address | null;
  /** Waits for bytes, puts them at the front of `into` and tells how many; `null` at the end. */
  read(into: Uint8Array<ArrayBuffer>): Promise<number | null>;
  /** Writes some bytes from the front and tells how many. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<number>;
  /** Tells the peer that nothing more will be written. */
  closeWrite(): Promise<void>;
  /** Lets the process end while a read is pending. */
  unref(): void;
  /** Keeps the process alive while a read is pending, as it is unless told otherwise. */
  ref(): void;
  /** Ends everything, a pending read or write included. Again does nothing. */
  close(): void;
}

/**
 * Writes all bytes.
 *
 * @param stream Where to.
 * @param bytes What; nobody may change them until all are written.
 * @param onPart Called when some have been taken and more are left: the peer is slow, not dead.
 */
export async function writeAll(
  stream: ByteStream,
  bytes: Uint8Array<ArrayBuffer>,
  onPart?: () => void,
): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    if (written > 0) onPart?.();
    written += await stream.write(written === 0 ? bytes : bytes.subarray(written));
  }
}
