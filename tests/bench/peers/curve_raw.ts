/** Bare sockets, a buffer each, for the curve of connections. @module */

import { memoryOf, serveCurve, timesFor } from "./curve.mjs";

const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
const BUFFER_BYTES = 1_024;

await serveCurve(async ({ url, scale }: { url: string; scale: number }) => {
  const { hostname, port } = new URL(url);
  const { made, heapBytes, residentBytes } = await memoryOf(() =>
    Promise.all(Array.from({ length: scale }, async () => {
      const connection = await Deno.connect({ hostname, port: Number(port) });
      return { connection, buffer: new Uint8Array(BUFFER_BYTES) };
    }))
  );
  const times = timesFor(scale);
  const start = performance.now();
  await Promise.all(made.map(async ({ connection, buffer }) => {
    for (let n = 0; n < times; n++) {
      await connection.write(REQUEST);
      if (await connection.read(buffer) === null) throw new Error("The origin has closed");
    }
  }));
  const microseconds = 1000 * (performance.now() - start) / (scale * times);
  return { heapBytes, residentBytes, microseconds };
});
