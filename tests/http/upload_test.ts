import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals, assertMatch } from "@std/assert";
import { BrokenError, TimeoutError } from "../../src/errors.ts";
import type { Body } from "../../src/http/options.ts";
import { failure, untilQuiet, withClient } from "../support/client.ts";
import { installClock, systemClock } from "../../src/thread/clock.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

const MIB = 1024 * 1024;

/** A body without end; notes when it is given up. */
function endless(onGivenUp: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
    cancel: onGivenUp,
  });
}

Deno.test("an answer that comes before the request is whole is taken, and the upload ends", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.until("\r\n\r\n");
    await peer.send(response("too large", "", "413 Content Too Large"));
    await peer.ended();
  });
  await withClient({}, async (client) => {
    let isGivenUp = false;
    const answer = await client.post(server.url(), { body: endless(() => isGivenUp = true) });
    assertEquals([answer.status, await answer.text()], [413, "too large"]);
    await untilQuiet(client);
    await turns(3);
    assertEquals([client.stats().connections, isGivenUp], [0, true]);
  });
});

Deno.test("an answer behind which the server stops reading and closes is not lost", async () => {
  for (const body of [new Uint8Array(8 * MIB), new Blob([new Uint8Array(8 * MIB)])]) {
    await using server = await RawServer.start(async (peer) => {
      await peer.until("\r\n\r\n");
      peer.stopReading();
      await peer.send(response("no", "Connection: close\r\n", "403 Forbidden"));
      peer.end();
      await new Promise((resolve) => setTimeout(resolve, 30));
      peer.destroy();
    });
    await withClient({}, async (client) => {
      const answer = await client.post(server.url(), { body });
      assertEquals([answer.status, await answer.text()], [403, "no"]);
    });
  }
});

Deno.test("a source that has nothing more to give is given up too once the answer has come", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.until("begun");
    await peer.send(response("enough"));
    await peer.ended();
  });
  const begun = new TextEncoder().encode("begun");
  let hasEnded = false;
  const sources = [
    (onGivenUp: () => void) =>
      new ReadableStream({ start: (controller) => controller.enqueue(begun), cancel: onGivenUp }),
    (onGivenUp: () => void): AsyncIterable<Uint8Array> => {
      let isFirst = true;
      const next = () => {
        if (!isFirst) return new Promise<never>(() => {});
        isFirst = false;
        return Promise.resolve({ done: false, value: begun });
      };
      const done = { done: true, value: undefined } as const;
      const giveUp = () => (onGivenUp(), Promise.resolve(done));
      return { [Symbol.asyncIterator]: () => ({ next, return: giveUp }) };
    },
  ];
  await withClient({}, async (client) => {
    for (const make of sources) {
      hasEnded = false;
      const answer = await client.post(server.url(), { body: make(() => hasEnded = true) });
      assertEquals(await answer.text(), "enough");
      await until(() => hasEnded);
    }
  });
});

Deno.test("a large upload to a server that reads slowly arrives whole", async () => {
  const body = "0123456789".repeat(400_000);
  await using server = await RawServer.start(
    answering((request) => response(String(request.body === body))),
  );
  await withClient({}, async (client) => {
    const bodies: Body[] = [body, new Blob([body]), () => new Blob([body]).stream()];
    for (const body of bodies) {
      assertEquals(await (await client.put(server.url(), { body })).text(), "true");
    }
    assertEquals(server.peers.length, 1);
  });
});

/** A server whose first connections are reset once they have a whole request. */
function resetting(times: number) {
  return RawServer.start(async (peer) => {
    const request = await peer.request();
    if (peer.index < times) return peer.reset();
    await peer.send(response(request?.body ?? ""));
    await peer.ended();
  });
}

Deno.test("PUT is sent again with its whole body, from a string, a blob and a factory", async () => {
  const text = "payload ".repeat(30_000);
  const bodies: Body[] = ["short", text, new Blob([text]), () => new Blob([text]).stream()];
  for (const body of bodies) {
    await using server = await resetting(2);
    await withClient({}, async (client) => {
      const answer = await client.put(server.url(), { body });
      assertEquals(await answer.text(), body === "short" ? body : text);
      assertEquals([server.peers.length, client.totals().retries], [3, 2]);
    });
  }
});

Deno.test("PUT of a stream, which cannot be read twice, is not sent again", async () => {
  await using server = await resetting(1);
  await withClient({}, async (client) => {
    const body = new Blob(["once"]).stream();
    const error = await failure(client.put(server.url(), { body }), BrokenError);
    assertEquals([error.sent, server.peers.length], ["all", 1]);
  });
});

Deno.test("POST marked idempotent is sent again; any other POST is not", async () => {
  await using server = await resetting(1);
  await withClient({}, async (client) => {
    const answer = await client.post(server.url(), { body: "x", idempotent: true });
    assertEquals([await answer.text(), server.peers.length], ["x", 2]);
  });
  for (const options of [{ method: "POST", body: "x" }, { idempotent: false }]) {
    await using other = await resetting(1);
    await withClient({}, async (client) => {
      const error = await failure(client.request(other.url(), options), BrokenError);
      assertEquals([error.sent, other.peers.length], ["all", 1]);
    });
  }
});

Deno.test("a request is sent again up to maxRetries times, and then told as it failed last", async () => {
  for (const maxRetries of [0, 2]) {
    await using server = await resetting(100);
    await withClient({ maxRetries }, async (client) => {
      const error = await failure(client.get(server.url()), BrokenError);
      assertEquals([error.code, error.sent], ["connection reset by peer", "all"]);
      assertEquals([server.peers.length, client.totals().retries], [1 + maxRetries, maxRetries]);
    });
  }
});

