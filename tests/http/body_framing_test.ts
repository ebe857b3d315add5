/** Answers without a body, and bodies in the caller's own buffers. @module */

import { assertEquals } from "@std/assert";
import { AbortedError } from "../../src/errors.ts";
import { bytes } from "../support/bytes.ts";
import { failure, NOTHING_LEFT, untilQuiet, withClient } from "../support/client.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

/** Heads that tell of a body which must not be there (RFC 9112 §6.3 rule 1). */
const BODILESS: [method: string, head: string][] = [
  ["HEAD", "200 OK\r\nContent-Length: 5"],
  ["HEAD", "200 OK\r\nTransfer-Encoding: chunked"],
  ["GET", "204 No Content\r\nContent-Length: 5"],
  ["GET", "204 No Content\r\nTransfer-Encoding: chunked"],
  ["GET", "304 Not Modified\r\nContent-Length: 5"],
  ["GET", "205 Reset Content\r\nContent-Length: 0"],
];

Deno.test("HEAD, 204 and 304 have no body, whatever the head says, and the next answer follows", async () => {
  for (const [method, head] of BODILESS) {
    await using server = await RawServer.start(
      answering(({ target }) => target === "/" ? `HTTP/1.1 ${head}\r\n\r\n` : response(target)),
    );
    await withClient({ maxConnPerTarget: 1 }, async (client) => {
      const answer = await client.request(server.url(), { method });
      assertEquals([answer.body, (await answer.bytes()).length], [null, 0], head);
      assertEquals(await (await client.get(server.url("/next"))).text(), "/next", head);
      assertEquals(server.peers.length, 1, head);
    });
  }
});

Deno.test("bytes that follow an answer without a body are nobody's answer", async () => {
  for (const head of ["204 No Content", "304 Not Modified"]) {
    await using server = await RawServer.start(
      answering(({ target }) =>
        target === "/" && server.peers.length === 1
          ? `HTTP/1.1 ${head}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`
          : response(target)
      ),
    );
    await withClient({ maxConnPerTarget: 1 }, async (client) => {
      assertEquals((await (await client.get(server.url())).bytes()).length, 0);
      assertEquals(await (await client.get(server.url("/next"))).text(), "/next");
      assertEquals(server.peers.length, 2);
    });
  }
});

Deno.test("205 with a body is framed like any other; the platform's Response has none", async () => {
  await using server = await RawServer.start(
    answering(({ target }) => response(target, "", "205 Reset Content")),
  );
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    assertEquals(await (await client.get(server.url("/1"))).text(), "/1");
    const made = (await client.get(server.url("/2"))).toResponse();
    assertEquals([made.status, made.body], [205, null]);
    assertEquals(await (await client.get(server.url("/3"))).text(), "/3");
    assertEquals(server.peers.length, 1);
  });
});

Deno.test("a body goes into a reader's own buffer, however small, and nothing is lost", async () => {
  const whole = Array.from({ length: 5_000 }, (_, n) => String.fromCharCode(97 + n % 26)).join("");
  for (const size of [1, 7, 4_096, 100_000]) {
    await using server = await RawServer.start(answering(() => response(whole)));
    await withClient({}, async (client) => {
      const reader = (await client.get(server.url())).body!.getReader({ mode: "byob" });
      let read = "";
      for (let view = new Uint8Array(size);;) {
        const { done, value } = await reader.read(view);
        if (done) break;
        read += new TextDecoder().decode(value);
        view = new Uint8Array(value.buffer);
      }
      assertEquals(read, whole);
    });
  }
});

Deno.test("a large body comes whole into one array, its length told or not, coded or not", async () => {
  const big = "0123456789".repeat(300_000);
  const packed = new Response(
    new Blob([bytes(big)]).stream().pipeThrough(new CompressionStream("gzip")),
  );
  const gzip = Array.from(await packed.bytes(), (byte) => String.fromCharCode(byte)).join("");
  const answers: Record<string, string> = {
    "/length": response(big),
    "/chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
      `${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`,
    "/close": `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${big}`,
    "/gzip": response(gzip, "Content-Encoding: gzip\r\n"),
  };
  await using server = await RawServer.start(async (peer) => {
    const request = await peer.request();
    await peer.send(answers[request!.target]);
    peer.end();
  });
  await withClient({}, async (client) => {
    for (const path of Object.keys(answers)) {
      const body = await (await client.get(server.url(path))).bytes();
      assertEquals([body.length, body.buffer.byteLength], [big.length, big.length], path);
      assertEquals(new TextDecoder().decode(body) === big, true, path);
    }
  });
});

Deno.test("a signal that fires behind the head ends the body and frees its place", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\nabc");
    await peer.ended();
  });
  for (const isRead of [false, true]) {
    await withClient({ maxDrainBytes: 0 }, async (client) => {
      const abort = new AbortController();
      const answer = await client.get(server.url(), { signal: abort.signal });
      const reading = isRead ? failure(answer.bytes(), AbortedError) : null;
      abort.abort();
      await (reading ?? failure(answer.bytes(), AbortedError));
      await server.peers.at(-1)!.send("d".repeat(1_000));
      await untilQuiet(client);
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  }
});
