/**
 * Decoders alone, without a wire: lasa's beside `node:zlib` and the platform's.
 *
 * @module
 */

import type { Machine } from "./machine.ts";
import { temporaryFile } from "./origins.ts";
import { denoPeer, nodePeer, type Peer, startPeers } from "./peers.ts";
import { coded, textBytes } from "./text.ts";
import type { Workload } from "./workload.ts";

/** What a peer is told. */
export interface DecodeTask {
  /** The file of what is to be decoded. */
  readonly path: string;
  readonly coding: "gzip" | "br";
  /** Bytes that come out. */
  readonly bytes: number;
}

const MB = 1_000_000;

/** A workload for each coding. */
export function decodeWorkloads(machine: Machine, length: number): Workload[] {
  return (["gzip", "br"] as const).map((coding) => ({
    name: `decode-${coding}`,
    title: `decode ${length / 2 ** 20} MiB of text from ${coding}, in memory`,
    unit: "MB/s",
    perTask: length / MB,
    firstCount: 1,
    concurrency: 1,
    async prepare(stack) {
      const path = await temporaryFile(await coded(textBytes(length), coding), stack);
      const task: DecodeTask = { path, coding, bytes: length };
      return startPeers(peersFor(coding, machine), task, stack, 0);
    },
  }));
}

function peersFor(coding: DecodeTask["coding"], { hasNode }: Machine): Peer[] {
  const [stream, sync] = coding === "gzip"
    ? ["createGunzip", "gunzipSync"]
    : ["createBrotliDecompress", "brotliDecompressSync"];
  const script = "peers/decode_zlib.mjs";
  const kind = "node:zlib";
  const peers = [
    denoPeer("lasa", "peers/decode_lasa.ts", { role: "lasa" }),
    denoPeer(`${stream}, Deno`, script, { args: ["stream"], kind }),
    denoPeer(`${sync}, Deno`, script, { args: ["sync"], kind }),
    denoPeer("DecompressionStream, Deno", "peers/decode_platform.ts"),
  ];
  if (hasNode) peers.push(nodePeer(`${stream}, Node`, script, { args: ["stream"], kind }));
  return peers;
}
