import { assert, assertEquals, assertThrows } from "@std/assert";
import { LocalProtocolError } from "../../../src/errors.ts";
import { CookieJar, type CookieJarOptions } from "../../../src/http/cookies/jar.ts";

const NOW = Date.UTC(2026, 0, 1);

function jarAt(now = NOW, options: CookieJarOptions = {}): CookieJar {
  return new CookieJar({ clock: () => now, ...options });
}

/** The names of the cookies that a URL is sent. */
function names(jar: CookieJar, url: string, now?: number): string[] {
  return jar.get(url, now).map(({ name }) => name);
}

Deno.test("a cookie without Domain goes to its host alone, one with Domain also to those below", () => {
  const jar = jarAt();
  jar.set("host=1", "http://www.example.org/");
  jar.set("domain=1; Domain=example.org", "http://www.example.org/");
  assertEquals(names(jar, "http://www.example.org/"), ["host", "domain"]);
  assertEquals(names(jar, "http://WWW.Example.ORG:8080/"), ["host", "domain"]);
  for (const url of ["http://example.org/", "https://a.b.example.org/", "ws://www2.example.org/"]) {
    assertEquals(names(jar, url), ["domain"]);
  }
  for (const url of ["http://x.www.example.org/"]) assertEquals(names(jar, url), ["domain"]);
  for (const url of ["http://notexample.org/", "http://org/", "http://example.org.evil.net/"]) {
    assertEquals(names(jar, url), []);
  }
});

Deno.test("a Domain that the host is not below is refused", () => {
  const jar = jarAt();
  const url = "http://www.example.org/";
  for (
    const domain of [
      "example.com",
      "a.www.example.org",
      "w.example.org",
      "ww.example.org",
      "xample.org",
      "org",
      "..example.org",
      "example.org.",
      "example.org:80",
      "http://example.org",
      "\u00e9xample.org",
    ]
  ) assert(!jar.set(`a=b; Domain=${domain}`, url), domain);
  for (const domain of [".example.org", "EXAMPLE.org", ".www.example.org", "", "."]) {
    assert(jar.set(`a=b; Domain=${domain}`, url), domain);
  }
});

Deno.test("an address is matched whole", () => {
  const jar = jarAt();
  assert(jar.set("a=b; Domain=127.0.0.1", "http://127.0.0.1/"));
  assert(jar.set("c=d", "http://[::1]/"));
  assert(!jar.set("e=f; Domain=0.0.1", "http://127.0.0.1/"));
  assert(!jar.set("e=f; Domain=1", "http://127.0.0.1/"));
  assertEquals(names(jar, "http://127.0.0.1/"), ["a"]);
  assertEquals(names(jar, "http://1.127.0.0.1.example/"), []);
  assertEquals(names(jar, "http://[::1]:8080/"), ["c"]);
});

Deno.test("a host with a trailing dot is a host of its own", () => {
  const jar = jarAt();
  jar.set("a=b", "http://example.org./");
  assert(!jar.set("a=b; Domain=example.org", "http://example.org./"));
  assert(!jar.set("a=b; Domain=org.", "http://example.org./"));
  assertEquals(names(jar, "http://example.org/"), []);
  assertEquals(names(jar, "http://example.org./"), ["a"]);
});

Deno.test("a public suffix has cookies for itself alone", () => {
  const jar = jarAt();
  for (const suffix of ["com", "co.uk", "github.io", "localhost", "s3.amazonaws.com"]) {
    assert(!jar.set(`a=b; Domain=${suffix}`, `https://site.${suffix}/`), suffix);
    assert(jar.set(`a=b; Domain=${suffix}`, `https://${suffix}/`), suffix);
    assertEquals(names(jar, `https://site.${suffix}/`), [], suffix);
    assertEquals(names(jar, `https://${suffix}/`), ["a"], suffix);
  }
  const own = jarAt(NOW, { isPublicSuffix: (domain) => domain === "corp.example" });
  assert(!own.set("a=b; Domain=corp.example", "http://a.corp.example/"));
  assert(own.set("a=b; Domain=com", "http://a.com/"));
});

