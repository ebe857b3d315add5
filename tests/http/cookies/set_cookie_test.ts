import { assertEquals } from "@std/assert";
import { parseCookieDate } from "../../../src/http/cookies/cookie_date.ts";
import { parseSetCookie, type SetCookie } from "../../../src/http/cookies/set_cookie.ts";

const NOW = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;

function parse(line: string, isStrict = false): SetCookie | null {
  return parseSetCookie(line, NOW, isStrict);
}

function pairOf(line: string, isStrict = false): [string, string] | null {
  const said = parse(line, isStrict);
  return said && [said.name, said.value];
}

Deno.test("name and value are parted by the first = and lose blanks around them, nothing else", () => {
  const cases: [string, string, string][] = [
    ["a=b", "a", "b"],
    [" \t a \t= \t b c \t ;x", "a", "b c"],
    ['a="b; c"', "a", '"b'],
    ["a=b=c==", "a", "b=c=="],
    ["a=", "a", ""],
    ["=a", "", "a"],
    ["a", "", "a"],
    ["; Secure", "", ""],
    ["a=\u00a0b\u00a0", "a", "\u00a0b\u00a0"],
    ["a=b\tc", "a", "b\tc"],
  ];
  for (const [line, name, value] of cases) assertEquals(pairOf(line), [name, value], line);
});

Deno.test("a control character spoils the whole cookie, wherever it stands; a tab does not", () => {
  for (let code = 0; code <= 0x7f; code++) {
    const char = String.fromCharCode(code);
    const isControl = code === 0x7f || code < 0x20 && char !== "\t";
    if (!isControl) continue;
    for (const line of [`a${char}=b`, `a=b${char}c`, `a=b; Path=/${char}`, `a=b; x${char}`]) {
      assertEquals(pairOf(line, true), null, JSON.stringify(line));
      // These end a field: what is behind one never was part of it.
      const ends = "\0\r\n".includes(char);
      const cut = line.startsWith(`a${char}`) ? ["", "a"] : ["a", "b"];
      assertEquals(pairOf(line), ends ? cut as [string, string] : null, JSON.stringify(line));
    }
  }
});

Deno.test("name and value together have 4,096 bytes at most, an attribute's value 1,024", () => {
  assertEquals(pairOf(`a=${"x".repeat(4_095)}`)?.[0], "a");
  assertEquals(pairOf(`a=${"x".repeat(4_096)}`), null);
  assertEquals(pairOf(`${"x".repeat(4_096)}=`)?.[1], "");
  assertEquals(pairOf(`${"x".repeat(4_096)}=y`), null);
  // From a field each character is a byte, from a caller it is as many as UTF-8 gives it.
  assertEquals(pairOf(`a=${"\u00e9".repeat(4_095)}`)?.[0], "a");
  assertEquals(pairOf(`a=${"\u20ac".repeat(1_365)}`)?.[0], "a");
  assertEquals(pairOf(`a=${"\u20ac".repeat(1_366)}`), null);
  assertEquals(parse(`a=b; Path=/${"x".repeat(1_023)}`)?.path?.length, 1_024);
  assertEquals(parse(`a=b; Path=/one; Path=/${"x".repeat(1_024)}`)?.path, "/one");
  assertEquals(parse(`a=b; Domain=${"x".repeat(1_025)}`)?.domain, "");
});

Deno.test("attributes are known in any case, and count as they are said last", () => {
  const said = parse(
    "a=b; pAtH=/x; PATH = /y ;DOMAIN=.Example.ORG; secure=no; httponly; SAMESITE=sTrIcT; Unknown=1;;",
  );
  assertEquals(said, {
    name: "a",
    value: "b",
    expires: null,
    domain: "example.org",
    path: "/y",
    hasPath: true,
    secure: true,
    httpOnly: true,
    sameSite: "strict",
  });
  assertEquals(parse("a=b; SameSite=Lax; SameSite=what")?.sameSite, null);
  assertEquals(parse("a=b; SameSite=none")?.sameSite, "none");
  assertEquals(parse("a=b; Path=/x; Path=y")?.path, null);
  assertEquals(parse("a=b; Path=/x; Path")?.path, null);
});

