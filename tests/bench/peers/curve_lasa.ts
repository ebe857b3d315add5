/** Lasa's client, for the curves. @module */

import { Client } from "../../../src/http/mod.ts";
import { serveClient } from "./curve_clients.mjs";

await serveClient(Deno.args[0], (connections: number, depth: number) => {
  const client = new Client({
    maxConn: connections,
    maxConnPerTarget: connections,
    maxPipelinedRequests: depth - 1,
    maxQueued: 1_000_000,
  });
  return async (url: string) => await (await client.request(url)).text();
});
