import { assertEquals, assertThrows } from "@std/assert";
import { LimitError, RemoteProtocolError } from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { turns } from "../support/clock.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

/** What becomes of an answer that goes on for ever. */
async function endless(head: string, more: string, options: ClientOptions = {}): Promise<string> {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(head);
    for (let count = 0; count < 20_000 && !peer.hasEnded; count++) await peer.send(more);
    await peer.ended();
  });
  let limit = "";
  await withClient({ maxRetries: 0, ...options }, async (client) => {
    const reading = client.get(server.url()).then((answer) => answer.bytes());
    const error = await failure(reading, LimitError);
    assertEquals([error.sent, client.stats()], ["all", NOTHING_LEFT]);
    limit = error.limit;
  });
  return limit;
}

Deno.test("heads, lines, fields, 1xx answers, chunk lines and trailers are bounded", async () => {
  const head = "HTTP/1.1 200 OK\r\n";
  const chunked = `${head}Transfer-Encoding: chunked\r\n\r\n`;
  assertEquals(await endless(head, `X-A: ${"a".repeat(1_000)}\r\n`), "maxHeaderBytes");
  assertEquals(await endless(head, "X-A: 1\r\n"), "maxHeaders");
  assertEquals(await endless(`${head}X-A: `, "a".repeat(100)), "maxLineBytes");
  assertEquals(await endless("", "HTTP/1.1 103 Early Hints\r\n\r\n"), "maxInformational");
  assertEquals(await endless(`${chunked}1;`, "a".repeat(100)), "maxChunkLineBytes");
  assertEquals(await endless(`${chunked}0\r\n`, "X-A: 1\r\n"), "maxHeaders");
});

Deno.test("a client's own limits hold", async () => {
  const head = "HTTP/1.1 200 OK\r\n";
  assertEquals(await endless(head, "X-A: 1\r\n", { maxHeaders: 3 }), "maxHeaders");
  assertEquals(await endless(head, "X-A: 1\r\n", { maxHeaderBytes: 100 }), "maxHeaderBytes");
});

Deno.test("an upgrade that nobody asked for is the server's fault", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const error = await failure(client.get(server.url()), RemoteProtocolError);
    assertEquals([error.sent, server.peers.length], ["all", 1]);
  });
});

Deno.test("limits and durations that make no sense are refused when the client is made", () => {
  for (const value of [-1, 1.5, NaN, "5" as unknown as number]) {
    for (
      const name of [
        "maxConn",
        "maxConnPerTarget",
        "maxPipelinedRequests",
        "maxQueued",
        "maxRetries",
        "maxRedirects",
        "maxDecodedBytes",
        "maxHeaderBytes",
        "maxHeaders",
      ]
    ) {
      assertThrows(() => new Client({ [name]: value }), RangeError);
    }
  }
  assertThrows(() => new Client({ maxConn: 0 }), RangeError);
  assertThrows(() => new Client({ timeouts: { headers: -1 } }), RangeError);
  assertThrows(() => new Client({ idleTimeoutMs: NaN }), RangeError);
});

Deno.test("a request's own options that make no sense are refused", async () => {
  await withClient({}, async (client) => {
    const url = "http://127.0.0.1:1/";
    const wrong = [
      { timeout: -1 },
      { maxRetries: -1 },
      { maxRedirects: 0.5 },
      { timeouts: { body: NaN } },
      { redirect: "sometimes" as "follow" },
      { body: 5 as unknown as string },
    ];
    for (const options of wrong) {
      const error = await client.get(url, options).catch((error) => error);
      assertEquals(error instanceof RangeError || error instanceof TypeError, true, String(error));
    }
  });
});

Deno.test("empty lines before a status line are bounded", async () => {
  const answer = response("ok");
  await using server = await RawServer.start(
    answering(({ target }) => "\r\n".repeat(Number(target.slice(1))) + answer),
  );
  await withClient({}, async (client) => {
    assertEquals(await (await client.get(server.url("/1"))).text(), "ok");
    await failure(client.get(server.url("/2")), RemoteProtocolError);
  });
  await withClient({ maxBlankLines: 3 }, async (client) => {
    assertEquals(await (await client.get(server.url("/3"))).text(), "ok");
    await failure(client.get(server.url("/4")), RemoteProtocolError);
  });
});

Deno.test("no more of an unread body is kept than maxBufferedBytes and what one read brings", async () => {
  const size = 32 * 1024 * 1024;
  await using server = await RawServer.start(answering(() => response("x".repeat(size))));
  for (const maxBufferedBytes of [1, 1024 * 1024]) {
    await withClient({ maxBufferedBytes }, async (client) => {
      const answer = await client.get(server.url());
      let before = -1;
      // Once nothing more comes, the connection waits for the reader.
      for (let calm = 0; calm < 20;) {
        await turns();
        const { bytesReceived } = client.totals();
        calm = bytesReceived === before ? calm + 1 : 0;
        before = bytesReceived;
      }
      assertEquals(before <= maxBufferedBytes + 1024 * 1024, true, `${before} bytes came`);
      assertEquals((await answer.bytes()).length, size);
    });
  }
});
