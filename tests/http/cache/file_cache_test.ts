/** A client with a cache in files. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { fileCache } from "../../../src/http/cache/file_cache.ts";
import type { CacheOptions } from "../../../src/http/cache/options.ts";
import type { Client } from "../../../src/http/client.ts";
import type { ClientOptions } from "../../../src/http/options.ts";
import { withClient } from "../../support/client.ts";
import { until } from "../../support/clock.ts";
import { answering, type RawRequest, RawServer, response } from "../../support/raw_server.ts";

const TAGGED = 'Cache-Control: max-age=60\r\nETag: "a"\r\n';
const LARGE = Array.from({ length: 40_000 }, (_, n) => `line ${n}\n`).join("");

interface Ends {
  readonly client: Client;
  readonly server: RawServer;
  readonly folder: string;
  readonly clock: { now: number };
  readonly requests: RawRequest[];
}

async function withCache(
  answer: (request: RawRequest) => string,
  test: (ends: Ends) => Promise<void>,
  options: CacheOptions = {},
  clientOptions: ClientOptions = {},
): Promise<void> {
  const requests: RawRequest[] = [];
  const folder = await Deno.makeTempDir();
  try {
    await using server = await RawServer.start(answering((request) => {
      requests.push(request);
      return answer(request);
    }));
    const clock = { now: Date.now() };
    await using cache = fileCache(folder, { clock: () => clock.now, ...options });
    await withClient({ cache, maxRetries: 0, ...clientOptions }, async (client) => {
      await test({ client, server, folder, clock, requests });
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function answer({ target, headers }: RawRequest): string {
  if (headers["if-none-match"] === '"a"') return `HTTP/1.1 304 Not Modified\r\n${TAGGED}\r\n`;
  return response(target === "/large" ? LARGE : "small", TAGGED);
}

for (const path of ["/small", "/large"]) {
  const body = path === "/large" ? LARGE : "small";

  Deno.test(`${path} is there for the next request at once, and for the next process`, async () => {
    await withCache(answer, async ({ client, server, folder, requests }) => {
      for (let n = 0; n < 3; n++) {
        const got = await client.get(server.url(path));
        assertEquals([got.fromCache, await got.text() === body], [n > 0, true]);
      }
      await using cache = fileCache(folder);
      await withClient({ cache }, async (other) => {
        assertEquals(await (await other.get(server.url(path))).text(), body);
      });
      assertEquals(requests.length, 1);
    });
  });

  Deno.test(`${path} is validated and fresh again, its body where it was`, async () => {
    await withCache(answer, async ({ client, server, clock, requests }) => {
      const get = async () => await (await client.get(server.url(path))).text();
      await get();
      for (let n = 0; n < 3; n++) {
        clock.now += 61_000;
        assertEquals(await get(), body);
        assertEquals(await get(), body);
      }
      assertEquals(requests.length, 4);
    });
  });

  Deno.test(`a range of ${path} is cut out of its file`, async () => {
    await withCache(answer, async ({ client, server, requests }) => {
      await (await client.get(server.url(path))).text();
      const cut = await client.get(server.url(path), { headers: { range: "bytes=2-4" } });
      assertEquals([cut.status, await cut.text()], [206, body.slice(2, 5)]);
      assertEquals(requests.length, 1);
    });
  });
}

Deno.test("a stored body that is given up in the middle lets go of its file", async () => {
  await withCache(answer, async ({ client, server }) => {
    await (await client.get(server.url("/large"))).text();
    for await (const piece of (await client.get(server.url("/large"))).chunks()) {
      assert(piece.length > 0);
      break;
    }
    await (await client.get(server.url("/large"))).discard();
    const reader = (await client.get(server.url("/large"))).body!.getReader();
    await reader.read();
    await reader.cancel();
  });
});

Deno.test("many requests at once share one answer, and one file", async () => {
  await withCache(answer, async ({ client, server, requests }) => {
    const texts = await Promise.all(
      Array.from({ length: 10 }, async () => await (await client.get(server.url("/large"))).text()),
    );
    assert(texts.every((text) => text === LARGE));
    assertEquals(requests.length, 1);
  });
});

Deno.test("where the folder cannot be written to, the caller gets its answer all the same", async () => {
  await withCache(answer, async ({ server, folder, requests }) => {
    const path = `${folder}/file`;
    await Deno.writeTextFile(path, "");
    await using cache = fileCache(path);
    await withClient({ cache }, async (client) => {
      for (let n = 0; n < 2; n++) {
        assertEquals(await (await client.get(server.url("/large"))).text(), LARGE);
      }
    });
    assertEquals(requests.length, 2);
  });
});

Deno.test("what is fresh is given while the target's circuit is open, what may be stale too", async () => {
  const down = "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n";
  await withCache(
    ({ target }) =>
      target === "/down"
        ? down
        : response(target, "Cache-Control: max-age=60, stale-if-error=600\r\n"),
    async ({ client, server, clock, requests }) => {
      const get = async (path: string) => await (await client.get(server.url(path))).text();
      await get("/a");
      await get("/down");
      assertEquals(client.circuit(server.url()).state, "open");
      assertEquals(await get("/a"), "/a");
      clock.now += 61_000;
      assertEquals(await get("/a"), "/a");
      await assertRejects(() => get("/b"), Error, "circuit open");
      assertEquals(requests.length, 2);
      await until(() => client.stats().inFlight === 0);
    },
    {},
    { circuit: { maxFailures: 1 } },
  );
});
