import { assertEquals, assertNotEquals } from "@std/assert";
import { requestTarget, splitPlainUrl } from "../../src/http/target.ts";
import { withClient } from "../support/client.ts";
import { Random } from "../support/random.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

Deno.test("the quick way to part a URL gives exactly what the URL parser gives", () => {
  const random = new Random(1);
  const parts = [
    "a",
    "B",
    "0",
    "-",
    "_",
    "~",
    "!",
    "$",
    "&",
    "'",
    "(",
    ")",
    "*",
    "+",
    ",",
    ";",
    "=",
    ":",
    "@",
    "/",
    "/",
    "?",
    "?",
    ".",
    "..",
    "/.",
    "/..",
    "%",
    "%2e",
    "%41",
    " ",
    "\t",
    "\n",
    "\\",
    "#",
    "|",
    "^",
    "`",
    "{",
    "}",
    "<",
    ">",
    '"',
    "[",
    "]",
    "ü",
    "\u{1f600}",
    "\ud800",
    "\0",
    "\x7f",
  ];
  let quick = 0;
  for (let round = 0; round < 50_000; round++) {
    const origin = random.of([
      "http://a.example",
      "http://a",
      "https://127.0.0.1:8443",
      "http://[::1]:1",
    ]);
    let url = origin + (random.below(8) > 0 ? "/" : "");
    for (let count = random.below(8); count > 0; count--) url += random.of(parts);
    const plain = splitPlainUrl(url);
    if (plain === null || plain.origin !== origin) continue;
    quick++;
    const parsed = new URL(url);
    assertEquals(
      [plain.origin, plain.path, url],
      [parsed.origin, requestTarget(parsed), parsed.href],
    );
  }
  assertNotEquals(quick, 0);
});

Deno.test("a URL that is not in its normal form never takes the quick way", () => {
  // The way is taken only where the origin, too, is one that a parsed URL has had.
  const others = [
    "HTTP://a.example/",
    "http://A.example/",
    "http://a.example:80/",
    "http://a.example",
    "http:/a.example/b",
    "http:///a.example/b",
    "http://u@a.example/",
    " http://a.example/",
    "http://a.example?/x",
    "http://a.example#/x",
    "http://a.example\\b/c",
  ];
  for (const url of others) {
    const plain = splitPlainUrl(url);
    if (plain !== null) assertNotEquals(plain.origin, "http://a.example", url);
  }
});

Deno.test("the second request to a URL says the same as the first", async () => {
  const targets: string[] = [];
  await using server = await RawServer.start(answering((request) => {
    targets.push(request.target);
    return response("ok");
  }));
  await withClient({}, async (client) => {
    for (
      const path of ["/a?", "/a?b=c", "/", "", "/x/../y", "/x/.", "/?a/../b", "//a//b", "/a#b"]
    ) {
      for (let round = 0; round < 2; round++) {
        const answer = await client.get(server.url(path));
        assertEquals(answer.url, new URL(server.url(path)).href);
        await answer.discard();
      }
      const [first, second] = targets.splice(0);
      assertEquals(first, second, path);
    }
  });
});

Deno.test("a fragment is not sent, an empty query is", async () => {
  const targets: string[] = [];
  await using server = await RawServer.start(answering((request) => {
    targets.push(request.target);
    return response("ok");
  }));
  await withClient({}, async (client) => {
    await client.get(server.url("/a#b"));
    await client.get(server.url("/a?#b"));
    await client.get(server.url("/a?b#c?d"));
  });
  assertEquals(targets, ["/a", "/a?", "/a?b"]);
});
