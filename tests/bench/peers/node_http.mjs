/**
 * `node:http` with an agent that keeps connections, in Deno and in Node. A body that comes in gzip
 * goes through `node:zlib`: argument `stream` for createGunzip, `sync` for gunzipSync.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Agent, get } from "node:http";
import process from "node:process";
import { createGunzip, gunzipSync } from "node:zlib";
import { check, serve } from "./serve.mjs";

const isSync = process.argv[2] === "sync";

/** @param {import("./serve.mjs").Task} task */
function textOf(response, { coding }) {
  const source = coding && !isSync ? response.pipe(createGunzip()) : response;
  return new Promise((resolve, reject) => {
    const pieces = [];
    source.on("data", (piece) => pieces.push(piece));
    source.on("error", reject);
    source.on("end", () => {
      const whole = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
      resolve((coding && isSync ? gunzipSync(whole) : whole).toString());
    });
  });
}

await serve((task) => {
  const agent = new Agent({ keepAlive: true, maxSockets: task.connections });
  const headers = task.coding ? { "accept-encoding": task.coding } : {};
  return {
    one: () =>
      new Promise((resolve, reject) => {
        get(task.url, { agent, headers }, async (response) => {
          try {
            resolve(check(await textOf(response, task), response.statusCode, task));
          } catch (error) {
            reject(error);
          }
        }).on("error", reject);
      }),
  };
});
