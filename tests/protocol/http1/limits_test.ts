import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { LimitError, RemoteProtocolError } from "../../../src/errors.ts";
import { type ReaderLimits, readerLimits } from "../../../src/protocol/http1/limits.ts";
import { ResponseReader } from "../../../src/protocol/http1/response_reader.ts";
import { readPieces } from "../../support/responses.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const EMPTY = "Content-Length: 0\r\n\r\n";
const CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";

/** Reads in one piece, and byte by byte where that is asked for. */
function assertFits(input: string, limits?: Partial<ReaderLimits>, byByte = true): void {
  for (const pieces of byByte ? [[input], [...input]] : [[input]]) {
    assertStrictEquals(readPieces(pieces, { limits }).error, null);
  }
}

/** The same, for what must be too much. */
function assertOver(
  limit: keyof ReaderLimits,
  input: string,
  limits?: Partial<ReaderLimits>,
  byByte = true,
): void {
  for (const pieces of byByte ? [[input], [...input]] : [[input]]) {
    const { error } = readPieces(pieces, { limits });
    assertInstanceOf(error, LimitError, `${limit}: ${error}`);
    assertEquals([error.limit, error.code], [limit, "limit"]);
  }
}

Deno.test("every limit of the reader has a default", () => {
  assertEquals(readerLimits(), {
    maxHeaderBytes: 65_536,
    maxHeaders: 256,
    maxLineBytes: 8_192,
    maxChunkLineBytes: 4_096,
    maxInformational: 32,
    maxBlankLines: 1,
  });
});

Deno.test("a limit may be set alone, and to Infinity; what is no number of things is refused", () => {
  assertEquals(readerLimits({ maxHeaders: 3 }), { ...readerLimits(), maxHeaders: 3 });
  assertEquals(readerLimits({ maxHeaderBytes: Infinity }).maxHeaderBytes, Infinity);
  assertEquals(readerLimits({ maxHeaders: undefined }).maxHeaders, 256);
  for (const value of [-1, 1.5, NaN, -Infinity, "9" as unknown as number]) {
    assertThrows(
      () => new ResponseReader({ maxHeaders: value }),
      RangeError,
      `Cannot set maxHeaders: ${value}`,
    );
  }
});

Deno.test("maxHeaderBytes bounds a whole head, its status line included", () => {
  const head = OK + "A: 12345\r\n" + EMPTY;
  assertFits(head, { maxHeaderBytes: head.length });
  assertOver("maxHeaderBytes", head, { maxHeaderBytes: head.length - 1 });
  assertOver("maxHeaderBytes", OK + "\r\n", { maxHeaderBytes: OK.length });
  // A head whose end never comes is given up as soon as it is too large.
  assertOver("maxHeaderBytes", OK + "A: 123456789", { maxHeaderBytes: 25 });
  const line = "X: " + "x".repeat(995) + "\r\n";
  assertFits(OK + line.repeat(65) + EMPTY, undefined, false);
  assertOver("maxHeaderBytes", OK + line.repeat(66), undefined, false);
});

Deno.test("maxHeaderBytes bounds a trailer section by itself", () => {
  const limits = { maxHeaderBytes: 60 };
  assertFits(CHUNKED + "0\r\nA: " + "x".repeat(50) + "\r\n\r\n", limits);
  assertOver("maxHeaderBytes", CHUNKED + "0\r\nA: " + "x".repeat(56) + "\r\n\r\n", limits);
});

Deno.test("maxHeaders bounds the number of fields, in a head and in trailers", () => {
  assertFits(OK + "A: b\r\n".repeat(4) + EMPTY, { maxHeaders: 5 });
  assertOver("maxHeaders", OK + "A: b\r\n".repeat(5) + EMPTY, { maxHeaders: 5 });
  assertFits(CHUNKED + "0\r\n" + "A: b\r\n".repeat(5) + "\r\n", { maxHeaders: 5 });
  assertOver("maxHeaders", CHUNKED + "0\r\n" + "A: b\r\n".repeat(6), { maxHeaders: 5 });
  assertFits(OK + "A: b\r\n".repeat(255) + EMPTY);
  assertOver("maxHeaders", OK + "A: b\r\n".repeat(256) + EMPTY);
});

