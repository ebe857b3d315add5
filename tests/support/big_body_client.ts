/**
 * A process that downloads or uploads as much as it is told, as far as it is told: a line of JSON in,
 * a line out. What it holds in memory is the client's, and nobody else's.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { Client } from "../../src/http/client.ts";

/** What it can be told. */
export type Order =
  /** Begin to read an answer; its body waits. */
  | { readonly download: string }
  /** Read the body until so many bytes of it have been read, or to its end; with a rest after each MiB. */
  | { readonly readUntil: number; readonly rests?: boolean }
  /** Begin to send a body of so many bytes, in pieces. */
  | { readonly upload: string; readonly size: number }
  /** Say how things stand, now or once the upload is over. */
  | { readonly tell: "now" | "at the end" };

/** How things stand. */
export interface Standing {
  /** Bytes of a body that were read, or given to be sent. */
  readonly passed: number;
  /** What the answer to the upload said. */
  readonly answer: string;
  /** The memory that the process holds, in bytes. */
  readonly rss: number;
  /** The most that it has held. */
  readonly peakRss: number;
}

const MIB = 2 ** 20;
const PIECE = new Uint8Array(256 * 1024);

/** The most that the process has held; what it holds now, where the system does not tell. */
function peakRss(): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(Deno.readTextFileSync("/proc/self/status"))!;
    return Number(kilobytes) * 1024;
  } catch {
    return Deno.memoryUsage().rss;
  }
}

const client = new Client({ timeouts: { headers: 0, body: 0, send: 0 } });
let passed = 0;
let answer = "";
let pieces: AsyncIterator<Uint8Array> | null = null;
let uploading: Promise<void> = Promise.resolve();

async function* piecesOf(size: number) {
  for (let left = size; left > 0; left -= PIECE.length) {
    const piece = PIECE.subarray(0, Math.min(left, PIECE.length));
    passed += piece.length;
    yield piece;
  }
}

async function upload(url: string, size: number): Promise<void> {
  const response = await client.post(url, { body: piecesOf(size) });
  answer = await response.text();
}

async function follow(order: Order): Promise<void> {
  if ("download" in order) {
    const response = await client.get(order.download);
    pieces = response.chunks()[Symbol.asyncIterator]();
  } else if ("readUntil" in order) {
    for (let sinceRest = 0; passed < order.readUntil;) {
      const { done, value } = await pieces!.next();
      if (done) break;
      passed += value.length;
      sinceRest += value.length;
      if (!order.rests || sinceRest < MIB) continue;
      sinceRest = 0;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } else if ("upload" in order) {
    uploading = upload(order.upload, order.size);
  } else if (order.tell === "at the end") {
    await uploading;
  }
}

if (import.meta.main) {
  for await (const line of createInterface({ input: process.stdin })) {
    let told: Standing | { error: string };
    try {
      await follow(JSON.parse(line));
      told = { passed, answer, rss: Deno.memoryUsage().rss, peakRss: peakRss() };
    } catch (error) {
      told = { error: String(error) };
    }
    console.log(JSON.stringify(told));
  }
}
