/** Ranges, validation, variants, queries and invalidation, as far as they are mere functions. @module */

import { assert, assertEquals } from "@std/assert";
import type { StoredHead } from "../../../src/http/cache/entry.ts";
import { isOutage, isOwn } from "../../../src/http/cache/failure.ts";
import { listOf, valueOf, without } from "../../../src/http/cache/fields.ts";
import { outdatedBy } from "../../../src/http/cache/invalidation.ts";
import { Ledger } from "../../../src/http/cache/ledger.ts";
import { areAlike, queryRuleOf } from "../../../src/http/cache/no_vary_search.ts";
import { cutOf, parseContentRange, parseRange, unionOf } from "../../../src/http/cache/ranges.ts";
import { storedFields, updatedFields } from "../../../src/http/cache/storing.ts";
import { matchesWeakly, tagsIn } from "../../../src/http/cache/validation.ts";
import { matchesVary, varyOf } from "../../../src/http/cache/vary.ts";
import type { CacheRequest } from "../../../src/http/cache/wish.ts";
import {
  AbortedError,
  BrokenError,
  ClosedError,
  KilledError,
  TimeoutError,
} from "../../../src/errors.ts";
import { Random } from "../../support/random.ts";

const PRIVATE = { isShared: false, targets: [] };

function requestOf(fields: Record<string, string> = {}): CacheRequest {
  return { method: "GET", url: "http://a/", mode: "default", get: (name) => fields[name] ?? null };
}

function headOf(more: Partial<StoredHead>): StoredHead {
  return {
    url: "http://a/",
    status: 200,
    reason: "OK",
    fields: [],
    vary: [],
    requestTime: 0,
    responseTime: 0,
    initialAgeMs: 0,
    bodyLength: 0,
    part: null,
    isDoubtful: false,
    ...more,
  };
}

Deno.test("values of a field are joined, whatever the case of its name", () => {
  const fields = [["Foo", "1"], ["bar", "x"], ["foo", "2"]] as const;
  assertEquals([valueOf(fields, "foo"), valueOf(fields, "baz")], ["1, 2", null]);
  assertEquals(without(fields, new Set(["foo"])), [["bar", "x"]]);
  assertEquals(listOf(" a,,b , "), ["a", "b"]);
});

Deno.test("9110 §14.1.2 a range is one of bytes, or none", () => {
  assertEquals(parseRange("bytes=1-2"), { first: 1, last: 2 });
  assertEquals(parseRange("BYTES= 1-"), { first: 1, last: null });
  assertEquals(parseRange("bytes=-3"), { suffix: 3 });
  for (
    const text of ["bytes=2-1", "bytes=-", "bytes=1-2,4-5", "items=1-2", "bytes 1-2", "bytes=1.5-2"]
  ) {
    assertEquals(parseRange(text), null, text);
  }
  assertEquals(parseContentRange("bytes 1-2/3"), { first: 1, last: 2, total: 3 });
  assertEquals(parseContentRange("bytes 1-2/*"), { first: 1, last: 2, total: null });
  for (const text of ["bytes 2-1/3", "bytes 1-3/3", "bytes */3", "bytes 1-2", null]) {
    assertEquals(parseContentRange(text), null, `${text}`);
  }
});

Deno.test("a cut out of a part is the same as out of the whole, or none", () => {
  const random = new Random(31);
  const whole = Uint8Array.from({ length: 40 }, (_, at) => at);
  for (let n = 0; n < 3_000; n++) {
    const first = random.below(40);
    const length = 1 + random.below(40 - first);
    const part = headOf({
      bodyLength: length,
      part: { first, total: 40, asked: "", isExact: true },
    });
    const asked = random.of([
      `bytes=${random.below(50)}-${random.below(50)}`,
      `bytes=${random.below(50)}-`,
      `bytes=-${random.below(50)}`,
    ]);
    const expected = cutOf(headOf({ bodyLength: 40 }), asked);
    const got = cutOf(part, asked);
    if (got === null || got === "unsatisfiable") {
      if (got === "unsatisfiable") assertEquals(expected, got);
      continue;
    }
    assert(expected !== null && expected !== "unsatisfiable");
    assertEquals(got.contentRange, expected.contentRange);
    assertEquals(
      whole.slice(first, first + length).slice(got.start, got.end),
      whole.slice(expected.start, expected.end),
    );
  }
});

Deno.test("two parts put together are the bytes of the whole", () => {
  const random = new Random(41);
  const whole = Uint8Array.from({ length: 30 }, (_, at) => at);
  for (let n = 0; n < 3_000; n++) {
    const [a, b] = [random.below(30), random.below(30)];
    const [aEnd, bEnd] = [a + 1 + random.below(30 - a), b + 1 + random.below(30 - b)];
    const stored = headOf({
      bodyLength: aEnd - a,
      part: { first: a, total: 30, asked: "", isExact: true },
    });
    const union = unionOf(stored, { first: b, last: bEnd - 1, total: 30 });
    if (union === null) {
      assert(b > aEnd || bEnd < a);
      continue;
    }
    const kept = whole.slice(a, aEnd);
    const cut = (range: readonly [number, number] | null) =>
      range === null ? [] : [...kept.slice(...range)];
    const bytes = [...cut(union.before), ...whole.slice(b, bEnd), ...cut(union.after)];
    assertEquals(bytes, [...whole.slice(union.first, union.first + union.length)]);
  }
});

