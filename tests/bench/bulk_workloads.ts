/**
 * Large bodies, there and back, plain and in gzip.
 *
 * @module
 */

import type { Machine } from "./machine.ts";
import { npmPeers } from "./npm_peers.ts";
import { startOwn, temporaryFile } from "./origins.ts";
import { denoPeer, nodePeer, type Peer, startPeers } from "./peers.ts";
import { coded, textBytes } from "./text.ts";
import type { Workload } from "./workload.ts";

/** What a peer is told: one body after the other, over one connection. */
export interface BulkTask {
  readonly url: string;
  /**
   * `"chunks"` as they come; `"byob"` into a buffer of the caller's; `"gzip"` as they come, decoded;
   * `"generated"` sends chunks each of its own, `"reused"` one and the same.
   */
  readonly how: "chunks" | "byob" | "gzip" | "generated" | "reused";
  /** Bytes of a body, decoded. */
  readonly bytes: number;
  /** Bytes of a chunk that is sent. */
  readonly chunkBytes: number;
  readonly connections: 1;
  readonly depth: 1;
}

/** How large they are. */
export interface BulkSizes {
  readonly bulkBytes: number;
  readonly textBytes: number;
}

const MB = 1_000_000;

/** Downloads, uploads, and a download that is decoded. */
export function bulkWorkloads(machine: Machine, sizes: BulkSizes): Workload[] {
  const { bulkBytes } = sizes;
  const mib = `${bulkBytes / 2 ** 20} MiB`;
  const raw = denoPeer("raw sockets, Deno", "peers/bulk_raw.ts", { role: "limit" });
  const lasa = denoPeer("lasa", "peers/bulk_lasa.ts", { role: "lasa" });
  const fetch = denoPeer("fetch, Deno", "peers/bulk_fetch.ts");
  const all = [raw, lasa, fetch, ...nodeHttp(machine), ...undici(machine)];
  const plain = (
    name: string,
    how: BulkTask["how"],
    title: string,
    peers: readonly Peer[],
    { bytes, chunkBytes } = { bytes: bulkBytes, chunkBytes: ONE.chunkBytes },
  ) =>
    bulkWorkload(name, title, peers, bytes, async (stack) => {
      const port = await startOwn("bulk.ts", [], stack);
      return { ...ONE, url: `http://127.0.0.1:${port}/${bytes}`, how, bytes, chunkBytes };
    });
  // Some of the others write each piece by itself, which takes its time: a smaller body will do.
  const pieces = { bytes: bulkBytes / 8, chunkBytes: 1_000 };
  return [
    plain("download256m-byob", "byob", `GET of ${mib}, read into a buffer of the caller's`, [
      raw,
      lasa,
      fetch,
    ]),
    plain("download256m-chunks", "chunks", `GET of ${mib}, in chunks as they come`, all),
    plain("upload256m-generated", "generated", `PUT of ${mib}, in new chunks of 64 KiB`, all),
    plain("upload256m-reused", "reused", `PUT of ${mib}, one chunk of 64 KiB again and again`, all),
    plain(
      "upload-pieces-1000",
      "generated",
      `PUT of ${pieces.bytes / 2 ** 20} MiB, in new pieces of 1,000 B`,
      all,
      pieces,
    ),
    gzipWorkload(machine, sizes.textBytes, [lasa, fetch]),
  ];
}

function gzipWorkload(machine: Machine, length: number, own: readonly Peer[]): Workload {
  const raw = denoPeer("raw sockets + createGunzip, Deno", "peers/bulk_raw.ts", { role: "limit" });
  const peers = [
    raw,
    ...own,
    ...nodeHttp(machine, " + createGunzip"),
    ...undici(machine, " + createGunzip"),
  ];
  const title = `GET of ${length / 2 ** 20} MiB of text in gzip, decoded as it comes`;
  return bulkWorkload("gzip64m", title, peers, length, async (stack) => {
    const file = await temporaryFile(await coded(textBytes(length), "gzip"), stack);
    const port = await startOwn("bulk.ts", [file, "gzip"], stack);
    return { ...ONE, url: `http://127.0.0.1:${port}/file`, how: "gzip", bytes: length };
  });
}

const ONE = { chunkBytes: 64 * 1024, connections: 1, depth: 1 } as const;

function bulkWorkload(
  name: string,
  title: string,
  peers: readonly Peer[],
  bytes: number,
  taskOf: (stack: AsyncDisposableStack) => Promise<BulkTask>,
): Workload {
  return {
    name,
    title,
    unit: "MB/s",
    perTask: bytes / MB,
    firstCount: 1,
    tellsMemory: true,
    concurrency: 1,
    // A lead-in of a whole body would say nothing that the run itself does not.
    prepare: async (stack) => startPeers(peers, await taskOf(stack), stack, 0),
  };
}

function nodeHttp({ hasNode }: Machine, more = ""): Peer[] {
  const script = "peers/bulk_http.mjs";
  const peers = [denoPeer(`node:http${more}, Deno`, script, { kind: "node:http" })];
  if (hasNode) peers.push(nodePeer(`node:http${more}, Node`, script, { kind: "node:http" }));
  return peers;
}

function undici({ packages }: Machine, more = ""): Peer[] {
  return npmPeers("undici", "peers/bulk_undici.mjs", ` request${more}`, [], packages);
}
