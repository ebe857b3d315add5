import { assertEquals } from "@std/assert";
import { ipBytes, IpNetwork, plainAddress } from "../../src/socket/ip_network.ts";

const hex = (text: string) => {
  const bytes = ipBytes(text);
  return bytes && Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

Deno.test("an address is the same bytes however it is written", () => {
  assertEquals(hex("127.0.0.1"), "7f000001");
  const one = "0".repeat(31) + "1";
  for (const text of ["::1", "0::1", "0:0:0:0:0:0:0:1", "0000::0001"]) assertEquals(hex(text), one);
  assertEquals(hex("::"), "0".repeat(32));
  assertEquals(hex("2001:DB8::a:0:1"), "20010db8000000000000000a00000001");
  assertEquals(hex("fe80::"), "fe80" + "0".repeat(28));
  assertEquals(hex("::ffff:1.2.3.4"), "00000000000000000000ffff01020304");
});

Deno.test("what is no address has no bytes", () => {
  for (const text of ["", "localhost", "1.2.3", "01.2.3.4", "256.1.1.1", "1::2::3", "fe80::1%lo"]) {
    assertEquals(ipBytes(text), null, text);
  }
});

Deno.test("IPv4 within IPv6 becomes plain, every other address its one short form", () => {
  const plain = {
    "::ffff:127.0.0.1": "127.0.0.1",
    "::FFFF:7f00:1": "127.0.0.1",
    "0:0:0:0:0:ffff:a00:1": "10.0.0.1",
    "::127.0.0.1": "::7f00:1",
    "2001:0DB8:0:0::1": "2001:db8::1",
    "127.0.0.1": "127.0.0.1",
    "fe80::1%eth0": "fe80::1%eth0",
  };
  for (const [text, told] of Object.entries(plain)) assertEquals(plainAddress(text), told, text);
});

Deno.test("a network has what begins like it, of its own family", () => {
  const has = (network: string, address: string) =>
    IpNetwork.parse(network)?.has(ipBytes(address)!) ?? null;
  assertEquals(has("10.0.0.0/8", "10.255.0.1"), true);
  assertEquals(has("10.0.0.0/8", "11.0.0.1"), false);
  assertEquals(has("192.168.4.0/22", "192.168.7.255"), true);
  assertEquals(has("192.168.4.0/22", "192.168.8.0"), false);
  assertEquals(has("0.0.0.0/0", "1.2.3.4"), true);
  assertEquals(has("0.0.0.0/0", "::1"), false);
  assertEquals(has("fc00::/7", "fdff::1"), true);
  assertEquals(has("fc00::/7", "fe00::1"), false);
  assertEquals(has("::1", "::1"), true);
  assertEquals(has("::1", "::2"), false);
  for (const bad of ["10.0.0.0/33", "::/129", "10.0.0.0/", "a.test/8", "10.0.0.0/8/8"]) {
    assertEquals(IpNetwork.parse(bad), null, bad);
  }
});
