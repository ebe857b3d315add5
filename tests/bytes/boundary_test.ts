import { assertEquals, assertThrows } from "@std/assert";
import { Boundary } from "../../src/bytes/boundary.ts";
import { bytes, text } from "../support/bytes.ts";
import { Random } from "../support/random.ts";

interface Found {
  given: number;
  isFound: boolean;
  /** Whether the search ended, by the pattern or by the limit. */
  isOver: boolean;
}

/**
 * The rule of `receiveUntil` as it is written, word for word and byte by byte: hold back `s` matched
 * bytes; on a byte that does not continue the match take the longest border of the held prefix that
 * this byte continues.
 */
function byTheRule(pattern: string, stream: string, limit: number): Found {
  let s = 0;
  let given = 0;
  for (let at = 0; at < stream.length;) {
    const byte = stream[at];
    if (byte === pattern[s]) {
      at++;
      if (++s === pattern.length) return { given, isFound: true, isOver: true };
      continue;
    }
    const held = pattern.slice(0, s);
    let b = s - 1;
    while (b >= 0 && !(held.endsWith(held.slice(0, b)) && pattern[b] === byte)) b--;
    if (b >= 0) {
      given += s - b;
      s = b + 1;
      at++;
    } else if (s > 0) {
      given += s;
      s = 0;
    } else {
      given++;
      at++;
    }
    if (given >= limit) return { given, isFound: false, isOver: true };
  }
  return { given, isFound: false, isOver: false };
}

/** The same with the code under test, which gets its bytes in pieces. */
function bySearch(pattern: string, pieces: readonly string[], limit: number): Found {
  const search = new Boundary(bytes(pattern)).search(limit);
  let there = "";
  let isOver = false;
  for (const piece of pieces) {
    there += piece;
    isOver = search.advance(bytes(there));
    if (isOver) break;
  }
  return { given: search.given, isFound: search.isFound, isOver };
}

Deno.test("a boundary search gives what the written rule gives, however the bytes arrive", () => {
  const random = new Random(20260);
  for (let round = 0; round < 6_000; round++) {
    const alphabet = random.of(["a", "ab", "ab", "abc"]);
    const pattern = random.text(alphabet, 1 + random.below(8));
    // Half of the streams end in the pattern, so that most searches have something to find.
    const stream = random.text(alphabet, random.below(24)) + random.of(["", pattern]);
    const limit = random.of([Infinity, Infinity, 1, 2, 3, 1 + random.below(12)]);
    const expected = byTheRule(pattern, stream, limit);
    for (const longest of [Infinity, 1, 3]) {
      const pieces = longest === Infinity ? [stream] : random.split(stream, longest);
      assertEquals(
        bySearch(pattern, pieces, limit),
        pieces.length === 0 ? { given: 0, isFound: false, isOver: false } : expected,
        `pattern ${pattern}, limit ${limit}, pieces ${pieces.join("|")}`,
      );
    }
  }
});

Deno.test("a boundary search never gives out a byte that may belong to the pattern", () => {
  const random = new Random(7);
  for (let round = 0; round < 500; round++) {
    const pattern = random.text("ab", 1 + random.below(6));
    const stream = random.text("ab", random.below(30));
    const { given, isFound } = bySearch(pattern, [...stream], Infinity);
    const rest = stream.slice(given);
    if (isFound) assertEquals(rest.slice(0, pattern.length), pattern);
    else assertEquals(rest, pattern.slice(0, rest.length));
  }
});

Deno.test("a boundary search overshoots its limit by less than the pattern", () => {
  const random = new Random(8);
  for (let round = 0; round < 500; round++) {
    const pattern = random.text("ab", 1 + random.below(8));
    const limit = 1 + random.below(6);
    const { given } = bySearch(pattern, [random.text("ab", 40)], limit);
    assertEquals(given < limit + pattern.length, true);
  }
});

Deno.test("a boundary search finds bytes that are no text", () => {
  const search = new Boundary(bytes("\x00\xff")).search();
  assertEquals(search.advance(bytes("\xff\x00\x00\xff")), true);
  assertEquals([search.given, search.isFound], [2, true]);
});

Deno.test("an empty boundary is refused", () => {
  assertThrows(() => new Boundary(new Uint8Array(0)), RangeError, "empty");
});

Deno.test("a boundary serves any number of searches", () => {
  const boundary = new Boundary(bytes("--"));
  for (const stream of ["a--", "--", "-a--"]) {
    const search = boundary.search();
    search.advance(bytes(stream));
    assertEquals(text(bytes(stream).subarray(0, search.given)), stream.slice(0, -2));
  }
});
