import { assertEquals } from "@std/assert";
import { type ListEntry, UrlList } from "../../src/cli/url_list.ts";

function listOf(chunks: readonly string[], urls: readonly string[] = []): UrlList {
  const bytes = chunks.map((chunk) => new TextEncoder().encode(chunk));
  const sizeBytes = bytes.reduce((size, chunk) => size + chunk.length, 0);
  return new UrlList(urls, { name: "list", stream: ReadableStream.from(bytes), sizeBytes });
}

function collect(list: UrlList): Promise<ListEntry[]> {
  return Array.fromAsync(list);
}

Deno.test("a list gives its URLs, blank lines and comments left out", async () => {
  const list = listOf(["\uFEFFhttp://a/\n\n  # no\n http://b/ \r\n#\nhttp://c/"]);
  assertEquals(await collect(list), [
    { text: "http://a/", place: "line 1 of list" },
    { text: "http://b/", place: "line 4 of list" },
    { text: "http://c/", place: "line 6 of list" },
  ]);
});

Deno.test("a list is the same wherever its pieces part", async () => {
  const text = "http://a/ü\r\n\n# x\nhttp://b/\nhttp://c/\n";
  const whole = await collect(listOf([text]));
  assertEquals(whole.length, 3);
  for (let at = 0; at <= text.length; at++) {
    assertEquals(await collect(listOf([text.slice(0, at), text.slice(at)])), whole, `at ${at}`);
  }
  assertEquals(await collect(listOf([...text])), whole);
});

Deno.test("the URLs of the command line come first", async () => {
  const list = listOf(["http://b/\n"], ["http://a/"]);
  assertEquals((await collect(list)).map(({ text, place }) => [text, place]), [
    ["http://a/", "URL 1 of the command line"],
    ["http://b/", "line 1 of list"],
  ]);
});

Deno.test("how many there are is known for arguments, guessed for a file, and right at its end", async () => {
  assertEquals(new UrlList(["x", "y"], null).expected, 2);
  const line = "http://example.com/\n";
  const list = listOf([line.repeat(50), line.repeat(50)], ["x"]);
  assertEquals([list.expected, list.isGuess], [null, true]);
  const seen: (number | null)[] = [];
  for await (const { text } of list) if (text !== "x") seen.push(list.expected);
  assertEquals(seen, Array(100).fill(101));
  assertEquals([list.expected, list.isGuess], [101, false]);
});

Deno.test("how many there are is not guessed where the size is not known", async () => {
  const stream = ReadableStream.from([new TextEncoder().encode("a\nb\n")]);
  const list = new UrlList([], { name: "-", stream, sizeBytes: null });
  for await (const _ of list) assertEquals(list.expected, null);
  assertEquals(list.expected, 2);
});

Deno.test("a line without an end is cut and called a fault, and the lines behind it are read", async () => {
  const list = listOf([
    "a\n",
    "x".repeat(50_000),
    "x".repeat(50_000),
    "x".repeat(50_000),
    "x\nb\n",
  ]);
  const entries = await collect(list);
  assertEquals(entries.map(({ text }) => text[0]), ["a", "x", "b"]);
  assertEquals(entries[1].fault, "is longer than 65536 bytes");
  assertEquals(entries[2].place, "line 3 of list");
});

Deno.test("a list that is cancelled ends, also for one who waits for more", async () => {
  let wasCancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode("a\n")),
    cancel: () => void (wasCancelled = true),
  });
  const list = new UrlList([], { name: "-", stream, sizeBytes: null });
  const entries = list[Symbol.asyncIterator]();
  assertEquals((await entries.next()).value?.text, "a");
  const waiting = entries.next();
  await list.cancel();
  assertEquals(await waiting, { value: undefined, done: true });
  assertEquals(wasCancelled, true);
});
