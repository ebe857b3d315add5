/** Bare sockets: writes frames that are ready, and counts the bytes that come back. @module */

import type { WebSocketTask } from "../websocket_workloads.ts";
import { serve } from "./serve.mjs";
import { frameBytes, framesOf } from "./websocket_frames.ts";

await serve(async ({ url, bytes, window }: WebSocketTask) => {
  const { hostname, port } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay(true);
  const frames = framesOf(bytes, true, window);
  const length = frames.length / window;
  const answerLength = frameBytes(bytes, false);
  const buffer = new Uint8Array(256 * 1024);
  return {
    async run(count: number) {
      let room = window;
      let unsent = count;
      let received = 0;
      let wake = () => {};
      const sendAll = async () => {
        while (unsent > 0) {
          if (room === 0) await new Promise<void>((resolve) => wake = resolve);
          const now = Math.min(room, unsent);
          room -= now;
          unsent -= now;
          let left = frames.subarray(0, now * length);
          while (left.length > 0) left = left.subarray(await connection.write(left));
        }
      };
      const receiveAll = async () => {
        for (let left = count; left > 0;) {
          const read = await connection.read(buffer);
          if (read === null) throw new Error("The origin has closed the connection");
          received += read;
          const whole = Math.floor(received / answerLength);
          received -= whole * answerLength;
          left -= whole;
          room += whole;
          wake();
        }
      };
      await Promise.all([sendAll(), receiveAll()]);
    },
  };
});