Deno.test("international names are compared in ASCII", () => {
  const jar = jarAt();
  const ascii = "xn--85x722f.com.cn";
  assert(jar.set("a=b; Domain=\u98df\u72ee.com.cn", "http://www.\u98df\u72ee.com.cn/"));
  assert(jar.set(`c=d; Domain=${ascii.toUpperCase()}`, `http://www.${ascii}/`));
  assertEquals(jar.all().map(({ domain }) => domain), [ascii, ascii]);
  assertEquals(names(jar, "http://\u98df\u72ee.com.cn/"), ["a", "c"]);
  // As bytes of a field the same name is no host.
  const bytes = String.fromCharCode(...new TextEncoder().encode("\u98df\u72ee.com.cn"));
  assert(!jar.set(`e=f; Domain=${bytes}`, `http://${ascii}/`));
});

Deno.test("without a Path a cookie is for the folder of the URL that set it", () => {
  const cases: [string, string][] = [
    ["", "/"],
    ["/", "/"],
    ["/a", "/"],
    ["/a/", "/a"],
    ["/a/b", "/a"],
    ["/a/b/", "/a/b"],
    ["//a", "/"],
    ["/a?x=/y/z", "/"],
    ["/a/b#/c/d", "/a"],
  ];
  for (const [path, folder] of cases) {
    for (const attribute of ["", "; Path", "; Path=", "; Path=relative", "; Path=/x; Path=y"]) {
      const jar = jarAt();
      jar.set(`a=b${attribute}`, `http://example.org${path}`);
      assertEquals(jar.all()[0].path, folder, path + attribute);
    }
  }
});

Deno.test("a path is matched by whole segments, in its own case", () => {
  const jar = jarAt();
  jar.set("a=b; Path=/a", "http://example.org/");
  jar.set("slash=b; Path=/a/", "http://example.org/");
  jar.set("escaped=b; Path=/%61", "http://example.org/");
  const cases: [string, string[]][] = [
    ["/a", ["a"]],
    ["/a/", ["slash", "a"]],
    ["/a/b/c", ["slash", "a"]],
    ["/a?b", ["a"]],
    ["/ab", []],
    ["/A", []],
    ["/", []],
    ["/b/../a", ["a"]],
    ["/%61", ["escaped", "a"]],
  ];
  for (const [path, expected] of cases) {
    assertEquals(names(jar, `http://example.org${path}`), expected, path);
  }
  const strict = jarAt(NOW, { strict: true });
  strict.set("a=b; Path=/a", "http://example.org/");
  assertEquals(names(strict, "http://example.org/%61"), []);
});

Deno.test("longer paths are sent first, then what was set earlier; setting again keeps the place", () => {
  const jar = jarAt();
  const url = "http://example.org/a/b/c";
  jar.set("late=1; Path=/", url, NOW + 2);
  jar.set("early=1; Path=/", url, NOW + 1);
  jar.set("same=1; Path=/", url, NOW + 1);
  jar.set("deep=1; Path=/a/b", url, NOW + 3);
  jar.set("early=2; Path=/", url, NOW + 9);
  assertEquals(jar.cookieHeader(url, NOW + 9), "deep=1; early=2; same=1; late=1");
  const early = jar.all().find(({ name }) => name === "early")!;
  assertEquals([early.created, early.lastUsed], [NOW + 1, NOW + 9]);
});

Deno.test("name, domain, path and host-only make a cookie; the same again comes in its place", () => {
  const jar = jarAt();
  const url = "http://www.example.org/a/b";
  for (
    const line of [
      "a=1",
      "A=1",
      "a=1; Path=/",
      "a=1; Domain=example.org",
      "a=1; Domain=www.example.org",
      "a=2",
      "a=2; Path=/; HttpOnly",
    ]
  ) jar.set(line, url);
  assertEquals(jar.size, 5);
  assertEquals(jar.cookieHeader(url), "a=2; A=1; a=1; a=1; a=2");
});

