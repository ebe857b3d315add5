/** The platform's WebSocket. @module */

import type { WebSocketTask } from "../websocket_workloads.ts";
import { serve } from "./serve.mjs";
import { windowed } from "./websocket_events.mjs";

await serve(async ({ url, bytes, window }: WebSocketTask) => {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("Cannot connect"));
  });
  const text = "x".repeat(bytes);
  const binary = new Uint8Array(bytes);
  const { run, onMessage } = windowed(
    window,
    bytes,
    bytes < 1_024 ? () => socket.send(text) : () => socket.send(binary),
  );
  socket.onmessage = ({ data }) =>
    onMessage(typeof data === "string" ? data.length : data.byteLength);
  return { run };
});
