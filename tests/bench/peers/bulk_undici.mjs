/**
 * Undici with large bodies, in Deno and in Node. Argument: where undici is to be found.
 *
 * @module
 */

import process from "node:process";
import { createGunzip } from "node:zlib";
import { checkBulk, chunksOf, isUpload } from "./bulk.mjs";
import { serve } from "./serve.mjs";

const { Agent, request } = await import(process.argv[2] ?? "undici");

async function* asyncChunksOf(task) {
  yield* chunksOf(task);
}

await serve((task) => {
  const dispatcher = new Agent({ connections: 1 });
  const upload = async () => {
    const options = { dispatcher, method: "PUT", body: asyncChunksOf(task) };
    const { statusCode, body } = await request(task.url, options);
    checkBulk(statusCode, Number(await body.text()), task);
  };
  const download = async () => {
    const { statusCode, body } = await request(task.url, { dispatcher });
    let length = 0;
    const pieces = task.how === "gzip" ? body.pipe(createGunzip()) : body;
    for await (const piece of pieces) length += piece.length;
    checkBulk(statusCode, length, task);
  };
  return { one: isUpload(task) ? upload : download };
});
