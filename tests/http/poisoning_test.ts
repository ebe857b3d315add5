/** Answers that nobody asked for must never be taken for the answer to a later request. @module */

import { assertEquals } from "@std/assert";
import { until } from "../support/clock.ts";
import { withClient } from "../support/client.ts";
import { type RawPeer, RawServer, response } from "../support/raw_server.ts";

/** A first connection that adds something to its answer, and others that answer rightly. */
function poisoned(extra: string, rest = "") {
  return async (peer: RawPeer) => {
    await peer.request();
    await peer.send(response("right") + (peer.index === 0 ? extra : ""));
    if (peer.index === 0 && rest !== "" && await peer.request() !== null) await peer.send(rest);
    await peer.ended();
  };
}

const EXTRAS: [name: string, extra: string, rest?: string][] = [
  ["a whole response", response("wrong")],
  ["two responses", response("wrong") + response("wrong")],
  ["half a response", "HTTP/1.1 200 OK\r\nContent-Le", "ngth: 5\r\n\r\nwrong"],
  ["one byte of a response", "H", response("wrong").slice(1)],
  ["an informational response", "HTTP/1.1 103 Early Hints\r\n\r\n", response("wrong")],
  ["an empty line", "\r\n", response("wrong")],
  ["garbage", "\0\0\0"],
];

for (const [name, extra, rest] of EXTRAS) {
  Deno.test(`${name} behind an answer is no answer to a request that waits`, async () => {
    await using server = await RawServer.start(poisoned(extra, rest));
    await withClient({ maxConnPerTarget: 1 }, async (client) => {
      const all = await Promise.all([1, 2].map(async (n) => {
        return await (await client.get(server.url(`/${n}`), { pipeline: false })).text();
      }));
      assertEquals(all, ["right", "right"]);
    });
  });

  Deno.test(`${name} on an idle connection retires it`, async () => {
    const sendExtra = Promise.withResolvers<void>();
    await using server = await RawServer.start(async (peer) => {
      await peer.request();
      await peer.send(response("right"));
      if (peer.index === 0) {
        await sendExtra.promise;
        await peer.send(extra);
      }
      await peer.ended();
    });
    await withClient({}, async (client) => {
      assertEquals(await (await client.get(server.url())).text(), "right");
      assertEquals(client.stats().idle, 1);
      sendExtra.resolve();
      await until(() => client.stats().connections === 0);
      assertEquals(await (await client.get(server.url())).text(), "right");
      assertEquals(server.peers.length, 2);
    });
  });
}

Deno.test("a server that closes an idle connection costs no request", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(response("right"));
    peer.end();
  });
  await withClient({ maxRetries: 0 }, async (client) => {
    for (let round = 0; round < 5; round++) {
      const answer = await client.post(server.url(), { body: "x" });
      assertEquals(await answer.text(), "right");
      await until(() => client.stats().connections === 0);
    }
  });
});

Deno.test("a kept connection that goes stale as a GET is sent: the GET is sent again", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(response("right"));
    if (peer.index > 0) return await peer.ended();
    await peer.request();
    peer.reset();
  });
  await withClient({}, async (client) => {
    for (let round = 0; round < 2; round++) {
      assertEquals(await (await client.get(server.url())).text(), "right");
    }
    assertEquals([server.peers.length, client.totals().retries], [2, 1]);
  });
});
