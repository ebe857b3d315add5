import { assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { md5, md5Bin, sha1, sha1Bin } from "../../src/codec/digest.ts";

Deno.test("sha1 gives FIPS 180's own examples", () => {
  assertEquals(sha1("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  assertEquals(sha1(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  assertEquals(sha1("a".repeat(1_000_000)), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
});

Deno.test("md5 gives RFC 1321's own examples", () => {
  assertEquals(md5(""), "d41d8cd98f00b204e9800998ecf8427e");
  assertEquals(md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
});

Deno.test("md5Bin and sha1Bin are the bytes that md5 and sha1 spell out", () => {
  assertEquals(encodeHex(md5Bin("lasa")), md5("lasa"));
  assertEquals(encodeHex(sha1Bin("lasa")), sha1("lasa"));
});

Deno.test("digests take text as UTF-8 and bytes as they are", () => {
  assertEquals(md5("é"), md5(new Uint8Array([0xc3, 0xa9])));
  assertEquals(sha1(new Uint8Array([0, 97, 98, 99, 0]).subarray(1, 4)), sha1("abc"));
});

Deno.test("digests take a view of shared memory", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set([97, 98, 99]);
  assertEquals(sha1(shared), sha1("abc"));
});
