/** The platform's DecompressionStream. @module */

import type { DecodeTask } from "../decode_workloads.ts";
import { serve } from "./serve.mjs";

const PIECE_BYTES = 64 * 1024;

await serve((task: DecodeTask) => {
  const bytes = Deno.readFileSync(task.path);
  // The types do not know Brotli yet.
  const format = (task.coding === "gzip" ? "gzip" : "brotli") as CompressionFormat;
  return {
    async run(count: number) {
      for (; count > 0; count--) {
        let at = 0;
        const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
          pull(controller) {
            const piece = bytes.subarray(at, at += PIECE_BYTES);
            if (piece.length === 0) controller.close();
            else controller.enqueue(piece);
          },
        });
        let length = 0;
        const decompression = new DecompressionStream(format);
        for await (const piece of source.pipeThrough(decompression)) length += piece.length;
        if (length !== task.bytes) throw new Error(`got ${length} bytes, not ${task.bytes}`);
      }
    },
  };
});
