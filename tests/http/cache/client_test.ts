/** The cache in a client: what callers see of it. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { AbortedError, TimeoutError } from "../../../src/errors.ts";
import { HttpCache } from "../../../src/http/cache/cache.ts";
import { memoryCache } from "../../../src/http/cache/memory_cache.ts";
import { type CacheOptions, cacheSettings } from "../../../src/http/cache/options.ts";
import type { CacheStore } from "../../../src/http/cache/store.ts";
import type { Client } from "../../../src/http/client.ts";
import type { ClientOptions } from "../../../src/http/options.ts";
import { spawn } from "../../../src/thread/thread.ts";
import { kill, wait } from "../../../src/thread/wait_thread.ts";
import { failure, withClient } from "../../support/client.ts";
import { turns, until } from "../../support/clock.ts";
import {
  answering,
  type RawPeer,
  type RawRequest,
  RawServer,
  response,
} from "../../support/raw_server.ts";

const FRESH = "Cache-Control: max-age=60\r\n";

interface Ends {
  readonly client: Client;
  readonly server: RawServer;
  readonly cache: ReturnType<typeof memoryCache>;
  readonly clock: { now: number };
  readonly requests: RawRequest[];
}

/** A client with a cache, and a server that counts what it is asked. */
async function withCache(
  answer: (request: RawRequest, peer: RawPeer) => string | null | Promise<string | null>,
  test: (ends: Ends) => Promise<void>,
  options: CacheOptions = {},
  clientOptions: ClientOptions = {},
): Promise<void> {
  const requests: RawRequest[] = [];
  await using server = await RawServer.start(answering((request, peer) => {
    requests.push(request);
    return answer(request, peer);
  }));
  const clock = { now: Date.UTC(2030, 0, 1) };
  await using cache = memoryCache({ clock: () => clock.now, ...options });
  await withClient({ cache, maxRetries: 0, ...clientOptions }, async (client) => {
    await test({ client, server, cache, clock, requests });
  });
}

Deno.test("a hit says that it is one, and has the URL and the method of its request", async () => {
  await withCache(() => response("hello", FRESH), async ({ client, server, cache }) => {
    const first = await client.get(server.url("/a"));
    assertEquals([first.fromCache, await first.text()], [false, "hello"]);
    const second = await client.get(server.url("/a#part"));
    assertEquals([second.fromCache, second.statusText, second.url], [
      true,
      "OK",
      server.url("/a#part"),
    ]);
    assertEquals(second.request, { method: "GET", url: server.url("/a#part") });
    assertEquals(await second.text(), "hello");
    const { hits, misses, entries, stored } = await cache.stats();
    assertEquals({ hits, misses, entries, stored }, { hits: 1, misses: 1, entries: 1, stored: 1 });
  });
});

Deno.test("a request may leave the cache out, use it in a mode, or use another one", async () => {
  await withCache(() => response("hello", FRESH), async ({ client, server, requests }) => {
    const url = server.url();
    await using other = memoryCache();
    for (const cache of [undefined, false, "no-store", "reload", other, other] as const) {
      await (await client.get(url, { cache })).text();
    }
    assertEquals(requests.length, 5);
    await assertRejects(() => client.get(url, { cache: "sometimes" as "default" }), TypeError);
  });
});

Deno.test("an answer is kept though its caller looks at its head alone", async () => {
  await withCache(() => response("hello", FRESH), async ({ client, server, cache, requests }) => {
    const first = await client.get(server.url());
    assertEquals(first.status, 200);
    await until(async () => (await cache.stats()).entries === 1);
    assertEquals(await (await client.get(server.url())).text(), "hello");
    assertEquals(await first.text(), "hello");
    assertEquals(requests.length, 1);
  });
});

Deno.test("two clients may share a cache", async () => {
  await withCache(() => response("hello", FRESH), async ({ client, server, cache }) => {
    await (await client.get(server.url())).text();
    await withClient({ cache }, async (other) => {
      assert((await other.get(server.url())).fromCache);
    });
  });
});

