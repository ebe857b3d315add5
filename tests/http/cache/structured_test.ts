import { assertEquals } from "@std/assert";
import { parseDictionary } from "../../../src/http/cache/structured.ts";
import { Random } from "../../support/random.ts";

function read(text: string): unknown {
  const members = parseDictionary(text);
  return members === null ? null : Object.fromEntries(members);
}

Deno.test("a dictionary's members are integers, decimals, booleans, texts, tokens and lists", () => {
  assertEquals(read('a=1, b=-2.5 ,c, d=?0,e="x\\"y\\\\",f=tok/en,g=("a" b 3), h=:YWJj:'), {
    a: 1,
    b: -2.5,
    c: true,
    d: false,
    e: 'x"y\\',
    f: { token: "tok/en" },
    g: ["a", { token: "b" }, 3],
    h: { token: ":YWJj:" },
  });
  assertEquals(read(""), {});
  assertEquals(read("  a=1  "), { a: 1 });
});

Deno.test("parameters are passed over, and of members of one name the last one counts", () => {
  assertEquals(read('a=1;b=2;c;d="x", e;f, g=(1;a 2);b'), { a: 1, e: true, g: [1, 2] });
  assertEquals([...parseDictionary("a=1, b=2, a=3")!], [["b", 2], ["a", 3]]);
});

Deno.test("what does not parse is nothing at all", () => {
  for (
    const text of [
      ",",
      "a,",
      "a=1,,b",
      "A=1",
      "a=",
      "a b",
      'a="x',
      'a="\\x"',
      "a=(1",
      "a=(1,2)",
      'a=("x""y")',
      "a=?2",
      "a=1234567890123456",
      "a=1.2345",
      "a=ä",
      "a;=1",
    ]
  ) assertEquals(read(text), null, text);
});

Deno.test("seeded garbage is read or refused, and never anything else", () => {
  const random = new Random(3);
  for (let n = 0; n < 5_000; n++) {
    const members = parseDictionary(random.text('a1*=;,"\\() ?:-.tZ', 1 + random.below(24)));
    if (members !== null) {
      for (const key of members.keys()) assertEquals(/^[a-z*]/.test(key), true);
    }
  }
});
