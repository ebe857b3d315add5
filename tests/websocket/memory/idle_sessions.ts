/**
 * How much an idle session holds beyond its socket: many over streams that hold nothing. Prints bytes
 * for each. Needs `--v8-flags=--expose-gc`.
 *
 * @module
 */

import type { ByteStream } from "../../../src/socket/stream.ts";
import { TcpSocket } from "../../../src/socket/tcp.ts";
import { spawn } from "../../../src/thread/thread.ts";
import { upgrade } from "../../../src/websocket/upgrade.ts";
import { frameBytes } from "../../support/websocket_frames.ts";

const HEADERS = {
  host: "127.0.0.1",
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

/** Brings some bytes, then nothing for ever. */
class QuietStream implements ByteStream {
  readonly localAddress = null;
  readonly remoteAddress = null;
  #bytes: Uint8Array | null;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(into: Uint8Array): Promise<number | null> {
    const bytes = this.#bytes;
    if (bytes === null) return new Promise(() => {});
    const count = Math.min(into.length, bytes.length);
    into.set(bytes.subarray(0, count));
    this.#bytes = count < bytes.length ? bytes.subarray(count) : null;
    return Promise.resolve(count);
  }

  write(bytes: Uint8Array): Promise<number> {
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  ref(): void {}

  unref(): void {}

  close(): void {}
}

const message = frameBytes({ opcode: 1, payload: "x".repeat(3_000) }, [1, 2, 3, 4]);
let heard = 0;

async function open(): Promise<void> {
  const socket = TcpSocket.over(new QuietStream(message));
  const request = { method: "GET", target: "/", headers: new Headers(HEADERS) };
  const session = await upgrade(request, socket);
  spawn(async () => {
    for await (const { data } of session) {
      heard++;
      await session.sendText(String(data));
    }
  });
}

async function openMany(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await open();
  while (heard < count) await new Promise((resolve) => setTimeout(resolve, 5));
  heard = 0;
  // Twice, and turns in between: what is finalized in one is let go in the next.
  for (let times = 0; times < 3; times++) {
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function held(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

const COUNT = Number(Deno.args[0]);
await openMany(200);
const before = held();
await openMany(COUNT);
console.log((held() - before) / COUNT);
Deno.exit(0);
