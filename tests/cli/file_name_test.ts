import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileNameOf } from "../../src/cli/file_name.ts";

function nameOf(url: string, ignoresCase = false): string {
  return fileNameOf(new URL(url), ignoresCase);
}

Deno.test("a file is named after scheme, host, path and query", () => {
  const names: Record<string, string> = {
    "https://a.org/b/c?d=1": "https,a.org,b,c~3fd=1",
    "http://a.org": "http,a.org,",
    "http://a.org/": "http,a.org,",
    "http://a.org:8080/x.tar.gz": "http,a.org~3a8080,x.tar.gz",
    "http://[::1]:80/i": "http,~5b~3a~3a1~5d,i",
    "http://a.org/b//c/": "http,a.org,b,,c,",
    "http://a.org/a%20b/%2F": "http,a.org,a%20b,%2F",
    "http://a.org/ü?q=ü": "http,a.org,%C3%BC~3fq=%C3%BC",
    "http://a.org/x#part": "http,a.org,x",
    "http://a.org/x?": "http,a.org,x~3f",
    "http://a.org/x?a/b&c": "http,a.org,x~3fa~2fb~26c",
    "http://a.org/a,b~c": "http,a.org,a~2cb~7ec",
    "http://a.org/dot.": "http,a.org,dot~2e",
  };
  for (const [url, name] of Object.entries(names)) assertEquals(nameOf(url), name, url);
});

Deno.test("no name leads out of its folder or hides in it", () => {
  const urls = [
    "http://a/../../etc/passwd",
    "http://a/..%2f..%2fetc/passwd",
    "http://a/%2e%2e/%2e%2e/x",
    "http://a/x?../../y",
    "http://a/..\\..\\x",
    "http://../x",
    "http://a/.hidden",
    "http://a/%00",
    "http://a/C:\\x|y*\"<>'`$(z)",
  ];
  for (const url of urls.filter((each) => URL.canParse(each))) {
    assertMatch(nameOf(url), /^https?,[A-Za-z0-9.\-_=+@%~,]*$/, url);
  }
});

Deno.test("URLs that differ have names that differ", () => {
  const parts = [
    "a",
    "A",
    ",",
    "~",
    "~2c",
    "%2c",
    "%2C",
    "/",
    "?",
    "a?a",
    "a/a",
    "a,a",
    "=",
    "&",
    "%26",
  ];
  const urls = new Set<string>();
  for (const scheme of ["http", "https"]) {
    for (const host of ["h", "h:81", "h.a"]) {
      for (const one of parts) {
        for (const two of ["", ...parts]) {
          urls.add(new URL(`${scheme}://${host}/${one}${two}`).href);
        }
      }
    }
  }
  assertEquals(new Set([...urls].map((url) => nameOf(url))).size, urls.size);
  const folded = [...urls].map((url) => nameOf(url, true).toLowerCase());
  assertEquals(new Set(folded).size, urls.size);
});

Deno.test("capitals are spelled out where the file system takes them for small letters", () => {
  assertEquals(nameOf("http://h/README.md", true), "http,h,~52~45~41~44~4d~45.md");
});

Deno.test("a long name is cut, and still its URL's alone", () => {
  const long = `http://h/${"x".repeat(5_000)}`;
  const [one, two] = [nameOf(`${long}1`), nameOf(`${long}2`)];
  assertEquals(one.length, 220);
  assertMatch(one, /^http,h,x+~~[0-9a-f]{32}$/);
  assert(one !== two);
  const longest = `http://h/${"x".repeat(220 - "http,h,".length)}`;
  assertEquals(nameOf(longest).length, 220);
  assert(!nameOf(longest).includes("~~"));
});

Deno.test("a password does not show in a name, and still tells two URLs apart", () => {
  const name = nameOf("http://user:secret@h/x");
  assertMatch(name, /^http,h,x~~[0-9a-f]{32}$/);
  assert(name !== nameOf("http://user:other@h/x"));
});
