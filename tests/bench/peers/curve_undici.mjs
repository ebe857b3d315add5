/**
 * Undici, for the curves, in Deno and in Node. Arguments: what is measured, and where undici is.
 *
 * @module
 */

import process from "node:process";
import { serveClient } from "./curve_clients.mjs";

const [what, place = "undici"] = process.argv.slice(2);
const { Agent, request } = await import(place);

await serveClient(what, (connections, pipelining) => {
  const dispatcher = new Agent({ connections, pipelining });
  return async (url) => await (await request(url, { dispatcher, blocking: false })).body.text();
});
