import { assert, assertEquals } from "@std/assert";
import { concat } from "../../src/bytes/concat.ts";
import { bytes, text } from "../support/bytes.ts";

Deno.test("concat puts arrays end to end in one of its own, a single one too", () => {
  const one = bytes("a");
  assert(concat([one]).buffer !== one.buffer);
  assertEquals(text(concat([one])), "a");
  assertEquals(concat([]), new Uint8Array(0));
  assertEquals(text(concat([bytes("a"), bytes(""), bytes("bc")])), "abc");
});
