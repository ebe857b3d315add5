import { assertEquals } from "@std/assert";
import { BrokenError } from "../../src/errors.ts";
import type { DebugEvent } from "../../src/tap.ts";
import { failure, untilQuiet, withClient } from "../support/client.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

/** The mark of a line, and what stands behind it without the server's port. */
function shown(lines: readonly string[]): string[] {
  return lines.map((line) => line.slice(21).replace(/127\.0\.0\.1:\d+/g, "HOST").trimEnd());
}

Deno.test("a client writes down its steps, its messages and its bytes, in the seed's marks", async () => {
  await using server = await RawServer.start(
    answering(({ target }) =>
      target === "/from" ? response("", "Location: /to\r\n", "302 Found") : response("tea")
    ),
  );
  const lines: string[] = [];
  const debug = {
    levels: ["client", "protocol", "stream"] as const,
    write: (line: string) => void lines.push(line),
  };
  await withClient({ debug, headers: { "User-Agent": "t" } }, async (client) => {
    const answer = await client.put(server.url("/from"), { body: "leaf", decompress: false });
    await answer.text();
    await untilQuiet(client);
  });
  const marks = shown(lines).map((line) => line.split(" ")[0]);
  const order = ["+RQ", "+WAIT_CO", "+DIAL", "+CO", "-WAIT_CO", "+SEND_RQ", "=>", "->", ">>", "S>"];
  order.push("+WAIT_RS", "S<", "-WAIT_RS", "<=", "<-", "+READ_RS", "-READ_RS", "~TO", "<<", "-CO");
  for (const mark of order) assertEquals([mark, marks.includes(mark)], [mark, true]);
  const texts = shown(lines);
  for (
    const text of [
      "=>       PUT /from HTTP/1.1",
      "->       User-Agent: t",
      "->       Content-Length: 4",
      ">>       4 bytes",
      "<=       HTTP/1.1 302 Found",
      "<-       location: /to",
      "<<       3 bytes",
    ]
  ) assertEquals([text, texts.includes(text)], [text, true]);
});

Deno.test("an observer gets typed events until it stops, and nobody else's", async () => {
  await using server = await RawServer.start(answering(() => response("tea")));
  await withClient({}, async (client) => {
    const events: DebugEvent[] = [];
    const stop = client.observe((event) => void events.push(event));
    await (await client.get(server.url("/1"))).text();
    const steps = events.filter((event) => event.level === "client").map((event) => event.type);
    assertEquals(steps.slice(0, 2), ["request", "queued"]);
    assertEquals(new Set(events.map((event) => event.connection)), new Set([0, 1]));
    const bytes = events.filter((event) => event.level === "stream" && event.direction === "in");
    assertEquals(bytes.length > 0, true);
    stop();
    const count = events.length;
    await (await client.get(server.url("/2"))).text();
    assertEquals(events.length, count);
  });
});

Deno.test("faults and retries are told with their cause", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    peer.reset();
  });
  await withClient({ maxRetries: 1 }, async (client) => {
    const steps: string[] = [];
    client.observe((event) => {
      if (event.level === "client") steps.push(`${event.type} ${event.request}`);
    });
    await failure(client.get(server.url()), BrokenError);
    assertEquals(steps.filter((step) => /retry|failed|request/.test(step)), [
      "request 1",
      "retry 1",
      "failed 1",
    ]);
  });
});

Deno.test("what an observer throws counts as uncaught and harms no request", async () => {
  await using server = await RawServer.start(answering(() => response("tea")));
  const told: unknown[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    told.push(event.error);
  };
  addEventListener("error", onError);
  try {
    await withClient({}, async (client) => {
      const stop = client.observe(() => {
        throw new RangeError("the observer's own");
      });
      const answers = await Promise.all([1, 2, 3].map(() => client.get(server.url())));
      for (const answer of answers) assertEquals(await answer.text(), "tea");
      await untilQuiet(client);
      stop();
    });
  } finally {
    removeEventListener("error", onError);
  }
  assertEquals(told.every((error) => error instanceof RangeError) && told.length > 0, true);
});