Deno.test("an empty Domain is passed over, and undoes the one before only to the letter of the draft", () => {
  assertEquals(parse("a=b; Domain=x.org; Domain=")?.domain, "x.org");
  assertEquals(parse("a=b; Domain=x.org; Domain=", true)?.domain, "");
  assertEquals(parse("a=b; Domain=.")?.domain, "");
  assertEquals(parse("a=b; Domain=..x.org")?.domain, ".x.org");
});

Deno.test("Max-Age is a number of seconds, goes before Expires, and what is none is passed over", () => {
  const cases: [string, number | null][] = [
    ["Max-Age=60", NOW + 60_000],
    ["Max-Age=0060", NOW + 60_000],
    ["Max-Age=0", -Infinity],
    ["Max-Age=-0", -Infinity],
    ["Max-Age=-1", -Infinity],
    ["Max-Age=-99999999999999999999999", -Infinity],
    [`Max-Age=${400 * 86_400}`, NOW + 400 * DAY],
    [`Max-Age=${400 * 86_400 + 1}`, NOW + 400 * DAY],
    [`Max-Age=${"9".repeat(400)}`, NOW + 400 * DAY],
    ["Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", NOW + 60_000],
    ["Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", NOW + 60_000],
    ["Max-Age=60; Max-Age=30", NOW + 30_000],
    ["Max-Age=60; Max-Age=x", NOW + 60_000],
  ];
  for (const bad of ["", "-", "+60", "1.5", "60s", "0x10", "6 0", "--1", "1e3", "\u0661"]) {
    cases.push([`Max-Age=${bad}`, null]);
  }
  for (const [said, expires] of cases) assertEquals(parse(`a=b; ${said}`)?.expires, expires, said);
});

Deno.test("Expires reaches 400 days ahead at most, and what is no date is passed over", () => {
  const expires = (said: string) => parse(`a=b; ${said}`)?.expires;
  assertEquals(expires("Expires=Fri, 02 Jan 2026 00:00:00 GMT"), NOW + DAY);
  assertEquals(expires("Expires=Fri, 07 Aug 9999 08:04:19 GMT"), NOW + 400 * DAY);
  assertEquals(expires("Expires=Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  assertEquals(expires("Expires=never"), null);
  assertEquals(expires("Expires=Fri, 02 Jan 2026 00:00:00 GMT; Expires=never"), NOW + DAY);
});

Deno.test("dates are found in every form that the algorithm reads, and in no other", () => {
  const at = Date.UTC(1994, 10, 6, 8, 49, 37);
  const good = [
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "1994 Nov 6 8:49:37",
    "08:49:37 6 November 1994",
    "6-nov-1994 08:49:37x",
    "Nov Dec 6 7 1994 1995 08:49:37 09:50:38",
    "6th Nov 94. 08:49:37.123 +0200",
    "\t;6;;Nov;94;8:49:37",
    "6 NOVEMBRE 94 8:49:37",
  ];
  for (const text of good) assertEquals(parseCookieDate(text), at, text);
  const bad = [
    "",
    "06 Nov 1994",
    "Nov 1994 08:49:37",
    "06 1994 08:49:37",
    "06 Nov 08:49:37",
    "06 Nov 1994 24:00:00",
    "06 Nov 1994 08:60:00",
    "06 Nov 1994 08:49:60",
    "06 Nov 1994 08:49",
    "06 Nov 1994 008:49:37",
    "06 Nov 1600 08:49:37",
    "06 Nov 19945 08:49:37",
    "006 Nov 1994 08:49:37",
    "00 Nov 1994 08:49:37",
    "31 Nov 1994 08:49:37",
    "29 Feb 1995 08:49:37",
    "32 Jan 1994 08:49:37",
    "06 No 1994 08:49:37",
    "06 anf 1994 08:49:37",
  ];
  for (const text of bad) assertEquals(parseCookieDate(text), null, text);
  const years: [string, number][] = [
    ["69", 2069],
    ["70", 1970],
    ["99", 1999],
    ["00", 2000],
    ["069", 2069],
    ["1601", 1601],
    ["9999", 9999],
  ];
  for (const [year, full] of years) {
    // The first short number is the day, the next the year.
    const date = parseCookieDate(`29 Jan ${year} 00:00:00`);
    assertEquals(new Date(date!).getUTCFullYear(), full, year);
  }
  assertEquals(parseCookieDate("29 Feb 1996 00:00:00"), Date.UTC(1996, 1, 29));
});
