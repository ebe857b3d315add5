import { assertEquals } from "@std/assert";
import { cutCharacterLength } from "../../src/bytes/utf8.ts";
import { bytes } from "../support/bytes.ts";

Deno.test("a character that is cut off is found at every place of the cut", () => {
  for (const char of ["a", "ä", "€", "😀"]) {
    const whole = new TextEncoder().encode(`€${char}`);
    for (let at = 0; at <= whole.length; at++) {
      const cut = cutCharacterLength(whole.subarray(0, at));
      const into = at <= 3 ? at % 3 : at === whole.length ? 0 : at - 3;
      assertEquals(cut, into, `${char} at ${at}`);
    }
  }
});

Deno.test("what is no UTF-8 is not taken for a cut character", () => {
  for (const text of ["", "\x80", "\x80\x80\x80\x80", "\xc3\x80\x80", "a\xffb"]) {
    assertEquals(cutCharacterLength(bytes(text)), 0, JSON.stringify(text));
  }
});