Deno.test("a cookie ends at its time, by the clock or by the moment that is told", () => {
  let now = NOW;
  const jar = new CookieJar({ clock: () => now });
  const url = "http://example.org/";
  jar.set("age=1; Max-Age=10", url);
  jar.set("date=1; Expires=Thu, 01 Jan 2026 00:00:20 GMT", url);
  jar.set("session=1", url);
  now = NOW + 9_999;
  assertEquals(names(jar, url), ["age", "date", "session"]);
  now = NOW + 10_000;
  assertEquals(names(jar, url), ["date", "session"]);
  assertEquals(names(jar, url, NOW), ["age", "date", "session"]);
  assertEquals(jar.get(url, new Date(NOW + 20_000)).map(({ name }) => name), ["session"]);
  assertEquals(jar.all().map(({ name }) => name), ["date", "session"]);
  assertEquals([jar.size, jar.removeExpired(), jar.size], [3, 1, 2]);
  assertThrows(() => jar.get(url, new Date("never")), RangeError, "now is Invalid Date");
});

Deno.test("a cookie that has expired removes the one that was there", () => {
  for (const ending of ["Max-Age=0", "Max-Age=-1", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"]) {
    const jar = jarAt();
    jar.set("a=b; Max-Age=60", "http://example.org/");
    assert(jar.set(`a=; ${ending}`, "http://example.org/"));
    assertEquals(jar.size, 0);
    assert(jar.set(`c=; ${ending}`, "http://example.org/"));
    assertEquals(jar.size, 0);
  }
});

Deno.test("a cookie that is over has no say in what is set after it", () => {
  const url = "https://example.org/";
  const jar = jarAt(NOW);
  jar.set("a=1; Secure; HttpOnly; Max-Age=1", url);
  assert(!jar.set("a=2", "http://example.org/", NOW + 999));
  assert(jar.set("a=2", "http://example.org/", NOW + 1_000, { http: false }));
  assertEquals(jar.all(NOW + 1_000).map(({ value, created }) => [value, created]), [
    ["2", NOW + 1_000],
  ]);
});

Deno.test("Secure is set and sent over secure connections only", () => {
  const jar = jarAt();
  assert(!jar.set("a=b; Secure", "http://example.org/"));
  assert(jar.set("a=b; Secure", "https://example.org/"));
  assertEquals(names(jar, "http://example.org/"), []);
  assertEquals(names(jar, "ws://example.org/"), []);
  assertEquals(names(jar, "https://example.org/"), ["a"]);
  assertEquals(names(jar, "wss://example.org/"), ["a"]);
});

Deno.test("this machine counts as secure only where the jar is told so", () => {
  for (const host of ["localhost", "app.localhost", "127.0.0.1", "127.9.9.9", "[::1]"]) {
    const url = `http://${host}/`;
    assert(!jarAt().set("a=b; Secure", url), host);
    const jar = jarAt(NOW, { trustLocalhost: true });
    assert(jar.set("a=b; Secure", url), host);
    assertEquals(names(jar, url), ["a"], host);
  }
  const jar = jarAt(NOW, { trustLocalhost: true });
  for (const host of ["localhost.example.org", "notlocalhost", "128.0.0.1", "127.0.0.1.nip.io"]) {
    assert(!jar.set("a=b; Secure", `http://${host}/`), host);
  }
});

Deno.test("what comes unprotected does not get in the way of a secure cookie", () => {
  const secure = "https://www.example.org/login/";
  const cases: [string, string, string, boolean][] = [
    // Set securely; then set without; from where; whether it is taken.
    ["a=1; Secure", "a=2", "http://www.example.org/login/", false],
    ["a=1; Secure", "a=2", "https://www.example.org/login/", true],
    ["a=1; Secure", "b=2", "http://www.example.org/login/", true],
    ["a=1; Secure", "a=; Max-Age=0", "http://www.example.org/login/", false],
    ["a=1; Secure", "a=2", "http://www.example.org/login/en/", false],
    ["a=1; Secure", "a=2; Path=/", "http://www.example.org/login/", true],
    ["a=1; Secure", "a=2; Path=/loginx", "http://www.example.org/login/", true],
    ["a=1; Secure", "a=2; Path=/login; Domain=example.org", "http://www.example.org/", false],
    ["a=1; Secure; Domain=example.org", "a=2", "http://www.example.org/login/", false],
    ["a=1; Secure", "a=2; Path=/login", "http://other.example.org/", true],
    ["a=1", "a=2", "http://www.example.org/login/", true],
  ];
  for (const [first, second, from, isTaken] of cases) {
    const jar = jarAt();
    assert(jar.set(first, secure));
    assertEquals(jar.set(second, from), isTaken, `${first} | ${second} | ${from}`);
  }
});

Deno.test("a prefix is a promise that must be kept, in any case", () => {
  const url = "https://www.example.org/a/b";
  const kept = [
    "__Secure-a=b; Secure",
    "__Secure-a=b; Secure; Domain=example.org; Path=/x",
    "__Host-a=b; Secure; Path=/",
    "__HOST-a=b; Secure; Path=/",
    "__Host-a=b; Secure; Path=/; Domain=",
    "__Hosta=b",
    "__Secure=b",
    "x__Host-a=b",
  ];
  const broken = [
    "__Secure-a=b",
    "__secure-a=b",
    "__Host-a=b",
    "__Host-a=b; Secure",
    "__Host-a=b; Path=/",
    "__Host-a=b; Secure; Path=/a",
    "__Host-a=b; Secure; Path=x",
    "__Host-a=b; Secure; Path=/; Domain=www.example.org",
    "__hOsT-a=b; Secure; Path=/; Domain=example.org",
    "__Host-=b; Path=/",
  ];
  for (const line of kept) assert(jarAt().set(line, url), line);
  for (const line of broken) assert(!jarAt().set(line, url), line);
  for (const line of ["__Secure-a=b; Secure", "__Host-a=b; Secure; Path=/"]) {
    assert(!jarAt().set(line, url.replace("https", "http")), line);
  }
  // At the root the default path is what is asked for, but it has to be asked for.
  assert(!jarAt().set("__Host-a=b; Secure", "https://example.org/"));
});

Deno.test("cookies without a name are ignored, or kept as RFC 6265bis has it", () => {
  const url = "https://example.org/";
  for (const line of ["x", "=x", " = x", "=a=b"]) {
    assert(!jarAt().set(line, url), line);
    assert(jarAt(NOW, { strict: true }).set(line, url), line);
  }
  const jar = jarAt(NOW, { strict: true });
  jar.set("one", url);
  jar.set("=two", url);
  jar.set("a=b", url);
  assertEquals(jar.cookieHeader(url), "two; a=b");
  for (const line of ["", "=", ";", "; Path=/", "=__Host-a=b", "__secure-a; Secure"]) {
    assert(!jar.set(line, url), line);
  }
});

Deno.test("SameSite counts where a request comes from elsewhere, and None needs Secure", () => {
  const url = "https://example.org/";
  const jar = jarAt();
  for (const [name, rest] of Object.entries({ strict: "", lax: "", none: "; Secure" })) {
    assert(jar.set(`${name}=1; SameSite=${name}${rest}`, url));
  }
  assert(jar.set("unset=1", url));
  assert(!jar.set("bad=1; SameSite=None", url));
  const sent = (site?: "same-site" | "cross-site" | "cross-site-navigation") =>
    jar.get(url, undefined, { site }).map(({ name }) => name);
  assertEquals(sent(), ["strict", "lax", "none", "unset"]);
  assertEquals(sent("same-site"), ["strict", "lax", "none", "unset"]);
  assertEquals(sent("cross-site-navigation"), ["lax", "none", "unset"]);
  assertEquals(sent("cross-site"), ["none"]);

  const set = (line: string, site: "cross-site" | "cross-site-navigation") =>
    jarAt().set(line, url, undefined, { site });
  for (const line of ["a=b", "a=b; SameSite=Lax", "a=b; SameSite=Strict"]) {
    assert(!set(line, "cross-site"), line);
    assert(set(line, "cross-site-navigation"), line);
  }
  assert(set("a=b; SameSite=None; Secure", "cross-site"));
});

Deno.test("HttpOnly is for HTTP: what is not neither sees nor touches it", () => {
  const url = "http://example.org/";
  const script = { http: false };
  const jar = jarAt();
  jar.set("secret=1; HttpOnly", url);
  jar.set("plain=1", url);
  assertEquals(names(jar, url), ["secret", "plain"]);
  assertEquals(jar.cookieHeader(url, undefined, script), "plain=1");
  assert(!jar.set("secret=2", url, undefined, script));
  assert(!jar.set("other=2; HttpOnly", url, undefined, script));
  assert(jar.set("plain=2", url, undefined, script));
  assertEquals(jar.cookieHeader(url), "secret=1; plain=2");
});

Deno.test("all Set-Cookie fields of an answer are taken, commas and all", () => {
  const jar = jarAt();
  const headers = new Headers();
  headers.append("Set-Cookie", "a=1; Expires=Fri, 02 Jan 2026 00:00:00 GMT");
  headers.append("Set-Cookie", "b=2, still b");
  headers.append("Set-Cookie", "c=3; Domain=elsewhere.org");
  assertEquals(jar.setAll(headers, "http://example.org/"), 2);
  assertEquals(jar.setAll(["d=4"], new URL("http://example.org/")), 1);
  assertEquals(jar.cookieHeader("http://example.org/"), "a=1; b=2, still b; d=4");
});

Deno.test("a field holds bytes: text beyond them is sent in UTF-8", () => {
  const jar = jarAt();
  jar.set("a=\u20ac", "http://example.org/");
  jar.set("b=\u00e2\u0082\u00ac", "http://example.com/");
  assertEquals(jar.cookieHeader("http://example.org/"), "a=\u00e2\u0082\u00ac");
  assertEquals(jar.cookieHeader("http://example.com/"), "b=\u00e2\u0082\u00ac");
  assertEquals(jar.cookieHeader("http://example.net/"), "");
});

Deno.test("cookies are listed as copies, removed by what they have, and cleared", () => {
  const jar = jarAt();
  const url = "http://example.org/";
  for (const line of ["a=1", "b=1", "b=2; Path=/x", "c=3; Domain=example.org"]) jar.set(line, url);
  assertEquals(jar.get(url)[0], {
    name: "a",
    value: "1",
    domain: "example.org",
    path: "/",
    hostOnly: true,
    secure: false,
    httpOnly: false,
    sameSite: null,
    expires: null,
    created: NOW,
    lastUsed: NOW,
  });
  Object.assign(jar.get(url)[0], { value: "changed" });
  assertEquals([...jar].map(({ value }) => value), ["1", "1", "2", "3"]);
  assertEquals(jar.remove({ name: "b", path: "/" }), 1);
  assertEquals(jar.remove({ domain: "example.com" }), 0);
  assertEquals(jar.size, 3);
  jar.clear();
  assertEquals([jar.size, [...jar].length], [0, 0]);
});

Deno.test("a URL that is none is refused; one without a host has no cookies", () => {
  const jar = jarAt();
  assertThrows(
    () => jar.set("a=b", "example.org"),
    LocalProtocolError,
    '"example.org" is not a URL',
  );
  assertThrows(() => jar.get("/path"), LocalProtocolError);
  assert(!jar.set("a=b", "data:text/plain,x"));
  assertEquals(jar.get("data:text/plain,x"), []);
});
