import { assertEquals, assertRejects } from "@std/assert";
import { DnsCache } from "../../src/socket/dns_cache.ts";
import { testOnManualClock } from "../support/clock.ts";

/** A lookup that counts how often it was asked, and gives a new address each time. */
function counting() {
  const asked: string[] = [];
  const lookup = (name: string) => {
    asked.push(name);
    return Promise.resolve([`192.0.2.${asked.length}`]);
  };
  return { asked, lookup };
}

testOnManualClock("an answer holds for as long as it is kept", async (clock) => {
  const { asked, lookup } = counting();
  const cache = new DnsCache(lookup, 10_000);
  assertEquals(await cache.lookup("a"), ["192.0.2.1"]);
  await clock.advance(9_999);
  assertEquals(await cache.lookup("a"), ["192.0.2.1"]);
  await clock.advance(1);
  assertEquals(await cache.lookup("a"), ["192.0.2.2"]);
  assertEquals(asked, ["a", "a"]);
});

testOnManualClock("those who ask at the same time share one lookup", async (clock) => {
  let ask = 0;
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const cache = new DnsCache(() => (ask++, promise), 10);
  const first = cache.lookup("a");
  await clock.advance(60_000);
  const second = cache.lookup("a");
  resolve(["192.0.2.1"]);
  assertEquals(await Promise.all([first, second]), [["192.0.2.1"], ["192.0.2.1"]]);
  assertEquals(ask, 1);
});

testOnManualClock("with 0 ms nothing is kept", async () => {
  const { asked, lookup } = counting();
  const cache = new DnsCache(lookup, 0);
  await Promise.all([cache.lookup("a"), cache.lookup("a")]);
  await cache.lookup("a");
  assertEquals(asked, ["a", "a"]);
});

testOnManualClock("a failure is told to all who wait, and not kept", async () => {
  let ask = 0;
  const cache = new DnsCache(() => Promise.reject(new Error(`failure ${++ask}`)), 10_000);
  const both = [cache.lookup("a"), cache.lookup("a")];
  for (const each of both) await assertRejects(() => each, Error, "failure 1");
  assertEquals(cache.size, 0);
  await assertRejects(() => cache.lookup("a"), Error, "failure 2");
});

testOnManualClock("no more names are kept than fit, the oldest goes first", async () => {
  const { asked, lookup } = counting();
  const cache = new DnsCache(lookup, 10_000, 3);
  for (const name of ["a", "b", "c", "d"]) await cache.lookup(name);
  assertEquals(cache.size, 3);
  asked.length = 0;
  for (const name of ["d", "c", "b", "a"]) await cache.lookup(name);
  assertEquals(asked, ["a"]);
});
