/** Lasa with a cache in memory; without one for the argument `uncached`. @module */

import { Client, memoryCache } from "../../../src/http/mod.ts";
import { check, serve } from "./serve.mjs";

const isCached = Deno.args[0] !== "uncached";

await serve((task) => {
  const client = new Client(isCached ? { cache: memoryCache() } : {});
  return {
    one: async () => {
      const response = await client.request(task.url);
      check(await response.text(), response.status, task);
    },
  };
});
