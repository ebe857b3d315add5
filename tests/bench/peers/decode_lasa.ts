/** Lasa's decoder, given pieces as a connection gives them. @module */

import { decoded } from "../../../src/http/decode.ts";
import type { DecodeTask } from "../decode_workloads.ts";
import { serve } from "./serve.mjs";

const PIECE_BYTES = 64 * 1024;
const LIMITS = { maxDecodedBytes: Infinity, maxDecodedRatio: Infinity };

await serve((task: DecodeTask) => {
  const bytes = Deno.readFileSync(task.path);
  return {
    async run(count: number) {
      for (; count > 0; count--) {
        let at = 0;
        const source = {
          read() {
            const piece = bytes.subarray(at, at += PIECE_BYTES);
            return Promise.resolve(piece.length === 0 ? null : piece);
          },
          cancel() {},
        };
        const pieces = decoded(source, task.coding, LIMITS);
        let length = 0;
        for (let next = await pieces.read(); next !== null; next = await pieces.read()) {
          length += next.length;
        }
        if (length !== task.bytes) throw new Error(`got ${length} bytes, not ${task.bytes}`);
      }
    },
  };
});
