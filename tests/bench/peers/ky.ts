/** ky, over the platform's `fetch`. @module */

import ky from "ky";
import { check, serve } from "./serve.mjs";

await serve((task) => ({
  one: async () => {
    const response = await ky.get(task.url, { retry: 0 });
    check(await response.text(), response.status, task);
  },
}));
