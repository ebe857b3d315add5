/** Every coding, whole, cut and joined, at the level of pieces. @module */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import { LasaError, LimitError, RemoteProtocolError } from "../../src/errors.ts";
import { decoded, decodedWhole, type Pieces } from "../../src/http/decode.ts";
import { gathered } from "../../src/http/gather.ts";
import { bytes, text } from "../support/bytes.ts";
import { runProgram } from "../support/program.ts";
import { Random } from "../support/random.ts";
import { testWithSharedData } from "../support/shared_data.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const LIMITS = { maxDecodedBytes: 1e9, maxDecodedRatio: 300 };
const PAGE = "lorem ipsum dolor sit amet, ".repeat(30) + "and so on";

const random = new Random(7);
/** What does not compress, so that a format has to store some of it. */
const NOISE = Uint8Array.from({ length: 300 }, () => random.below(256));

/** Every format, by the coding that names it. */
function formats(data: Uint8Array): [name: string, coding: string, coded: Bytes][] {
  return [
    ["gzip", "gzip", gzipSync(data)],
    ["zlib", "deflate", deflateSync(data)],
    ["raw deflate", "deflate", deflateRawSync(data)],
    ["br", "br", brotliCompressSync(data)],
    ["zstd", "zstd", zstdCompressSync(data)],
  ].map(([name, coding, coded]) => [name as string, coding as string, copied(coded as Uint8Array)]);
}

function copied(data: Uint8Array): Bytes {
  return new Uint8Array(data);
}

function joined(...parts: Uint8Array[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A source that gives pieces of a size. */
function sliced(data: Bytes, size: number): Pieces {
  let at = 0;
  return {
    read: () => Promise.resolve(at < data.length ? data.subarray(at, at += size) : null),
    cancel: () => {
      at = data.length;
    },
  };
}

function decode(data: Bytes, coding: string, size = 1_000, limits = LIMITS): Promise<Bytes> {
  return gathered(decoded(sliced(data, size), coding, limits), -1);
}

Deno.test("every format is decoded, as a whole and in pieces of any size", async () => {
  for (const source of [bytes(PAGE), NOISE, bytes("x")]) {
    for (const [name, coding, coded] of formats(source)) {
      for (const size of [1, 2, 3, 7, 100, 1e6]) {
        assertEquals([name, text(await decode(coded, coding, size))], [name, text(source)]);
      }
      assertEquals(text(await decodedWhole(coded, coding, LIMITS)), text(source));
    }
  }
});

Deno.test("every truncated prefix of every format is an error", async () => {
  for (const source of [bytes(PAGE), NOISE]) {
    for (const [name, coding, coded] of formats(source)) {
      for (let length = 1; length < coded.length; length++) {
        const cut = coded.slice(0, length);
        const told = `${name} cut after ${length} of ${coded.length}`;
        await assertRejects(() => decode(cut, coding), RemoteProtocolError, undefined, told);
        await assertRejects(() => decodedWhole(cut, coding, LIMITS), RemoteProtocolError, "", told);
      }
    }
  }
});

Deno.test("no byte at all is an empty body in every format, and an empty one is too", async () => {
  for (const [name, coding, coded] of formats(new Uint8Array(0))) {
    assertEquals([name, (await decode(new Uint8Array(0), coding)).length], [name, 0]);
    assertEquals([name, (await decode(coded, coding)).length], [name, 0]);
  }
});

Deno.test("gzip of several members, and zstd of several frames, is one body", async () => {
  const gzip = joined(gzipSync("one "), gzipSync(""), gzipSync("two"));
  const zstd = joined(zstdCompressSync("one "), zstdCompressSync(""), zstdCompressSync("two"));
  for (const size of [1, 5, 1e6]) {
    assertEquals(text(await decode(gzip, "gzip", size)), "one two");
    assertEquals(text(await decode(zstd, "zstd", size)), "one two");
  }
  assertEquals(text(await decodedWhole(gzip, "gzip", LIMITS)), "one two");
  for (const cut of [1, 5, 11]) {
    await assertRejects(() => decode(gzip.slice(0, -cut), "gzip"), RemoteProtocolError);
    await assertRejects(() => decode(zstd.slice(0, -cut), "zstd"), RemoteProtocolError);
  }
});

Deno.test("what stands behind the end is an error, not left out", async () => {
  for (const [name, coding, coded] of formats(bytes(PAGE))) {
    for (const rest of [[0], [0, 0, 0], [1, 2, 3, 4, 5]]) {
      const more = joined(coded, Uint8Array.from(rest));
      for (const size of [1, 1e6]) {
        await assertRejects(() => decode(more, coding, size), RemoteProtocolError, "", name);
      }
      await assertRejects(() => decodedWhole(more, coding, LIMITS), RemoteProtocolError, "", name);
    }
  }
});

Deno.test("garbage is a typed error in every format, never a hang", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    for (const [, coding, coded] of formats(bytes(PAGE))) {
      const garbled = coded.slice();
      for (let n = 0; n < 3; n++) garbled[random.below(garbled.length)] = random.below(256);
      const ended = await decode(garbled, coding, 11).catch((error) => error);
      assertEquals(ended instanceof Uint8Array || ended instanceof LasaError, true);
    }
  }
});

