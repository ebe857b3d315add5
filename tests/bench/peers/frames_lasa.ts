/** Lasa's two ends of a connection, joined in memory. @module */

import { Connection } from "../../../src/protocol/websocket/connection.ts";
import { asciiText } from "../../../src/websocket/ascii.ts";
import { nextMaskKey } from "../../../src/websocket/mask_keys.ts";
import type { FrameTask } from "../frame_workloads.ts";
import { serve } from "./serve.mjs";

await serve(({ bytes, batch }: FrameTask) => {
  const maxPayloadLen = Math.max(65_535, bytes);
  const client = new Connection({ role: "client", maskKey: nextMaskKey, maxPayloadLen });
  const server = new Connection({ role: "server", maxPayloadLen, ascii: asciiText });
  const isText = bytes < 1_024;
  const payload = isText ? "x".repeat(bytes) : new Uint8Array(bytes);
  return {
    run(count: number) {
      for (; count > 0; count--) {
        for (let left = batch; left > 0; left--) client.send(isText ? "text" : "binary", payload);
        let read = 0;
        for (let output = client.takeOutput(); output !== null; output = client.takeOutput()) {
          // As a socket does it: as much as there is room for.
          for (let at = 0; at < output.length;) {
            const room = server.room();
            const part = output.subarray(at, at + room.length);
            room.set(part);
            server.commit(part.length);
            at += part.length;
            for (let frame = server.nextEvent(); frame !== null; frame = server.nextEvent()) {
              if (frame.data.length !== bytes) throw new Error("read another frame");
              read++;
            }
          }
          client.release();
        }
        if (read !== batch) throw new Error(`read ${read} frames, not ${batch}`);
      }
      return Promise.resolve();
    },
  };
});
