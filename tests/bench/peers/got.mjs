/**
 * got, over `node:http` with an agent that keeps connections, in Deno and in Node. Argument: where got
 * is to be found.
 *
 * @module
 */

import { Agent } from "node:http";
import process from "node:process";
import { check, serve } from "./serve.mjs";

const { default: got } = await import(process.argv[2] ?? "got");

await serve((task) => {
  const http = new Agent({ keepAlive: true, maxSockets: task.connections });
  const client = got.extend({ agent: { http }, retry: { limit: 0 }, timeout: {} });
  return {
    one: async () => {
      const { body, statusCode } = await client(task.url);
      check(body, statusCode, task);
    },
  };
});
