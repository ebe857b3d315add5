/**
 * `node:readline` over `node:net`, by its events, in Deno and in Node.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { serve } from "./serve.mjs";

await serve(async ({ port, lines, length }) => {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let left = 0;
  let settle = () => {};
  createInterface({ input: socket }).on("line", (line) => {
    if (line.length !== length) settle(new Error(`got ${JSON.stringify(line)}`));
    if (--left === 0) settle();
  });
  return {
    run: (count) =>
      new Promise((resolve, reject) => {
        left = count * lines;
        settle = (error) => error ? reject(error) : resolve();
        socket.write(`${count}\n`);
      }),
  };
});
