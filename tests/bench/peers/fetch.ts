/** The platform's `fetch`. It does not pipeline: each request at once is a connection. @module */

import { check, serve } from "./serve.mjs";

await serve((task) => ({
  one: async () => {
    const response = await fetch(task.url);
    check(await response.text(), response.status, task);
  },
}));
