import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { PieceRoom } from "../../src/http/piece_room.ts";
import { Slab } from "../../src/http/slab.ts";
import { untilQuiet, withClient } from "../support/client.ts";
import { turns } from "../support/clock.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

const SIZE = 700_001;

/** Bytes of which none stands at the place of another one's neighbour. */
function bodyText(size: number): string {
  let text = "";
  for (let at = 0; text.length < size; at++) text += `${at},`;
  return text.slice(0, size);
}

function chunked(body: string, size: number): string {
  let text = "";
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.slice(at, at + size);
    text += `${chunk.length.toString(16)}\r\n${chunk}\r\n`;
  }
  return `${text}0\r\n\r\n`;
}

const BODY = bodyText(SIZE);
const HEAD = "HTTP/1.1 200 OK\r\n";
const FRAMINGS: Record<string, string> = {
  "a length": `${HEAD}Content-Length: ${SIZE}\r\n\r\n${BODY}`,
  "large chunks": `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunked(BODY, 100_000)}`,
  "small chunks": `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunked(BODY, 999)}`,
  "no end but the connection's": `${HEAD}Connection: close\r\n\r\n${BODY}`,
};

/** Reads a stream into one buffer of the caller's. */
async function readInto(stream: ReadableStream<Uint8Array>, size: number): Promise<string> {
  const reader = stream.getReader({ mode: "byob" });
  let text = "";
  for (let buffer = new ArrayBuffer(size);;) {
    const { value, done } = await reader.read(new Uint8Array(buffer, 3));
    if (done) return text;
    assertEquals(value.byteOffset, 3);
    assertEquals([...new Uint8Array(value.buffer, 0, 3)], [0, 0, 0]);
    text += new TextDecoder().decode(value);
    buffer = value.buffer;
  }
}

for (const [name, sent] of Object.entries(FRAMINGS)) {
  Deno.test(`a body with ${name} comes whole into a caller's buffer, and nothing else`, async () => {
    await using server = await RawServer.start(async (peer) => {
      while (await peer.request() !== null) {
        await peer.send(sent);
        if (sent.includes("Connection: close")) return peer.end();
      }
    });
    await withClient({}, async (client) => {
      for (const size of [50, 4_099, 65_536, 1_000_000]) {
        for (const ask of [() => client.get(server.url()), () => client.fetch(server.url())]) {
          const text = await readInto((await ask()).body!, size);
          assert(text === BODY, `with a buffer of ${size} it differs`);
        }
      }
    });
  });

  Deno.test(`a body with ${name} is the same in every form it can be taken in`, async () => {
    await using server = await RawServer.start(async (peer) => {
      while (await peer.request() !== null) {
        await peer.send(sent);
        if (sent.includes("Connection: close")) return peer.end();
      }
    });
    await withClient({}, async (client) => {
      const get = () => client.get(server.url());
      assert(await (await get()).text() === BODY);
      // Kept to the end: no piece is read into again.
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for await (const piece of (await get()).chunks()) pieces.push(piece);
      assert(await new Blob(pieces).text() === BODY);
      const given: Uint8Array<ArrayBuffer>[] = [];
      for await (const piece of (await get()).body!) given.push(piece);
      assert(await new Blob(given).text() === BODY);
    });
  });
}

Deno.test("a reader may bring a buffer for one part, and take the next as it comes", async () => {
  await using server = await RawServer.start(answering(() => response(BODY)));
  await withClient({}, async (client) => {
    const stream = (await client.get(server.url())).body!;
    const byob = stream.getReader({ mode: "byob" });
    const { value } = await byob.read(new Uint8Array(1_000));
    byob.releaseLock();
    const pieces: Uint8Array<ArrayBuffer>[] = [value!];
    for await (const piece of stream) pieces.push(piece);
    assert(await new Blob(pieces).text() === BODY);
  });
});

Deno.test("what comes for a read that was given up is in no later answer", async () => {
  let isFirst = true;
  await using server = await RawServer.start(async (peer) => {
    while (await peer.request() !== null) {
      if (!isFirst) {
        await peer.send(response("second"));
        continue;
      }
      isFirst = false;
      await peer.send(`${HEAD}Content-Length: 6\r\n\r\n`);
      await peer.until("never").catch(() => {});
    }
  });
  await withClient({}, async (client) => {
    const reader = (await client.get(server.url())).body!.getReader({ mode: "byob" });
    const reading = reader.read(new Uint8Array(100));
    await turns(3);
    await reader.cancel();
    assertEquals(await reading, { done: true, value: undefined });
    assertEquals(client.stats().connections, 1);
    await server.peers[0].send("first!");
    await untilQuiet(client);
    assertEquals(client.stats().idle, 1);
  });
});

Deno.test("a body that trickles gets pieces of its size, one that pours gets large ones", () => {
  const room = new PieceRoom();
  const first = room.room();
  const small = room.take(100);
  assertEquals([small.length, small.buffer.byteLength], [100, 100]);
  // Nobody has seen it.
  assertStrictEquals(room.room(), first);
  const seen = new Set<ArrayBuffer>();
  let largest = 0;
  for (let round = 0; round < 10; round++) {
    const piece = room.take(room.room().length);
    assert(!seen.has(piece.buffer));
    seen.add(piece.buffer);
    largest = Math.max(largest, piece.length);
  }
  assertEquals(largest, 64 * 1024);
});

Deno.test("a connection's slabs grow with what comes at once, and shrink again", () => {
  const slab = new Slab();
  const seen = new Map<ArrayBuffer, number>();
  const read = (count: number) => {
    const bytes = slab.room();
    const used = Math.min(count, bytes.length);
    assert(bytes.byteOffset >= (seen.get(bytes.buffer) ?? 0), "the same bytes twice");
    seen.set(bytes.buffer, bytes.byteOffset + used);
    slab.take(used);
    return bytes.buffer.byteLength;
  };
  assertEquals(read(100), 4 * 1024);
  for (let round = 0; round < 20; round++) read(1_000_000);
  assertEquals(read(1), 64 * 1024);
  let size = 0;
  for (let round = 0; round < 20_000; round++) size = read(50);
  assertEquals(size, 4 * 1024);
});
