/**
 * Bare sockets: writes a batch of requests, counts bytes until all of it is answered, and again.
 * No client that reads what it gets can be faster, so this is where the wire ends. Where the body
 * comes in gzip, each is decoded too, in one go.
 *
 * @module
 */

import { gunzipSync } from "node:zlib";
import { serve } from "./serve.mjs";

/** What the answers of an origin look like: all of one length. */
interface Shape {
  readonly statusLine: string;
  readonly length: number;
}

await serve(async (task) => {
  const { hostname, port, host, pathname } = new URL(task.url);
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  const batch = new TextEncoder().encode(request.repeat(task.depth));
  const lines = await Promise.all(
    Array.from({ length: task.connections }, async () => {
      const connection = await Deno.connect({ hostname, port: Number(port) });
      connection.setNoDelay(true);
      return { connection, buffer: new Uint8Array(64 * 1024) };
    }),
  );
  const wireLength = task.wireLength ?? task.bodyLength;
  const shape = await shapeOf(lines[0].connection, request, wireLength);

  const work = async ({ connection, buffer }: typeof lines[0], count: number) => {
    for (let left = count; left > 0; left -= task.depth) {
      let unsent = batch;
      while (unsent.length > 0) unsent = unsent.subarray(await connection.write(unsent));
      let awaited = task.depth * shape.length;
      let at = 0;
      for (let isFirst = true; awaited > 0; isFirst = false) {
        const read = await connection.read(task.coding ? buffer.subarray(at) : buffer);
        if (read === null) throw new Error("The origin has closed a connection");
        if (isFirst) checkStart(buffer, shape);
        awaited -= read;
        at += read;
      }
      if (awaited < 0) throw new Error("The origin has sent more than was asked for");
      if (!task.coding) continue;
      const { length } = gunzipSync(buffer.subarray(shape.length - wireLength, shape.length));
      if (length !== task.bodyLength) throw new Error(`got ${length} bytes, decoded`);
    }
  };
  return {
    async run(count) {
      const share = Math.ceil(count / task.connections);
      await Promise.all(lines.map((line) => work(line, share)));
    },
  };
});

/** Gets one answer and reads it through. */
async function shapeOf(
  connection: Deno.TcpConn,
  request: string,
  bodyLength: number,
): Promise<Shape> {
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  while (!text.includes("\r\n\r\n") || text.length < text.indexOf("\r\n\r\n") + 4 + bodyLength) {
    const read = await connection.read(buffer);
    if (read === null) throw new Error("The origin has closed a connection");
    text += new TextDecoder("latin1").decode(buffer.subarray(0, read));
  }
  const told = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
  if (!text.startsWith("HTTP/1.1 200 ") || Number(told) !== bodyLength) {
    throw new Error(`got ${text.split("\r\n", 1)[0]} and Content-Length ${told}`);
  }
  return { statusLine: text.split("\r\n", 1)[0], length: text.length };
}

function checkStart(bytes: Uint8Array, { statusLine }: Shape): void {
  for (let at = 0; at < statusLine.length; at++) {
    if (bytes[at] !== statusLine.charCodeAt(at)) {
      throw new Error(`got something else than ${statusLine}`);
    }
  }
}
