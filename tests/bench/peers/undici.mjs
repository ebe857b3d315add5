/**
 * Undici, in Deno and in Node. Arguments: `request` or `dispatch`, and where undici is to be found. A
 * body that comes in gzip goes through `node:zlib`, since undici leaves that to the caller.
 *
 * @module
 */

import process from "node:process";
import { text } from "node:stream/consumers";
import { createGunzip } from "node:zlib";
import { check, serve } from "./serve.mjs";

const [call, place = "undici"] = process.argv.slice(2);
const { Agent, request } = await import(place);

/** @type {Record<string, (task: import("./serve.mjs").Task, dispatcher: any) => Promise<void>>} */
const calls = {
  async request(task, dispatcher) {
    // Without `blocking: false` no request is sent behind another.
    const { statusCode, body } = await request(task.url, { dispatcher, blocking: false });
    const got = task.coding ? await text(body.pipe(createGunzip())) : await body.text();
    check(got, statusCode, task);
  },

  dispatch(task, dispatcher) {
    const { origin, pathname: path } = new URL(task.url);
    return new Promise((resolve, reject) => {
      let status = 0;
      let text = "";
      dispatcher.dispatch({ origin, path, method: "GET", blocking: false }, {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode;
        },
        onResponseData(_controller, chunk) {
          text += chunk.toString();
        },
        onResponseEnd() {
          try {
            resolve(check(text, status, task));
          } catch (error) {
            reject(error);
          }
        },
        onResponseError(_controller, error) {
          reject(error);
        },
      });
    });
  },
};

await serve((task) => {
  const dispatcher = new Agent({ connections: task.connections, pipelining: task.depth });
  const doCall = calls[call];
  return { one: () => doCall(task, dispatcher) };
});
