import { assertEquals } from "@std/assert";
import { decodeBase64, encodeBase64 } from "../../src/codec/base64.ts";
import { testWithSharedData } from "../support/shared_data.ts";

const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

Deno.test("encodeBase64 gives RFC 4648's own examples", () => {
  const pairs = { "": "", f: "Zg==", fo: "Zm8=", foo: "Zm9v", foobar: "Zm9vYmFy" };
  for (const [plain, encoded] of Object.entries(pairs)) {
    assertEquals(encodeBase64(plain), encoded);
    assertEquals(encodeBase64(plain, true), encoded.replaceAll("=", ""));
    assertEquals(text(decodeBase64(encoded)), plain);
  }
});

Deno.test("encodeBase64 takes text as UTF-8 and bytes as they are", () => {
  assertEquals(encodeBase64("é"), "w6k=");
  assertEquals(encodeBase64(new Uint8Array([0xe9])), "6Q==");
});

Deno.test("encodeBase64 leaves the bytes it was given untouched", () => {
  const bytes = new Uint8Array([1, 2, 3, 4]);
  encodeBase64(bytes.subarray(1, 3));
  assertEquals(bytes, new Uint8Array([1, 2, 3, 4]));
});

Deno.test("decodeBase64 gives back every byte that encodeBase64 took, at every length", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => (i * 167) & 255);
  for (let length = 0; length <= all.length; length++) {
    const bytes = all.slice(0, length);
    assertEquals(decodeBase64(encodeBase64(bytes)), bytes);
    assertEquals(decodeBase64(encodeBase64(bytes, true)), bytes);
  }
});

Deno.test("32: decodeBase64 answers null where the text is not well formed", () => {
  const bad = [
    "A",
    "AAAAA",
    "A===",
    "AA=",
    "AAA==",
    "AAAA=",
    "=",
    "====",
    "AA==A",
    "A=A=",
    "a b c d",
  ];
  const outside = [" AAAA", "AAAA\n", "AA\tAA", "AA-_", "ÀAAA", "AA\0A", "AAA\u{1F600}"];
  for (const sample of [...bad, ...outside]) {
    assertEquals(decodeBase64(sample), null, JSON.stringify(sample));
  }
});

Deno.test("decodeBase64 does not mind the unused bits of the last sign", () => {
  assertEquals(text(decodeBase64("YR==")), "a");
  assertEquals(text(decodeBase64("YR")), "a");
});

testWithSharedData(
  "decodeBase64 agrees with the forgiving decoder wherever there is no white space",
  "base64_forgiving.json",
  (json) => {
    const cases: [string, number[] | null][] = JSON.parse(json);
    for (const [encoded, bytes] of cases) {
      const expected = /[ \t\n\f\r]/.test(encoded) ? null : bytes;
      const decoded = decodeBase64(encoded);
      assertEquals(decoded && [...decoded], expected, JSON.stringify(encoded));
    }
  },
);
