/** Fields behind the body, sent and received (RFC 9110 §6.5). @module */

import { assertEquals } from "@std/assert";
import { LimitError, LocalProtocolError } from "../../src/errors.ts";
import type { RequestOptions } from "../../src/http/options.ts";
import { current, spawn, wait } from "../../src/thread/mod.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { RawServer, response } from "../support/raw_server.ts";
import { readRequests } from "../support/requests.ts";

/** A server that answers once a whole chunked request with its trailers has come. */
function reading(): Promise<RawServer> {
  return RawServer.start(async (peer) => {
    for (;;) {
      await peer.until("\r\n0\r\n");
      while (!peer.received.endsWith("\r\n\r\n") && !peer.hasEnded) await peer.until("\r\n\r\n");
      if (peer.hasEnded) return;
      await peer.send(response("ok", "Connection: close\r\n"));
      return await peer.ended();
    }
  });
}

const BODIES: RequestOptions["body"][] = ["hello", new Blob(["hello"]), () => "hello"];

Deno.test("trailers follow any body, which is chunked then, and the head names them", async () => {
  for (const body of BODIES) {
    await using server = await reading();
    await withClient({}, async (client) => {
      const trailers = { "X-Sum": "12", "X-Took": "3" };
      assertEquals(await (await client.post(server.url(), { body, trailers })).text(), "ok");
    });
    const [request] = readRequests(server.received);
    assertEquals([request.body, request.trailers], ["hello", [["X-Sum", "12"], ["X-Took", "3"]]]);
    const head = Object.fromEntries(request.fields.map(([n, v]) => [n.toLowerCase(), v]));
    assertEquals([head["trailer"], head["transfer-encoding"], head["content-length"]], [
      "X-Sum, X-Took",
      "chunked",
      undefined,
    ]);
  }
});

Deno.test("a function is asked once the body has been sent, in the caller's thread", async () => {
  await using server = await reading();
  await withClient({}, async (client) => {
    let size = 0;
    let asker: unknown = null;
    const thread = spawn(async () => {
      const answer = await client.post(server.url(), {
        body: new ReadableStream<Uint8Array>({
          pull(controller) {
            controller.enqueue(new Uint8Array(3).fill(97));
            if ((size += 3) === 9) controller.close();
          },
        }),
        headers: { Trailer: "X-Size" },
        trailers: async () => {
          asker = current();
          await Promise.resolve();
          return [["X-Size", String(size)]];
        },
      });
      return await answer.text();
    });
    const result = await wait(thread);
    assertEquals([result.ok && result.value, asker === thread], ["ok", true]);
  });
  const [request] = readRequests(server.received);
  assertEquals([request.body, request.trailers], ["aaaaaaaaa", [["X-Size", "9"]]]);
});

Deno.test("what must not stand in trailers is refused before anything is sent", async () => {
  await using server = await reading();
  await withClient({}, async (client) => {
    const refused: RequestOptions[] = [
      { body: "x", trailers: { "Content-Type": "text/plain" } },
      { body: "x", trailers: { Authorization: "Bearer abc" } },
      { body: "x", trailers: { "X-A": "a\r\nB: b" } },
      { body: "x", trailers: { "X-A": "a" }, headers: { "Content-Length": "1" } },
      { trailers: { "X-A": "a" } },
    ];
    for (const options of refused) {
      await failure(client.post(server.url(), options), LocalProtocolError);
    }
    assertEquals([server.peers.length, client.stats()], [0, NOTHING_LEFT]);
  });
});

Deno.test("trailers that turn out wrong behind the body fail the request, and end the connection", async () => {
  const mine = new RangeError("no sum");
  await using server = await RawServer.start((peer) => peer.ended());
  await withClient({}, async (client) => {
    const body = "x";
    const wrong = { body, trailers: () => ({ Host: "b" }) };
    const error = await failure(client.post(server.url(), wrong), LocalProtocolError);
    assertEquals(error.sent, "partial");
    const throwing = () => {
      throw mine;
    };
    const asked = client.post(server.url(), { body, trailers: throwing });
    assertEquals(await asked.catch((error) => error), mine);
    assertEquals(client.stats(), NOTHING_LEFT);
  });
});

const CHUNKED =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: head\r\n\r\n2\r\nok\r\n0\r\n";

Deno.test("received trailers are kept apart from the head's fields", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(`${CHUNKED}X-A: tail\r\nX-B: 1\r\nX-B: 2\r\n\r\n`);
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const answer = await client.get(server.url());
    assertEquals(await answer.text(), "ok");
    const trailers = await answer.trailers;
    assertEquals([...trailers], [["x-a", "tail"], ["x-b", "1, 2"]]);
    assertEquals([answer.headers.get("x-a"), answer.headers.get("x-b")], ["head", null]);
  });
});

Deno.test("received trailers are held to the limits of a head", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(CHUNKED + "X: 1\r\n".repeat(20) + "\r\n");
    await peer.ended();
  });
  for (const [limit, most] of [["maxHeaders", 9], ["maxHeaderBytes", 70]] as const) {
    await withClient({ [limit]: most }, async (client) => {
      const answer = await client.get(server.url());
      const trailers = failure(answer.trailers, LimitError);
      assertEquals((await failure(answer.text(), LimitError)).limit, limit);
      await trailers;
    });
  }
});
