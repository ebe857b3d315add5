/** Undici with its cache interceptor, which keeps in memory. @module */

import { check, serve } from "./serve.mjs";

const { Agent, interceptors, request } = await import("undici");

await serve((task) => {
  const dispatcher = new Agent().compose(interceptors.cache());
  return {
    one: async () => {
      const { statusCode, body } = await request(task.url, { dispatcher });
      check(await body.text(), statusCode, task);
    },
  };
});