Deno.test("a zstd frame that is to be skipped is refused, since the platform cannot skip it", async () => {
  const skippable = Uint8Array.of(0x52, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9);
  for (const data of [skippable, joined(zstdCompressSync("one"), skippable)]) {
    await assertRejects(() => decode(data, "zstd", 3), RemoteProtocolError);
  }
});

Deno.test("a zstd window larger than 8 MiB is refused", async () => {
  // A frame header alone: a window descriptor of 2^(10+17) bytes, then a frame of one huge segment.
  const wide = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 1, 0, 0);
  const single = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0x40, 1, 0, 0);
  for (const frame of [wide, single]) {
    const error = await assertRejects(() => decode(frame, "zstd"), RemoteProtocolError);
    assertMatch(error.message, /window is \d+ bytes/);
  }
});

Deno.test("a body becomes no more than so many times as large, once it is large at all", async () => {
  const page = new Uint8Array(8 * 1024 * 1024);
  for (const [name, coding, coded] of formats(page)) {
    assertEquals([name, (await decode(coded, coding)).length], [name, page.length]);
  }
  const large = new Uint8Array(12 * 1024 * 1024);
  for (const [name, coding, coded] of formats(large)) {
    const error = await assertRejects(() => decode(coded, coding), LimitError);
    assertEquals([name, error.limit], [name, "maxDecodedRatio"]);
    const patient = { ...LIMITS, maxDecodedRatio: Infinity };
    assertEquals((await decode(coded, coding, 1_000, patient)).length, large.length);
  }
});

Deno.test("giving up in the middle gives up the source too, and leaves nothing running", async () => {
  for (const [, coding, coded] of formats(bytes(PAGE.repeat(2_000)))) {
    const source = sliced(coded, 10);
    const pieces = decoded(source, coding, LIMITS);
    await pieces.read();
    pieces.cancel();
    assertEquals(await source.read(), null);
  }
});

testWithSharedData("zlib's own error vectors are errors", "deflate_vectors.json", async (json) => {
  const vectors: { id: string; format: string; hex: string; expect: string }[] = JSON.parse(json);
  const codings: Record<string, string> = {
    gzip: "gzip",
    deflate: "deflate",
    "deflate-raw": "deflate",
  };
  let errors = 0;
  for (const { id, format, hex, expect } of vectors) {
    const data = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    if (expect !== "error") continue;
    errors++;
    for (const size of [1, 1e6]) {
      await assertRejects(() => decode(data, codings[format], size), RemoteProtocolError, "", id);
    }
  }
  assertEquals(errors > 20, true);
});

const BOMBS = `
  import zlib from "node:zlib";
  import { Client } from "@lasa/lasa/http";
  const blank = new Uint8Array(256 * 1024 * 1024);
  const gzip = zlib.gzipSync(blank);
  const bodies = {
    gzip,
    "gzip, gzip": zlib.gzipSync(gzip),
    br: zlib.brotliCompressSync(blank, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
    zstd: zlib.zstdCompressSync(blank),
  };
  const server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    const coding = decodeURIComponent(new URL(request.url).pathname.slice(1));
    return new Response(bodies[coding], { headers: { "content-encoding": coding } });
  });
  blank.buffer.transfer(0);
  const client = new Client();
  const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))[1]);
  await client.get("http://127.0.0.1:" + server.addr.port + "/none").then((r) => r.discard());
  for (const coding of Object.keys(bodies)) {
    Deno.writeTextFileSync("/proc/self/clear_refs", "5");
    const before = peak();
    const response = await client.get(
      "http://127.0.0.1:" + server.addr.port + "/" + encodeURIComponent(coding),
    );
    const error = await response.bytes().catch((error) => error);
    console.log(coding, error.limit, peak() - before < 64 * 1024);
  }
  await client.closeAll();
  await server.shutdown();
`;

Deno.test({
  name: "a bomb of 256 MiB ends in LimitError within 64 MiB of memory, in every coding",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { out, err } = await runProgram(BOMBS, "--allow-all");
    assertEquals([out.trim().split("\n"), err], [[
      "gzip maxDecodedRatio true",
      "gzip, gzip maxDecodedRatio true",
      "br maxDecodedRatio true",
      "zstd maxDecodedRatio true",
    ], ""]);
  },
});
