import { assertEquals } from "@std/assert";
import { escapeUri, unescapeUri } from "../../src/codec/uri.ts";

Deno.test("32: escapeUri leaves letters, digits and -_.!~*'() alone", () => {
  const kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()";
  assertEquals(escapeUri(kept), kept);
});

Deno.test("escapeUri escapes every other ASCII character and the UTF-8 of the rest", () => {
  for (let code = 0; code < 128; code++) {
    const char = String.fromCharCode(code);
    if (/[A-Za-z0-9\-_.!~*'()]/.test(char)) continue;
    assertEquals(escapeUri(char), "%" + code.toString(16).toUpperCase().padStart(2, "0"));
  }
  assertEquals(escapeUri("é€😀"), "%C3%A9%E2%82%AC%F0%9F%98%80");
});

Deno.test("escapeUri writes half a surrogate pair as the replacement character", () => {
  assertEquals(escapeUri("a\ud800b"), "a%EF%BF%BDb");
});

Deno.test("32: unescapeUri takes + for a space and leaves malformed escapes standing", () => {
  assertEquals(unescapeUri("a+b%zz%41%"), "a b%zzA%");
  assertEquals(unescapeUri("%4"), "%4");
  assertEquals(unescapeUri("%%41"), "%A");
  assertEquals(unescapeUri("%2B+%2b"), "+ +");
});

Deno.test("unescapeUri reads UTF-8 and marks bytes that are none", () => {
  assertEquals(unescapeUri("%C3%A9%e2%82%ac%F0%9F%98%80"), "é€😀");
  assertEquals(unescapeUri("a%FFb%C3"), "a\ufffdb\ufffd");
  assertEquals(unescapeUri("%C3x%A9"), "\ufffdx\ufffd");
  assertEquals(unescapeUri("%EF%BB%BFa"), "\ufeffa");
});

Deno.test("unescapeUri gives back whatever escapeUri took", () => {
  const samples = ["", "a b&c=d/e?f#g", "100%", "%41", "+", "naïve\r\n\0", "\ufeff日本語"];
  for (const sample of samples) assertEquals(unescapeUri(escapeUri(sample)), sample);
});
