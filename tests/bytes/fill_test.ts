import { assertEquals } from "@std/assert";
import { fill } from "../../src/bytes/fill.ts";

Deno.test("a piece that fits is put at the front, and what lies behind stays", () => {
  const into = new Uint8Array([9, 9, 9]);
  assertEquals(fill(into, new Uint8Array([1, 2])), 2);
  assertEquals(into, new Uint8Array([1, 2, 9]));
});

Deno.test("of a piece that does not fit comes what does", () => {
  const into = new Uint8Array(2);
  assertEquals(fill(into, new Uint8Array([1, 2, 3])), 2);
  assertEquals(into, new Uint8Array([1, 2]));
});
