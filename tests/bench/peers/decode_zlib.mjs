/**
 * `node:zlib` as it is without options, in Deno and in Node. Argument: `stream`, which is given all at
 * once and tells by 'data' what comes out, or `sync`.
 *
 * @module
 */

import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from "node:zlib";
import { serve } from "./serve.mjs";

const isSync = process.argv[2] === "sync";

await serve((task) => {
  const bytes = readFileSync(task.path);
  const isGzip = task.coding === "gzip";
  const sync = isGzip ? gunzipSync : brotliDecompressSync;
  const create = isGzip ? createGunzip : createBrotliDecompress;
  const streamed = async () => {
    const stream = create();
    let length = 0;
    stream.on("data", (piece) => length += piece.length);
    stream.end(bytes);
    await once(stream, "end");
    return length;
  };
  return {
    async run(count) {
      for (; count > 0; count--) {
        const length = isSync ? sync(bytes).length : await streamed();
        if (length !== task.bytes) throw new Error(`got ${length} bytes, not ${task.bytes}`);
      }
    },
  };
});
