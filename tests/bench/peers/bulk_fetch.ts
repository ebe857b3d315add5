/** The platform's `fetch` with large bodies. @module */

import type { BulkTask } from "../bulk_workloads.ts";
import { BUFFER_BYTES, checkBulk, chunksOf, isUpload } from "./bulk.mjs";
import { byobLength } from "./byob.ts";
import { serve } from "./serve.mjs";

async function lengthOf(response: Response, { how }: BulkTask): Promise<number> {
  if (how === "byob") return await byobLength(response.body!, BUFFER_BYTES);
  let length = 0;
  for await (const chunk of response.body!) length += chunk.length;
  return length;
}

function streamOf(task: BulkTask): ReadableStream<Uint8Array> {
  const chunks = chunksOf(task);
  return new ReadableStream({
    pull(controller) {
      const { done, value } = chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

await serve((task: BulkTask) => ({
  one: async () => {
    const init = isUpload(task) ? { method: "PUT", body: streamOf(task) } : {};
    const response = await fetch(task.url, init);
    const length = isUpload(task) ? Number(await response.text()) : await lengthOf(response, task);
    checkBulk(response.status, length, task);
  },
}));
