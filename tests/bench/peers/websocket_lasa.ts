/** Lasa's WebSocket client. @module */

import { Client } from "../../../src/websocket/mod.ts";
import type { WebSocketTask } from "../websocket_workloads.ts";
import { serve } from "./serve.mjs";

await serve(async ({ url, bytes, window }: WebSocketTask) => {
  const client = new Client({ maxPayloadLen: Math.max(65_535, bytes) });
  await client.connect(url);
  const text = "x".repeat(bytes);
  const binary = new Uint8Array(bytes);
  const send = () => bytes < 1_024 ? client.sendText(text) : client.sendBinary(binary);
  return {
    async run(count: number) {
      // As the others do it: who reads does not wait for what is being written.
      let sending: Promise<unknown> = Promise.resolve();
      let unsent = count;
      for (; unsent > count - window; unsent--) sending = send();
      for (let left = count; left > 0; left--) {
        const message = await client.receive();
        if (message?.data.length !== bytes) throw new Error("got another message");
        if (unsent-- > 0) sending = send();
      }
      await sending;
    },
  };
});
