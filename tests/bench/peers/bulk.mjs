/**
 * What the peers of large bodies share.
 *
 * @module
 */

/**
 * The chunks of a body to send.
 *
 * @param {import("../bulk_workloads.ts").BulkTask} task
 */
export function* chunksOf({ bytes, chunkBytes, how }) {
  const chunk = new Uint8Array(chunkBytes).fill(1);
  for (let left = bytes; left > 0; left -= chunkBytes) {
    const size = Math.min(left, chunkBytes);
    if (how === "generated") yield new Uint8Array(size).fill(2);
    else yield size === chunkBytes ? chunk : chunk.subarray(0, size);
  }
}

/**
 * @param {number} status The status that came.
 * @param {number} count The bytes that came, or that the origin says it has got.
 * @param {import("../bulk_workloads.ts").BulkTask} task
 */
export function checkBulk(status, count, task) {
  if (status !== 200 || count !== task.bytes) {
    throw new Error(`got status ${status} and ${count} bytes, not ${task.bytes}`);
  }
}

/** @param {import("../bulk_workloads.ts").BulkTask} task */
export function isUpload({ how }) {
  return how === "generated" || how === "reused";
}

/** Bytes of a buffer that is read into. */
export const BUFFER_BYTES = 64 * 1024;
