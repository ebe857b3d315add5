/**
 * Bare sockets with large bodies: everything is read into one buffer or written from one, and of the
 * answer nothing is looked at but its head. Where it comes in gzip, `node:zlib` decodes it.
 *
 * @module
 */

import { once } from "node:events";
import { createGunzip } from "node:zlib";
import type { BulkTask } from "../bulk_workloads.ts";
import { BUFFER_BYTES, checkBulk, chunksOf, isUpload } from "./bulk.mjs";
import { serve } from "./serve.mjs";

const decoder = new TextDecoder("latin1");

await serve(async (task: BulkTask) => {
  const { hostname, port, pathname } = new URL(task.url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay(true);
  // A larger one would not stay in the core's cache, and be half as fast.
  const buffer = new Uint8Array(BUFFER_BYTES);

  const write = async (bytes: Uint8Array) => {
    while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
  };
  const read = async () => {
    const count = await connection.read(buffer);
    if (count === null) throw new Error("The origin has closed the connection");
    return buffer.subarray(0, count);
  };
  const ask = (method: string, more: string) =>
    write(new TextEncoder().encode(`${method} ${pathname} HTTP/1.1\r\nHost: a\r\n${more}\r\n`));
  /** Reads an answer; its head comes in one piece with the first bytes of its body, or alone. */
  const answer = async (take: (piece: Uint8Array<ArrayBuffer>) => unknown) => {
    let piece = await read();
    const head = decoder.decode(piece.subarray(0, 4096)).split("\r\n\r\n", 1)[0];
    let left = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    for (piece = piece.subarray(head.length + 4);; piece = await read()) {
      left -= piece.length;
      if (piece.length > 0) await take(piece);
      if (left <= 0) return Number(head.split(" ")[1]);
    }
  };

  const download = async () => {
    await ask("GET", "");
    let length = 0;
    const status = await answer((piece) => length += piece.length);
    checkBulk(status, length, task);
  };
  const decode = async () => {
    await ask("GET", "");
    const gunzip = createGunzip();
    let length = 0;
    gunzip.on("data", (piece) => length += piece.length);
    const status = await answer((piece) =>
      gunzip.write(piece.slice()) ? undefined : once(gunzip, "drain")
    );
    gunzip.end();
    await once(gunzip, "end");
    checkBulk(status, length, task);
  };
  const upload = async () => {
    await ask("PUT", `Content-Length: ${task.bytes}\r\n`);
    // Small pieces are gathered: to write each by itself would be no limit to anybody.
    let held = 0;
    for (const chunk of chunksOf(task)) {
      if (held + chunk.length > buffer.length) {
        await write(buffer.subarray(0, held));
        held = 0;
      }
      if (chunk.length === buffer.length) {
        await write(chunk);
      } else {
        buffer.set(chunk, held);
        held += chunk.length;
      }
    }
    await write(buffer.subarray(0, held));
    let told = "";
    const status = await answer((piece) => told += decoder.decode(piece));
    checkBulk(status, Number(told), task);
  };
  return { one: isUpload(task) ? upload : task.how === "gzip" ? decode : download };
});
