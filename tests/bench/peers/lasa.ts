/** Lasa, as a user has it: only the connections and the depth are told. @module */

import { Client } from "../../../src/http/mod.ts";
import { check, serve } from "./serve.mjs";

await serve((task) => {
  const client = new Client({
    maxConn: task.connections,
    maxConnPerTarget: task.connections,
    // Behind the one that is being answered.
    maxPipelinedRequests: task.depth - 1,
  });
  return {
    one: async () => {
      const response = await client.request(task.url);
      check(await response.text(), response.status, task);
    },
  };
});
