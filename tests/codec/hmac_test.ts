import { assertEquals, assertNotEquals } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { encodeBase64 } from "../../src/codec/base64.ts";
import { sha1Bin } from "../../src/codec/digest.ts";
import { hmacSha1 } from "../../src/codec/hmac.ts";
import { testWithSharedData } from "../support/shared_data.ts";

interface Vector {
  id: number;
  key: string;
  msg: string;
  tag: string;
  tagBits: number;
  result: "valid" | "invalid";
}

Deno.test("32: hmacSha1 gives the seed's example", () => {
  const code = hmacSha1("thisisverysecretstuff", "some string we want to sign");
  assertEquals(encodeBase64(code), "R/pvxzHC4NLtj7S+kXFg/NePTmk=");
});

Deno.test("hmacSha1 gives RFC 2202's own examples", () => {
  const hex = (key: Uint8Array | string, message: string) => encodeHex(hmacSha1(key, message));
  assertEquals(
    hex("Jefe", "what do ya want for nothing?"),
    "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
  );
  assertEquals(
    hex(
      new Uint8Array(80).fill(0xaa),
      "Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
    ),
    "e8e99d0f45237d786d6bbaa7965c7808bbff1a91",
  );
});

Deno.test("hmacSha1 hashes keys of more than a block and fills shorter ones with zeros", () => {
  const key = Uint8Array.from({ length: 65 }, (_, i) => i);
  assertEquals(hmacSha1(key, "m"), hmacSha1(sha1Bin(key), "m"));
  assertNotEquals(hmacSha1(key.subarray(0, 64), "m"), hmacSha1(sha1Bin(key.subarray(0, 64)), "m"));
  assertEquals(hmacSha1("k", "m"), hmacSha1("k\0\0", "m"));
});

testWithSharedData("hmacSha1 passes the Wycheproof vectors", "hmac_sha1.json", (json) => {
  for (const vector of JSON.parse(json) as Vector[]) {
    const code = encodeHex(hmacSha1(decodeHex(vector.key), decodeHex(vector.msg)));
    const matches = code.slice(0, vector.tagBits / 4) === vector.tag;
    assertEquals(matches, vector.result === "valid", `vector ${vector.id}`);
  }
});
