/**
 * `node:dgram`, in Deno and in Node: sends by callback, receives by event.
 *
 * @module
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { serve } from "./serve.mjs";

await serve(async ({ port, window, bytes }) => {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const data = new Uint8Array(bytes);
  let awaited = 0;
  let settle = () => {};
  socket.on("message", ({ length }) => {
    if (length !== bytes) settle(new Error(`got ${length} bytes`));
    if (--awaited === 0) settle();
  });
  const sent = () =>
    new Promise((resolve, reject) =>
      socket.send(data, port, "127.0.0.1", (error) => error ? reject(error) : resolve())
    );
  return {
    async run(count) {
      for (let left = count; left > 0; left -= window || 1) {
        if (window === 0) {
          await sent();
          continue;
        }
        const all = new Promise((resolve, reject) => {
          awaited = window;
          settle = (error) => error ? reject(error) : resolve();
        });
        for (let n = 0; n < window; n++) socket.send(data, port, "127.0.0.1");
        await all;
      }
    },
  };
});