Deno.test("nothing is sent behind a body that is on its way", async () => {
  const go = Promise.withResolvers<void>();
  await using server = await RawServer.start(
    answering(({ method, body }) => response(`${method} ${body}`)),
  );
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await (await client.get(server.url())).text();
    const body = (async function* () {
      yield new Uint8Array([65]);
      await go.promise;
      yield new Uint8Array([66]);
    })();
    const put = client.put(server.url(), { body, idempotent: true });
    const get = client.get(server.url());
    await server.peers[0].until("A\r\n");
    assertEquals(client.stats().queued, 1);
    go.resolve();
    assertEquals(await (await put).text(), "PUT AB");
    assertEquals(await (await get).text(), "GET ");
  });
});

Deno.test("a stream that was never begun is let go when its request fails in line", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  await withClient({ maxConn: 1 }, async (client) => {
    const front = client.get(server.url()).catch(() => {});
    await until(() => server.received !== "");
    const givenUp = Promise.withResolvers<void>();
    const body = endless(givenUp.resolve);
    const wish = client.post(server.url(), { body, timeout: 20 });
    assertEquals((await failure(wish, TimeoutError)).sent, "none");
    await givenUp.promise;
    await client.closeAll();
    await front;
  });
});

Deno.test("a source may use one buffer for all its pieces, whatever their size", async () => {
  await using server = await RawServer.start(answering(({ body }) => response(body)));
  await withClient({}, async (client) => {
    for (const headers of [[], [["Content-Length", "2540000"]]] as [string, string][][]) {
      let expected = "";
      const body = (async function* () {
        const buffer = new Uint8Array(700_000);
        for (let round = 0; round < 2; round++) {
          for (const size of [10_000, 60_000, 200_000, 300_000, 700_000]) {
            const letter = 65 + expected.length % 23;
            expected += String.fromCharCode(letter).repeat(size);
            yield buffer.subarray(0, size).fill(letter);
          }
        }
        buffer.fill(0);
      })();
      const answer = await client.put(server.url(), { body, headers });
      assertEquals(await answer.text() === expected, true);
      assertEquals(expected.length, 2_540_000);
    }
  });
});

testOnManualClock(
  "what a source gives in one turn leaves with the head, in one write",
  async () => {
    await using server = await RawServer.start(answering(({ body }) => response(body)));
    let writes = 0;
    await withClient({}, async (client) => {
      client.observe((event) => {
        if (event.level === "stream" && event.direction === "out") writes++;
      });
      const body = () =>
        ReadableStream.from(Array.from({ length: 1000 }, () => new Uint8Array([65])));
      assertEquals(await (await client.put(server.url(), { body })).text(), "A".repeat(1000));
    });
    assertEquals(writes, 1);
  },
);

Deno.test("a source that computes for long does not keep its pieces from leaving", async () => {
  const start = systemClock.now();
  let ahead = 0;
  const before = installClock({ ...systemClock, now: () => start + ahead });
  try {
    await using server = await RawServer.start(answering(({ raw }) => response(raw)));
    await withClient({}, async (client) => {
      const body = (async function* () {
        for (let count = 0; count < 3; count++) {
          yield new Uint8Array([65, 66]);
          ahead += 5;
        }
      })();
      const raw = await (await client.put(server.url(), { body })).text();
      assertMatch(raw, /\r\n\r\n4\r\nABAB\r\n2\r\nAB\r\n0\r\n\r\n$/);
    });
  } finally {
    installClock(before);
  }
});

Deno.test("a peer that takes nothing stops the source, one piece behind the write that waits", async () => {
  await using server = await RawServer.start((peer) => peer.stopReading());
  await withClient({}, async (client) => {
    let pulled = 0;
    const body = (async function* () {
      for (;; pulled += 50_000) yield new Uint8Array(50_000);
    })();
    const signal = new AbortController();
    const wish = client.post(server.url(), { body, signal: signal.signal }).catch(() => {});
    let stoodStill = 0;
    let last = -1;
    await until(() => {
      stoodStill = pulled === last && pulled > 0 ? stoodStill + 1 : 0;
      last = pulled;
      return stoodStill === 50;
    });
    // The count grows with the piece behind the one that is held.
    assertEquals(pulled <= client.totals().bytesSent, true);
    signal.abort();
    await wish;
  });
});

Deno.test("a source runs in the context of the request, to its end or until it is let go", async () => {
  const storage = new AsyncLocalStorage<string>();
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(response("one"));
    await peer.until("last");
    await peer.send(response("two"));
    await peer.ended();
  });
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await storage.run("other", async () => await (await client.get(server.url())).text());
    const seen: unknown[] = [];
    const ended = Promise.withResolvers<void>();
    const body = (async function* () {
      try {
        seen.push(storage.getStore());
        yield new Uint8Array([65]);
        seen.push(storage.getStore());
        await turns(2);
        yield new Uint8Array(2 * MIB);
        seen.push(storage.getStore());
        yield new TextEncoder().encode("last");
        yield* endless(() => {});
      } finally {
        seen.push(storage.getStore());
        ended.resolve();
      }
    })();
    const wish = storage.run("caller", () => client.post(server.url(), { body }));
    assertEquals(await (await wish).text(), "two");
    await ended.promise;
    assertEquals(seen, ["caller", "caller", "caller", "caller"]);
  });
});