Deno.test("entity tags are found though there are commas in them, and compared weakly", () => {
  assertEquals(tagsIn('"a,b", W/"c" ,d,*'), ['"a,b"', 'W/"c"', "d", "*"]);
  assert(
    matchesWeakly('W/"a"', '"a"') && !matchesWeakly('"a"', '"A"') && !matchesWeakly('w/"a"', '"a"'),
  );
});

Deno.test("3.1 fields of one hop are not kept, be they named by Connection or by the standard", () => {
  const fields = [["connection", "x, Date"], ["x", "1"], ["te", "2"], ["date", "3"], ["age", "4"], [
    "y",
    "5",
  ]] as const;
  assertEquals(storedFields(fields, PRIVATE), [["date", "3"], ["y", "5"]]);
});

Deno.test("3.2 an update replaces, adds and leaves; what lies in the store stays true", () => {
  const stored = [["a", "1"], ["a", "2"], ["b", "3"], ["content-length", "9"]] as const;
  const newer = [["a", "4"], ["c", "5"], ["content-length", "0"], [
    "content-encoding",
    "gzip",
  ]] as const;
  assertEquals(updatedFields(stored, newer, PRIVATE), [["b", "3"], ["content-length", "9"], [
    "a",
    "4",
  ], ["c", "5"]]);
});

Deno.test("4.1 passwords and cookies that make a difference are not written down", () => {
  const request = requestOf({ authorization: "Bearer secret", cookie: "id=secret" });
  const vary = varyOf([["vary", "cookie"]], request, PRIVATE);
  assertEquals(vary.map(([name]) => name), ["authorization", "cookie"]);
  assert(!JSON.stringify(vary).includes("secret"));
  assert(matchesVary(headOf({ vary }), request));
  assert(
    !matchesVary(
      headOf({ vary }),
      requestOf({ authorization: "Bearer other", cookie: "id=secret" }),
    ),
  );
});

Deno.test("4.4 what an answer makes outdated is of its own origin", () => {
  const fields = [["location", "/b#x"], ["content-location", "http://other/c"]] as const;
  assertEquals(outdatedBy("http://a/", 201, fields), ["http://a/", "http://a/b"]);
  assertEquals(outdatedBy("http://a/", 500, fields), []);
  assertEquals(outdatedBy("http://a/", 200, [["location", "http://["]]), ["http://a/"]);
});

Deno.test("two URLs are alike under a rule whichever comes first", () => {
  const random = new Random(51);
  const rules = [
    "key-order",
    'params=("a")',
    "params",
    'params, except=("b")',
    'params=("a" "c"), key-order',
  ];
  const url = () =>
    `http://h/?${
      Array.from({ length: random.below(4) }, () => `${random.of("abc")}=${random.below(3)}`).join(
        "&",
      )
    }`;
  for (let n = 0; n < 2_000; n++) {
    const rule = queryRuleOf([["no-vary-search", random.of(rules)]])!;
    const [one, other, third] = [url(), url(), url()];
    assertEquals(areAlike(one, other, rule), areAlike(other, one, rule));
    if (areAlike(one, other, rule) && areAlike(other, third, rule)) {
      assert(areAlike(one, third, rule));
    }
  }
});

Deno.test("what was asked for before an invalidation is outdated, however many came since", () => {
  const ledger = new Ledger();
  const before = ledger.moment;
  ledger.invalidate("http://a/");
  assert(ledger.isOutdated("http://a/", before) && !ledger.isOutdated("http://b/", before));
  assert(!ledger.isOutdated("http://a/", ledger.moment));
  for (let n = 0; n < 2_000; n++) ledger.invalidate(`http://c/${n}`);
  // What is not remembered any more counts as outdated.
  assert(ledger.isOutdated("http://a/", before) && ledger.isOutdated("http://b/", before));
  assert(!ledger.isOutdated("http://a/", ledger.moment));
});

Deno.test("a failure is the origin's or the caller's", () => {
  assert(isOutage(new BrokenError("x")) && !isOwn(new BrokenError("x")));
  assert(
    isOutage(new ClosedError("x", { sent: "all" })) &&
      !isOutage(new ClosedError("x", { sent: "none" })),
  );
  for (
    const error of [
      new AbortedError(),
      new KilledError(),
      new TimeoutError("x", { phase: "deadline" }),
      new Error("x"),
    ]
  ) {
    assert(!isOutage(error) && isOwn(error), error.name);
  }
  assert(isOutage(new TimeoutError("x", { phase: "headers" })));
});
