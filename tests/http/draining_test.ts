/** What is left of an answer that nobody wants holds its place for a moment at most. @module */

import { assertEquals } from "@std/assert";
import { AbortedError, TimeoutError } from "../../src/errors.ts";
import type { RequestOptions } from "../../src/http/options.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { testOnManualClock, until } from "../support/clock.ts";
import { answering, type RawPeer, RawServer, response } from "../support/raw_server.ts";

const HALF = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";

/** Sends half an answer to what is asked at /half, and nothing more. */
const half = answering((request) => request.target === "/half" ? HALF : response("whole"));

testOnManualClock("an aborted answer that comes to a halt frees its place soon", async (clock) => {
  await using server = await RawServer.start(half);
  await withClient({ maxConn: 1 }, async (client) => {
    const abort = new AbortController();
    const answer = await client.get(server.url("/half"), { signal: abort.signal });
    abort.abort();
    await failure(answer.text(), AbortedError);
    const next = client.get(server.url("/next"));
    assertEquals(client.stats().queued, 1);
    await clock.advance(1_000);
    assertEquals(await (await next).text(), "whole");
  });
});

testOnManualClock("an answer that came too late frees its place at once", async (clock) => {
  await using server = await RawServer.start(half);
  await withClient({}, async (client) => {
    const slow: RequestOptions[] = [{ timeouts: { body: 100 } }, { timeout: 100 }];
    for (const options of slow) {
      const answer = await client.get(server.url("/half"), options);
      const failed = failure(answer.text(), TimeoutError);
      await clock.advance(100);
      assertEquals((await failed).phase, "body");
      assertEquals(client.stats(), NOTHING_LEFT);
    }
  });
});

const NOT_WORTH_IT: readonly [name: string, head: string][] = [
  ["is longer than what is drained", "Content-Length: 99999\r\n"],
  ["is the last on its connection", "Connection: close\r\nContent-Length: 10\r\n"],
  ["ends with its connection", ""],
];

for (const [name, head] of NOT_WORTH_IT) {
  Deno.test(`an unwanted answer that ${name} is not drained`, async () => {
    await using server = await RawServer.start(
      answering(() => `HTTP/1.1 200 OK\r\n${head}\r\nhalf`),
    );
    await withClient({}, async (client) => {
      await (await client.get(server.url())).discard();
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  });
}

Deno.test("what is drained in time keeps its connection", async () => {
  let first!: RawPeer;
  await using server = await RawServer.start((peer) => {
    first ??= peer;
    return half(peer);
  });
  await withClient({}, async (client) => {
    await (await client.get(server.url("/half"))).discard();
    await first.send("behind");
    await until(() => client.stats().idle === 1);
    assertEquals(await (await client.get(server.url("/next"))).text(), "whole");
    assertEquals(client.totals().connectionsOpened, 1);
  });
});