Deno.test("every way of reading a body gives what is stored", async () => {
  await withCache(() => response('{"a":1}', FRESH), async ({ client, server, requests }) => {
    const get = () => client.get(server.url());
    await (await get()).text();
    assertEquals(await (await get()).json(), { a: 1 });
    assertEquals((await (await get()).bytes()).length, 7);
    assertEquals(await (await (await get()).blob()).text(), '{"a":1}');
    assertEquals(await new Response((await get()).body).text(), '{"a":1}');
    let text = "";
    for await (const piece of (await get()).chunks()) text += new TextDecoder().decode(piece);
    assertEquals(text, '{"a":1}');
    await (await get()).discard();
    assertEquals([...(await (await get()).trailers)], []);
    assertEquals(requests.length, 1);
  });
});

Deno.test("what a caller does to the bytes it got changes nothing for the next one", async () => {
  await withCache(() => response("hello", FRESH), async ({ client, server }) => {
    for (let round = 0; round < 3; round++) {
      for await (const piece of (await client.get(server.url())).chunks()) {
        assertEquals(new TextDecoder().decode(piece), "hello");
        piece.fill(0);
      }
      const bytes = await (await client.get(server.url())).bytes();
      assertEquals(new TextDecoder().decode(bytes), "hello");
      bytes.fill(0);
    }
  });
});

Deno.test("a body is stored under its coding and decoded for each caller", async () => {
  const gzipped = new Uint8Array(
    await new Response(
      new Blob(["hello ".repeat(99)]).stream().pipeThrough(new CompressionStream("gzip")),
    ).arrayBuffer(),
  );
  const body = String.fromCharCode(...gzipped);
  await withCache(
    () => response(body, `${FRESH}Content-Encoding: gzip\r\n`),
    async ({ client, server, cache, requests }) => {
      for (let n = 0; n < 3; n++) {
        assertEquals(await (await client.get(server.url())).text(), "hello ".repeat(99));
      }
      assertEquals(requests.length, 1);
      assert((await cache.stats()).bytes < 1500);
      const plain = await client.get(server.url(), { decompress: false });
      assertEquals((await plain.bytes()).length, body.length);
    },
  );
});

Deno.test("a redirect with a lifetime is followed from the cache", async () => {
  await withCache(
    ({ target }) =>
      target === "/new"
        ? response("here", FRESH)
        : response("", `${FRESH}Location: /new\r\n`, "301 Moved"),
    async ({ client, server, requests }) => {
      for (let n = 0; n < 3; n++) {
        const answer = await client.get(server.url("/old"));
        assertEquals([await answer.text(), answer.redirectCount], ["here", 1]);
      }
      assertEquals(requests.length, 2);
    },
  );
});

Deno.test("a host that is named otherwise, or content with GET, goes past the cache", async () => {
  await withCache(() => response("hello", FRESH), async ({ client, server, requests }) => {
    const url = server.url();
    await (await client.get(url)).text();
    await (await client.get(url, { headers: { host: "other.test" } })).text();
    await (await client.get(url, { body: "what" })).text();
    assertEquals(requests.length, 3);
  });
});

Deno.test("a cookie that was set once is not set again by what is kept", async () => {
  await withCache(
    () => response("hello", `${FRESH}Set-Cookie: id=1\r\n`),
    async ({ client, server }) => {
      await (await client.get(server.url())).text();
      client.jar()!.set("id=2", server.url());
      const second = await client.get(server.url(), { headers: {} });
      assert(second.fromCache);
      assertEquals(client.jar()!.cookieHeader(server.url()), "id=2");
    },
    {},
    { cookies: true },
  );
});

Deno.test("requests for one thing that come at once share one answer", async () => {
  await withCache(
    async (_, peer) => {
      await turns(5);
      await peer.send(`HTTP/1.1 200 OK\r\n${FRESH}Content-Length: 10\r\n\r\nhello`);
      await turns(5);
      return "world";
    },
    async ({ client, server, cache, requests }) => {
      const texts = await Promise.all(
        Array.from({ length: 20 }, async () => (await client.get(server.url())).text()),
      );
      assertEquals(texts, Array(20).fill("helloworld"));
      assertEquals(requests.length, 1);
      assertEquals((await cache.stats()).shared, 19);
    },
  );
});

Deno.test("those who share wait for the answer, not for the one who reads it first", async () => {
  await withCache(() => response("hello", FRESH), async ({ client, server, requests }) => {
    const first = await client.get(server.url());
    const second = await client.get(server.url());
    assertEquals([await second.text(), second.fromCache], ["hello", true]);
    assertEquals(await first.text(), "hello");
    assertEquals(requests.length, 1);
  });
});

