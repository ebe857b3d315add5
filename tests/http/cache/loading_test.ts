/** What a cache does is loaded when there is something to do. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { HttpCache } from "../../../src/http/cache/cache.ts";
import { fileCache } from "../../../src/http/cache/file_cache.ts";
import { memoryCache } from "../../../src/http/cache/memory_cache.ts";
import { MemoryStore } from "../../../src/http/cache/memory_store.ts";
import { cacheSettings } from "../../../src/http/cache/options.ts";
import type { CacheRequest } from "../../../src/http/cache/wish.ts";
import { withClient } from "../../support/client.ts";
import { answering, RawServer, response } from "../../support/raw_server.ts";
import { pathOf, root } from "../../support/sources.ts";

const settings = cacheSettings({}, 1_000_000);

function storeInMemory(): Promise<MemoryStore> {
  return Promise.resolve(new MemoryStore(settings.maxBytes, settings.maxEntryBytes));
}

const request: CacheRequest = {
  method: "GET",
  url: "http://example.com/",
  mode: "default",
  get: () => null,
};

const fresh = {
  status: 200,
  reason: "OK",
  fields: [["cache-control", "max-age=60"]] as [string, string][],
  body: null,
};

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly isDynamic?: boolean;
      readonly code?: { readonly specifier?: string };
    }[];
  }[];
}

/** Every module that runs where one is imported. */
async function loadedWith(file: string): Promise<Set<string>> {
  const map = `--import-map=${pathOf(new URL("tools/npm_imports.json", root))}`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", map, pathOf(new URL(file, root))],
    cwd: root,
  }).output();
  const graph: Graph = JSON.parse(new TextDecoder().decode(stdout));
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const next = [new URL(file, root).href];
  for (let specifier = next.pop(); specifier !== undefined; specifier = next.pop()) {
    if (loaded.has(specifier)) continue;
    loaded.add(specifier);
    for (const { isDynamic, code } of modules.get(specifier)?.dependencies ?? []) {
      if (isDynamic !== true && code?.specifier !== undefined) next.push(code.specifier);
    }
  }
  return loaded;
}

Deno.test("who imports lasa loads no more of the cache than its names", async () => {
  const loaded = await loadedWith("mod.ts");
  const folder = new URL("src/http/cache/", root).href;
  const files = [...loaded].filter((each) => each.startsWith(folder));
  assertEquals(files.map((each) => each.slice(folder.length)).sort(), [
    "cache.ts",
    "fields.ts",
    "file_cache.ts",
    "kv_cache.ts",
    "memory_cache.ts",
    "options.ts",
  ]);
});

Deno.test("once loaded, a hit in memory is answered at once", async () => {
  await using cache = memoryCache();
  let asked = 0;
  const forward = () => Promise.resolve((asked++, fresh));
  assert(cache.handle(request, forward) instanceof Promise);
  assertEquals((await cache.stats()).stored, 1);
  const answer = cache.handle(request, forward);
  assert(!(answer instanceof Promise));
  assertEquals([answer.kind, asked], ["stored", 1]);
});

Deno.test("requests that come while it is loaded share one store and one answer", async () => {
  let opened = 0;
  await using cache = new HttpCache(() => {
    opened++;
    return storeInMemory();
  }, settings);
  await using server = await RawServer.start(
    answering(() => response("hello", "Cache-Control: max-age=60\r\n")),
  );
  await withClient({ cache }, async (client) => {
    const all = Array.from({ length: 10 }, async () => {
      const answer = await client.get(server.url());
      return await answer.text();
    });
    assertEquals(new Set(await Promise.all(all)), new Set(["hello"]));
  });
  const { misses, stored } = await cache.stats();
  assertEquals({ opened, misses, stored }, { opened: 1, misses: 1, stored: 1 });
});

Deno.test("what could not be loaded is tried again with the next request", async () => {
  let tries = 0;
  await using cache = new HttpCache(() => {
    return tries++ === 0 ? Promise.reject(new TypeError("no network")) : storeInMemory();
  }, settings);
  const forward = () => Promise.resolve(fresh);
  await assertRejects(async () => await cache.handle(request, forward), TypeError, "no network");
  assertEquals((await cache.handle(request, forward)).kind, "origin");
  assertEquals(tries, 2);
});

Deno.test("a cache that nobody used is closed without a trace", async () => {
  const parent = await Deno.makeTempDir();
  const cache = fileCache(`${parent}/cache`);
  await cache.settled();
  await cache.close();
  assertEquals([...Deno.readDirSync(parent)], []);
  await Deno.remove(parent);
});
