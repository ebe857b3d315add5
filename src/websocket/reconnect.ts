import { LocalProtocolError } from "../errors.ts";
import { sleep } from "../thread/sleep.ts";
import { Client, type ClientOptions, type ConnectOptions } from "./client.ts";

/** How {@linkcode reconnecting} goes about it. */
export interface ReconnectOptions extends ClientOptions, ConnectOptions {
  /** Milliseconds before the second attempt; doubled with each further one. Default 250. */
  minDelayMs?: number;
  /** Milliseconds that are never exceeded. Default 30,000. */
  maxDelayMs?: number;
  /** Attempts in a row that fail before the error is thrown. Default: no end. */
  maxAttempts?: number;
  /** Told of each failed attempt, and how long it waits now. */
  onFailed?: (error: unknown, delayMs: number) => void;
}

const DEFAULT_MIN_DELAY_MS = 250;
const DEFAULT_MAX_DELAY_MS = 30_000;

/**
 * Connects again and again: each turn of the loop is a new connection, once the last one is gone.
 *
 * Between failed attempts it waits longer and longer, a random part of it, so that a server that comes
 * back is not called by everybody at once. A connection that stood starts the count anew. Leaving the
 * loop closes the connection.
 *
 * @param uri Where to.
 * @param options How, and how patiently.
 * @returns The connections, one after the other.
 * @throws {LocalProtocolError} Where what is asked for makes no sense: no attempt would do better.
 * @throws The last attempt's error after `maxAttempts` that failed.
 *
 * @example A feed that goes on
 * ```ts
 * import { websocket } from "@lasa/lasa";
 *
 * let calls = 0;
 * await using server = websocket.serve("127.0.0.1:0", (session) => session.sendText(`call ${++calls}`));
 * const url = `ws://127.0.0.1:${server.address.port}/`;
 * for await (const client of websocket.reconnecting(url)) {
 *   console.log((await client.receive())?.data); // "call 1", then "call 2"
 *   if (calls === 2) break;
 * }
 * ```
 */
export async function* reconnecting(
  uri: string | URL,
  options: ReconnectOptions = {},
): AsyncGenerator<Client, never, void> {
  const { minDelayMs = DEFAULT_MIN_DELAY_MS, maxDelayMs = DEFAULT_MAX_DELAY_MS } = options;
  let failed = 0;
  for (;;) {
    const client = new Client(options);
    try {
      await client.connect(String(uri), options);
      failed = 0;
    } catch (error) {
      failed++;
      const isFinal = error instanceof LocalProtocolError || options.signal?.aborted ||
        failed >= (options.maxAttempts ?? Infinity);
      if (isFinal) throw error;
      const mostMs = Math.min(maxDelayMs, minDelayMs * 2 ** (failed - 1));
      const delayMs = mostMs * (0.5 + Math.random() / 2);
      options.onFailed?.(error, delayMs);
      await sleep(delayMs);
      continue;
    }
    try {
      yield client;
    } finally {
      await client.close();
    }
  }
}