Deno.test("what may not be kept is asked for by each for itself", async () => {
  let count = 0;
  await withCache(
    async () => {
      await turns(3);
      return response(`${++count}`, "Cache-Control: no-store\r\n");
    },
    async ({ client, server }) => {
      const texts = await Promise.all(
        Array.from({ length: 5 }, async () => (await client.get(server.url())).text()),
      );
      assertEquals(texts.sort(), ["1", "2", "3", "4", "5"]);
    },
  );
});

Deno.test("those who ask for another variant do not wait for this one's body", async () => {
  let requests: RawRequest[] = [];
  await withCache(
    async ({ headers }, peer) => {
      const { foo } = headers;
      await peer.send(`HTTP/1.1 200 OK\r\n${FRESH}Vary: Foo\r\nContent-Length: 1\r\n\r\n`);
      if (foo === "1") await until(() => requests.length === 2);
      return foo;
    },
    async (ends) => {
      requests = ends.requests;
      const { client, server } = ends;
      const texts = await Promise.all(
        ["1", "2"].map(async (foo) =>
          (await client.get(server.url(), { headers: { foo } })).text()
        ),
      );
      assertEquals(texts, ["1", "2"]);
    },
    {},
    { maxPipelinedRequests: 0 },
  );
});
Deno.test("one who gives up waiting leaves the others' answer alone", async () => {
  const gate = Promise.withResolvers<void>();
  await withCache(
    async () => {
      await gate.promise;
      return response("hello", FRESH);
    },
    async ({ client, server, requests }) => {
      const abort = new AbortController();
      const first = client.get(server.url());
      await until(() => requests.length === 1);
      const quitter = client.get(server.url(), { signal: abort.signal });
      const third = client.get(server.url());
      await turns(2);
      abort.abort();
      await assertRejects(() => quitter, AbortedError);
      gate.resolve();
      assertEquals([await (await first).text(), await (await third).text()], ["hello", "hello"]);
      assertEquals(requests.length, 1);
    },
  );
});

Deno.test("where the one who went gives up, one of those who wait goes", async () => {
  let count = 0;
  const gate = Promise.withResolvers<void>();
  await withCache(
    async () => {
      if (++count === 1) await gate.promise;
      return response("hello", FRESH);
    },
    async ({ client, server, requests }) => {
      const abort = new AbortController();
      const first = client.get(server.url(), { signal: abort.signal });
      await until(() => requests.length === 1);
      const others = [1, 2, 3].map(async () => (await client.get(server.url())).text());
      await turns(2);
      abort.abort();
      await assertRejects(() => first, AbortedError);
      assertEquals(await Promise.all(others), ["hello", "hello", "hello"]);
      assertEquals(requests.length, 2);
      gate.resolve();
    },
  );
});

Deno.test("who waits for another's answer waits no longer than it may", async () => {
  const gate = Promise.withResolvers<void>();
  await withCache(
    async () => {
      await gate.promise;
      return response("hello", FRESH);
    },
    async ({ client, server, requests }) => {
      const first = client.get(server.url());
      await until(() => requests.length === 1);
      const error = await failure(client.get(server.url(), { timeout: 10 }), TimeoutError);
      assertEquals([error.phase, error.sent], ["queue", "none"]);
      gate.resolve();
      assertEquals(await (await first).text(), "hello");
    },
  );
});

Deno.test("a thread that is killed while it waits for another's answer is gone from the line", async () => {
  const gate = Promise.withResolvers<void>();
  await withCache(
    async () => {
      await gate.promise;
      return response("hello", FRESH);
    },
    async ({ client, server, requests }) => {
      const first = client.get(server.url());
      await until(() => requests.length === 1);
      const thread = spawn(async () => (await client.get(server.url())).text());
      await turns(2);
      kill(thread);
      gate.resolve();
      assertEquals(await (await first).text(), "hello");
      await assertRejects(() => wait(thread), Error, "killed");
    },
  );
});

Deno.test("the caller reads while the rest is still to come; it is kept once all has come", async () => {
  const gate = Promise.withResolvers<void>();
  await withCache(
    async (_, peer) => {
      await peer.send(`HTTP/1.1 200 OK\r\n${FRESH}Content-Length: 10\r\n\r\nhello`);
      await gate.promise;
      return "world";
    },
    async ({ client, server, cache }) => {
      const reader = (await client.get(server.url())).body!.getReader();
      assertEquals(new TextDecoder().decode((await reader.read()).value), "hello");
      assertEquals((await cache.stats()).entries, 0);
      gate.resolve();
      assertEquals(new TextDecoder().decode((await reader.read()).value), "world");
      assertEquals((await reader.read()).done, true);
      assertEquals((await cache.stats()).entries, 1);
    },
  );
});

