/**
 * What writes frames in ws, and what reads them. Argument: where ws is to be found.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import { serve } from "./serve.mjs";

const { Receiver, Sender } = await import(process.argv[2] ?? "ws");

await serve(({ bytes, batch }) => {
  let read = 0;
  let written = [];
  const receiver = new Receiver({ isServer: true, allowSynchronousEvents: true });
  receiver.on("message", (data) => {
    if (data.length !== bytes) throw new Error("read another frame");
    read++;
  });
  const socket = {
    cork() {},
    uncork() {},
    write(buffer) {
      written.push(buffer);
    },
  };
  const sender = new Sender(socket, {});
  const isText = bytes < 1_024;
  const payload = isText ? "x".repeat(bytes) : new Uint8Array(bytes);
  const options = { fin: true, binary: !isText, mask: true, compress: false };
  return {
    async run(count) {
      for (; count > 0; count--) {
        read = 0;
        for (let left = batch; left > 0; left--) sender.send(payload, options);
        // As a socket does it: all of a turn in one piece.
        const output = written.length === 1 ? written[0] : Buffer.concat(written.map(asBuffer));
        written = [];
        await new Promise((resolve) => receiver.write(asBuffer(output), resolve));
        if (read !== batch) throw new Error(`read ${read} frames, not ${batch}`);
      }
    },
  };
});

function asBuffer(bytes) {
  return typeof bytes === "string" ? Buffer.from(bytes) : bytes;
}
