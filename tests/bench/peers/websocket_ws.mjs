/**
 * ws, in Deno and in Node. Argument: where ws is to be found.
 *
 * @module
 */

import { once } from "node:events";
import process from "node:process";
import { serve } from "./serve.mjs";
import { windowed } from "./websocket_events.mjs";

const { WebSocket } = await import(process.argv[2] ?? "ws");

await serve(async ({ url, bytes, window }) => {
  const socket = new WebSocket(url);
  await once(socket, "open");
  const data = bytes < 1_024 ? "x".repeat(bytes) : new Uint8Array(bytes);
  const { run, onMessage } = windowed(window, bytes, () => socket.send(data));
  socket.on("message", ({ length }) => onMessage(length));
  return { run };
});
