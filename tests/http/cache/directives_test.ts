import { assert, assertEquals } from "@std/assert";
import {
  deltaSeconds,
  directivesOf,
  parseCacheControl,
} from "../../../src/http/cache/directives.ts";
import { Random } from "../../support/random.ts";

Deno.test("directives are read, in any case, quoted or not", () => {
  const read = parseCacheControl('Max-Age=60, NO-CACHE="a, B", private , x="\\"q\\"",, y=');
  assertEquals(read.milliseconds("max-age"), 60_000);
  assertEquals(read.fieldsNamedBy("no-cache"), ["a", "b"]);
  assertEquals([read.hasUnqualified("no-cache"), read.hasUnqualified("private")], [false, true]);
  assertEquals([read.first("x"), read.first("y"), read.first("z")], ['"q"', "", null]);
  assertEquals(read.milliseconds("s-maxage"), null);
});

Deno.test("of two values the smaller one counts, and one that is none is 0", () => {
  for (const text of ["a=9, a=1", "a=1, a=9", 'a="1", A=5']) {
    assertEquals(parseCacheControl(text).milliseconds("a"), 1000, text);
  }
  for (const text of ["a", "a=", "a=x", "a=-1", "a=1.0", "a =1", "a= 1", "a=1 b", "a=1, a=x"]) {
    assertEquals(parseCacheControl(text).milliseconds("a"), 0, text);
  }
});

Deno.test("a directive that stands once without fields means the whole response", () => {
  assert(parseCacheControl('no-cache="a", no-cache').hasUnqualified("no-cache"));
  assert(parseCacheControl('no-cache=""').hasUnqualified("no-cache"));
});

Deno.test("1.2.2 seconds are digits, and there is a largest number of them", () => {
  assertEquals(["0", "007", "2147483647", "9".repeat(40)].map((text) => deltaSeconds(text)), [
    0,
    7,
    2 ** 31 - 1,
    2 ** 31,
  ]);
  for (const text of ["", " 1", "+1", "1e3", "0x1", "١"]) {
    assertEquals(deltaSeconds(text), null, text);
  }
});

Deno.test("no text makes the parser fail, and a directive before garbage is never lost", () => {
  const random = new Random(5);
  for (let n = 0; n < 5_000; n++) {
    const garbage = random.text('a=", \\-;1\t', random.below(20));
    assert(parseCacheControl(`no-store, ${garbage}`).has("no-store"), garbage);
  }
});

Deno.test("9213 §2.2 the first of the targeted fields that parses holds", () => {
  const fields = [
    ["cache-control", "max-age=1"],
    ["b-cache-control", "max-age=2"],
    ["a-cache-control", "max-age=3,,"],
  ] as const;
  const seconds = (targets: string[]) =>
    directivesOf(fields, targets).directives.milliseconds("max-age")! / 1000;
  assertEquals(
    [[], ["b-cache-control"], ["a-cache-control", "b-cache-control"], ["c"]].map(seconds),
    [1, 2, 2, 1],
  );
  assertEquals(directivesOf(fields, ["b-cache-control"]).isTargeted, true);
});