Deno.test("maxLineBytes bounds the status line and each field line, ends included", () => {
  const limits = { maxLineBytes: 40 };
  const field = `A: ${"x".repeat(35)}\r\n`;
  assertEquals(field.length, 40);
  assertFits(OK + field + EMPTY, limits);
  assertOver("maxLineBytes", OK + "A" + field + EMPTY, limits);
  assertOver("maxLineBytes", OK + "A: " + "x".repeat(40), limits);
  assertFits(`HTTP/1.1 200 ${"x".repeat(25)}\r\n${EMPTY}`, limits);
  assertOver("maxLineBytes", `HTTP/1.1 200 ${"x".repeat(26)}\r\n${EMPTY}`, limits);
  assertOver("maxLineBytes", `HTTP/1.1 200 ${"x".repeat(30)}`, limits);
  assertFits(OK + `A: ${"x".repeat(8_187)}\r\n` + EMPTY, undefined, false);
  assertOver("maxLineBytes", OK + `A: ${"x".repeat(8_188)}\r\n` + EMPTY, undefined, false);
});

Deno.test("maxChunkLineBytes bounds a chunk's size line, extensions included", () => {
  const limits = { maxChunkLineBytes: 20 };
  assertFits(CHUNKED + `1;${"x".repeat(16)}\r\nx\r\n0\r\n\r\n`, limits);
  assertOver("maxChunkLineBytes", CHUNKED + `1;${"x".repeat(17)}\r\nx\r\n`, limits);
  assertOver("maxChunkLineBytes", CHUNKED + "0".repeat(21), limits);
  assertFits(CHUNKED + `1;${"x".repeat(4_092)}\r\nx\r\n0\r\n\r\n`, undefined, false);
  assertOver("maxChunkLineBytes", CHUNKED + `1;${"x".repeat(4_093)}\r\nx\r\n`, undefined, false);
});

Deno.test("maxInformational bounds the 1xx responses before each final one", () => {
  const early = "HTTP/1.1 102 Processing\r\n\r\n";
  assertFits(early.repeat(2) + OK + EMPTY, { maxInformational: 2 });
  assertOver("maxInformational", early.repeat(3) + OK + EMPTY, { maxInformational: 2 });
  assertOver("maxInformational", early + OK + EMPTY, { maxInformational: 0 });
  assertFits(early.repeat(32) + OK + EMPTY);
  assertOver("maxInformational", early.repeat(33) + OK + EMPTY);
  const twice = (early.repeat(2) + OK + EMPTY).repeat(2);
  const { error } = readPieces([twice], {
    methods: ["GET", "GET"],
    limits: { maxInformational: 2 },
  });
  assertStrictEquals(error, null);
});

Deno.test("maxBlankLines bounds the blank lines before each status line; more is a protocol fault", () => {
  const blank = "\r\n";
  assertFits(blank + OK + EMPTY);
  assertFits(blank.repeat(3) + OK + EMPTY, { maxBlankLines: 3 });
  for (const [input, maxBlankLines] of [[blank.repeat(2), 1], [blank, 0]] as const) {
    for (const pieces of [[input + OK + EMPTY], [...input + OK + EMPTY]]) {
      const { error } = readPieces(pieces, { limits: { maxBlankLines } });
      assertInstanceOf(error, RemoteProtocolError);
    }
  }
  const each = (blank + OK + EMPTY).repeat(3);
  assertStrictEquals(readPieces([each], { methods: ["GET", "GET", "GET"] }).error, null);
});

Deno.test("a body has no limit of its own here", () => {
  const size = 300_000;
  assertFits(OK + `Content-Length: ${size}\r\n\r\n` + "x".repeat(size), undefined, false);
});

Deno.test("a head that comes byte by byte is not searched again from its start", () => {
  const head = OK + `X-Name: ${"v".repeat(50)}\r\n`.repeat(100) + EMPTY;
  let looked = 0;
  const proto = Object.getPrototypeOf(Uint8Array.prototype);
  const { indexOf } = proto;
  proto.indexOf = function (this: Uint8Array, ...args: [number, number?]) {
    const at = indexOf.apply(this, args);
    looked += (at < 0 ? this.length : at + 1) - (args[1] ?? 0);
    return at;
  };
  try {
    assertStrictEquals(readPieces([...head]).error, null);
  } finally {
    proto.indexOf = indexOf;
  }
  assert(looked < 4 * head.length, `${looked} bytes were looked at for ${head.length}`);
});