Deno.test("a small answer that is given up is kept, a large one is not", async () => {
  await withCache(
    ({ target }) => response("x".repeat(target === "/small" ? 1000 : 1_000_000), FRESH),
    async ({ client, server, cache, requests }) => {
      for (const path of ["/small", "/large"]) await (await client.get(server.url(path))).discard();
      await until(() => client.stats().inFlight === 0);
      assertEquals((await cache.stats()).entries, 1);
      assertEquals((await (await client.get(server.url("/small"))).text()).length, 1000);
      assertEquals(requests.length, 2);
    },
  );
});

Deno.test("what is larger than an entry may be comes through undisturbed", async () => {
  const body = "x".repeat(300_000);
  const chunked = `HTTP/1.1 200 OK\r\n${FRESH}Transfer-Encoding: chunked\r\n\r\n` +
    `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
  await withCache(
    ({ target }) => target === "/chunked" ? chunked : response(body, FRESH),
    async ({ client, server, cache }) => {
      for (const path of ["/chunked", "/plain"]) {
        const texts = await Promise.all(
          [1, 2].map(async () => (await client.get(server.url(path))).text()),
        );
        assertEquals(texts.map((text) => text.length), [300_000, 300_000]);
      }
      assertEquals((await cache.stats()).entries, 0);
    },
    { maxEntryBytes: 100_000 },
  );
});

Deno.test("what is asked for before an unsafe request is answered is not kept", async () => {
  const gate = Promise.withResolvers<void>();
  await withCache(
    async ({ method }) => {
      if (method === "POST") return response("done");
      await gate.promise;
      return response("old", FRESH);
    },
    async ({ client, server, cache }) => {
      const old = client.get(server.url());
      await turns(3);
      await (await client.post(server.url(), { body: "x" })).text();
      gate.resolve();
      assertEquals(await (await old).text(), "old");
      assertEquals((await cache.stats()).entries, 0);
    },
  );
});

Deno.test("the least recently used go first, counted in bytes", async () => {
  await withCache(
    () => response("x".repeat(10_000), FRESH),
    async ({ client, server, cache }) => {
      const get = async (path: string) => {
        const answer = await client.get(server.url(path));
        await answer.text();
        return answer.fromCache;
      };
      for (const path of ["/1", "/2", "/3"]) await get(path);
      assertEquals(await get("/1"), true);
      await get("/4");
      assertEquals([await get("/1"), await get("/3"), await get("/2")], [true, true, false]);
      const { entries, bytes } = await cache.stats();
      assert(entries === 3 && bytes <= 33_000);
    },
    { maxBytes: 33_000, maxEntryBytes: 20_000 },
  );
});

Deno.test("what is forgotten is asked for again", async () => {
  await withCache(() => response("hello", FRESH), async ({ client, server, cache, requests }) => {
    const get = async (path: string) => await (await client.get(server.url(path))).text();
    await get("/a");
    await get("/b");
    await cache.delete(server.url("/a#x"));
    await get("/b");
    await get("/a");
    assertEquals(requests.length, 3);
    await cache.clear();
    assertEquals((await cache.stats()).entries, 0);
    await get("/b");
    assertEquals(requests.length, 4);
  });
});

Deno.test("a store that fails is as good as none", async () => {
  const failing = () => Promise.reject(new Error("the disk is gone"));
  const store: CacheStore = {
    maxEntryBytes: 1000,
    find: failing,
    open: failing,
    write: failing,
    freshen: failing,
    remove: failing,
    clear: failing,
    usage: failing,
    close: () => {},
  };
  await using server = await RawServer.start(
    answering(({ method }) => response(method === "HEAD" ? "" : "hello", FRESH)),
  );
  await using cache = new HttpCache(() => Promise.resolve(store), cacheSettings({}, 1000));
  await withClient({ cache }, async (client) => {
    for (const method of ["GET", "POST", "HEAD", "GET"]) {
      const answer = await client.request(server.url(), { method });
      assertEquals(await answer.text(), method === "HEAD" ? "" : "hello");
    }
  });
});
