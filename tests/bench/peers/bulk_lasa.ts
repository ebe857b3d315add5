/** Lasa with large bodies. @module */

import { Client, type HttpResponse } from "../../../src/http/mod.ts";
import type { BulkTask } from "../bulk_workloads.ts";
import { BUFFER_BYTES, checkBulk, chunksOf, isUpload } from "./bulk.mjs";
import { byobLength } from "./byob.ts";
import { serve } from "./serve.mjs";

async function lengthOf(response: HttpResponse, { how }: BulkTask): Promise<number> {
  if (how === "byob") return await byobLength(response.body!, BUFFER_BYTES);
  let length = 0;
  for await (const chunk of response.chunks()) length += chunk.length;
  return length;
}

await serve((task: BulkTask) => {
  const client = new Client();
  const upload = async () => {
    const response = await client.put(task.url, { body: asyncChunksOf(task) });
    checkBulk(response.status, Number(await response.text()), task);
  };
  const download = async () => {
    const response = await client.get(task.url);
    checkBulk(response.status, await lengthOf(response, task), task);
  };
  return { one: isUpload(task) ? upload : download };
});

/** The chunks as a caller gives them: an async iterable. */
async function* asyncChunksOf(task: BulkTask): AsyncGenerator<Uint8Array> {
  yield* chunksOf(task);
}
