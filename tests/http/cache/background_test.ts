/** Validation behind the callers' backs: RFC 5861 §3, and its bounds. @module */

import { assertEquals } from "@std/assert";
import { memoryCache } from "../../../src/http/cache/memory_cache.ts";
import type { CacheOptions } from "../../../src/http/cache/options.ts";
import type { Client } from "../../../src/http/client.ts";
import { withClient } from "../../support/client.ts";
import { until } from "../../support/clock.ts";
import { answering, type RawRequest, RawServer, response } from "../../support/raw_server.ts";

const SWR = 'Cache-Control: max-age=1, stale-while-revalidate=60\r\nETag: "a"\r\n';

interface Ends {
  readonly client: Client;
  readonly server: RawServer;
  readonly clock: { now: number };
  readonly requests: RawRequest[];
}

async function withCache(
  answer: (request: RawRequest, count: number) => string | null | Promise<string | null>,
  test: (ends: Ends) => Promise<void>,
  options: CacheOptions = {},
): Promise<void> {
  const requests: RawRequest[] = [];
  await using server = await RawServer.start(
    answering((request) => answer(request, requests.push(request))),
  );
  const clock = { now: Date.UTC(2030, 0, 1) };
  await using cache = memoryCache({ clock: () => clock.now, ...options });
  await withClient({ cache, maxRetries: 0 }, (client) => test({ client, server, clock, requests }));
}

Deno.test("5861 §3 a stale response is given at once, and a newer one is there afterwards", async () => {
  await withCache(
    (_, count) => response(`${count}`, SWR),
    async ({ client, server, clock, requests }) => {
      const get = async () => await (await client.get(server.url())).text();
      assertEquals(await get(), "1");
      clock.now += 5_000;
      assertEquals(await get(), "1");
      await until(() => requests.length === 2);
      assertEquals(requests[1].headers["if-none-match"], '"a"');
      await until(async () => await get() === "2");
      assertEquals(requests.length, 2);
    },
  );
});

Deno.test("5861 §3 a 304 behind the back gives what is stored its lifetime again", async () => {
  await withCache(
    (_, count) => count === 1 ? response("1", SWR) : "HTTP/1.1 304 Not Modified\r\n\r\n",
    async ({ client, server, clock, requests }) => {
      const get = async () => await client.get(server.url());
      await (await get()).text();
      clock.now += 5_000;
      assertEquals(await (await get()).text(), "1");
      await until(async () => (await get()).headers.get("age") === "0");
      assertEquals(requests.length, 2);
    },
  );
});

Deno.test("however many get a stale response, it is validated once", async () => {
  const gate = Promise.withResolvers<void>();
  await withCache(
    async (_, count) => {
      if (count > 1) await gate.promise;
      return response(`${count}`, SWR);
    },
    async ({ client, server, clock, requests }) => {
      const get = async () => await (await client.get(server.url())).text();
      await get();
      clock.now += 5_000;
      assertEquals(await Promise.all(Array.from({ length: 9 }, get)), Array(9).fill("1"));
      await until(() => requests.length === 2);
      assertEquals(await get(), "1");
      gate.resolve();
      await until(async () => await get() === "2");
      assertEquals(requests.length, 2);
    },
  );
});

Deno.test("no more is done behind the callers' backs than is allowed", async () => {
  const gate = Promise.withResolvers<void>();
  await withCache(
    async ({ headers }) => {
      if ("if-none-match" in headers) await gate.promise;
      return response("x", SWR);
    },
    async ({ client, server, clock, requests }) => {
      const paths = ["/1", "/2", "/3", "/4"];
      const getAll = () =>
        Promise.all(paths.map(async (path) => await (await client.get(server.url(path))).text()));
      await getAll();
      clock.now += 5_000;
      await getAll();
      await until(() => requests.length === 6);
      gate.resolve();
      await client.closeAll();
      assertEquals(requests.length, 6);
    },
    { maxBackground: 2 },
  );
});

Deno.test("closing the client ends what is done behind the callers' backs", async () => {
  await withCache(
    (_, count) => count === 1 ? response("1", SWR) : null,
    async ({ client, server, clock, requests }) => {
      await (await client.get(server.url())).text();
      clock.now += 5_000;
      assertEquals(await (await client.get(server.url())).text(), "1");
      await until(() => requests.length === 2);
      await client.closeAll();
      assertEquals(await (await client.get(server.url())).text(), "1");
    },
  );
});

Deno.test("a failure behind the callers' backs is nobody's", async () => {
  await withCache(
    (_, count) => count === 1 ? response("1", SWR) : "HTTP/1.1 nonsense\r\n\r\n",
    async ({ client, server, clock, requests }) => {
      await (await client.get(server.url())).text();
      clock.now += 5_000;
      assertEquals(await (await client.get(server.url())).text(), "1");
      await until(() => requests.length === 2 && client.stats().inFlight === 0);
      assertEquals(await (await client.get(server.url())).text(), "1");
    },
  );
});

Deno.test("a validation behind the callers' backs may take so long, and no longer", async () => {
  await withCache(
    (_, count) => count === 1 ? response("1", SWR) : null,
    async ({ client, server, clock, requests }) => {
      await (await client.get(server.url())).text();
      clock.now += 5_000;
      await (await client.get(server.url())).text();
      await until(() => requests.length === 2);
      await until(() => client.stats().inFlight === 0);
    },
    { backgroundTimeoutMs: 20 },
  );
});
