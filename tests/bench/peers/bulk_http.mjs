/**
 * `node:http` with large bodies, in Deno and in Node.
 *
 * @module
 */

import { once } from "node:events";
import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { checkBulk, chunksOf, isUpload } from "./bulk.mjs";
import { serve } from "./serve.mjs";

function lengthOf(stream) {
  return new Promise((resolve, reject) => {
    let length = 0;
    stream.on("data", (piece) => length += piece.length);
    stream.on("end", () => resolve(length));
    stream.on("error", reject);
  });
}

await serve((task) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const upload = async () => {
    const sent = request(task.url, { agent, method: "PUT" });
    const answered = once(sent, "response");
    for (const chunk of chunksOf(task)) {
      if (!sent.write(chunk)) await once(sent, "drain");
    }
    sent.end();
    const [response] = await answered;
    checkBulk(response.statusCode, Number(await text(response)), task);
  };
  const download = async () => {
    const [response] = await once(request(task.url, { agent }).end(), "response");
    const body = task.how === "gzip" ? response.pipe(createGunzip()) : response;
    checkBulk(response.statusCode, await lengthOf(body), task);
  };
  return { one: isUpload(task) ? upload : download };
});
