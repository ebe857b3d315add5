import { assert, assertEquals, assertThrows } from "@std/assert";
import { CookieJar, type CookieJarOptions } from "../../../src/http/cookies/jar.ts";

const NOW = Date.UTC(2026, 0, 1);
const URL_A = "https://a.example/";

/** A jar in which each call of `set` comes a millisecond after the last. */
function ticking(options: CookieJarOptions): CookieJar {
  let now = NOW;
  return new CookieJar({ clock: () => now++, ...options });
}

function namesIn(jar: CookieJar): string {
  return jar.all().map(({ name }) => name).join(" ");
}

Deno.test("a domain keeps 180 cookies and a jar 3,000, unless told otherwise", () => {
  const jar = ticking({});
  for (let n = 0; n < 200; n++) jar.set(`n${n}=1`, URL_A);
  assertEquals([jar.size, jar.all()[0].name], [180, "n20"]);
  for (let n = 0; n < 3_000; n++) jar.set("a=b", `https://host${n}.example/`);
  assertEquals(jar.size, 3_000);
  assertThrows(() => new CookieJar({ maxCookies: 0 }), RangeError, "Cannot set maxCookies: 0");
  assertThrows(() => new CookieJar({ maxCookiesPerDomain: 1.5 }), RangeError);
});

Deno.test("what has expired goes first", () => {
  let now = NOW;
  const jar = new CookieJar({ maxCookies: 3, clock: () => now });
  jar.set("old=1", URL_A);
  jar.set("short=1; Max-Age=1", "https://b.example/");
  jar.set("middle=1", URL_A);
  now += 1_000;
  jar.set("new=1", URL_A);
  assertEquals(namesIn(jar), "old middle new");
});

Deno.test("in a full domain what is not secure goes next, the least recently used first", () => {
  const jar = ticking({ maxCookiesPerDomain: 3 });
  jar.set("secure=1; Secure", URL_A);
  jar.set("plain=1", URL_A);
  jar.set("used=1; Path=/used", URL_A);
  jar.get(`${URL_A}used`);
  jar.get(URL_A);
  jar.set("new=1", URL_A);
  // "plain" was asked for last; "used" before.
  assertEquals(namesIn(jar), "secure plain new");
  jar.set("safe1=1; Secure", URL_A);
  jar.set("safe2=1; Secure", URL_A);
  assertEquals(namesIn(jar), "secure safe1 safe2");
  // What is not secure finds no room among those that are.
  jar.set("late=1", URL_A);
  assertEquals(namesIn(jar), "secure safe1 safe2");
  jar.set("safe3=1; Secure", URL_A);
  assertEquals(namesIn(jar), "safe1 safe2 safe3");
});

Deno.test("in a full jar the least recently used goes, whoever's it is", () => {
  const jar = ticking({ maxCookies: 3 });
  jar.set("a=1; Secure", URL_A);
  jar.set("b=1", "https://b.example/");
  jar.set("c=1", "https://c.example/");
  jar.get(URL_A);
  jar.set("d=1", "https://d.example/");
  assertEquals(namesIn(jar), "a c d");
  jar.set("c=2", "https://c.example/");
  jar.set("e=1", "https://e.example/");
  assertEquals(namesIn(jar), "c d e");
});

Deno.test("what was used in the same millisecond is told apart all the same", () => {
  const jar = new CookieJar({ maxCookiesPerDomain: 2, clock: () => NOW });
  jar.set("a=1; Path=/a", URL_A);
  jar.set("b=1; Path=/b", URL_A);
  jar.get(`${URL_A}a`);
  jar.set("c=1", URL_A);
  assertEquals(namesIn(jar), "a c");
});

Deno.test("a full domain costs no other domain its cookies", () => {
  const jar = ticking({ maxCookiesPerDomain: 50 });
  jar.set("a=1", URL_A);
  for (let n = 0; n < 500; n++) jar.set(`n${n}=1`, "https://b.example/");
  for (let n = 0; n < 500; n++) jar.set(`n${n}=1`, `https://${n}.b.example/`);
  assertEquals(jar.size, 1 + 50 + 500);
  assert(jar.get(URL_A).length === 1);
});

Deno.test("setting a cookie again takes no room", () => {
  const jar = ticking({ maxCookies: 2, maxCookiesPerDomain: 2 });
  jar.set("a=1", URL_A);
  jar.set("b=1", URL_A);
  for (let n = 0; n < 10; n++) jar.set(`b=${n}`, URL_A);
  assertEquals(namesIn(jar), "a b");
});
