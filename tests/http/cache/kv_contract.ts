/** The store in Deno KV; runs where that is available, as `kv_test.ts` sees to. @module */

import { assert, assertEquals } from "@std/assert";
import type { StoredHead } from "../../../src/http/cache/entry.ts";
import { kvCache } from "../../../src/http/cache/kv_cache.ts";
import { KvStore } from "../../../src/http/cache/kv_store.ts";
import { Client } from "../../../src/http/client.ts";
import { storeContract } from "./store_contract.ts";

async function withKv(test: (kv: Deno.Kv) => Promise<void>): Promise<void> {
  const kv = await Deno.openKv(":memory:");
  try {
    await test(kv);
  } finally {
    kv.close();
  }
}

function headOf(url: string, bodyLength: number, number: number): StoredHead {
  return {
    url,
    status: 200,
    reason: "OK",
    fields: [],
    vary: [],
    requestTime: number,
    responseTime: number,
    initialAgeMs: 0,
    bodyLength,
    part: null,
    isDoubtful: false,
  };
}

async function count(kv: Deno.Kv, prefix: Deno.KvKey): Promise<number> {
  let found = 0;
  for await (const _ of kv.list({ prefix })) found++;
  return found;
}

storeContract("KV", (test) => withKv((kv) => test(new KvStore(kv, ["a"], 1 << 24, 1 << 22))));

Deno.test("chunks of what is replaced, removed or given up do not stay", async () => {
  await withKv(async (kv) => {
    const store = new KvStore(kv, ["a"], 1 << 24, 1 << 22);
    const keep = async (number: number, isKept = true) => {
      const writer = store.write("http://a/");
      await writer.write(new Uint8Array(150_000).fill(number));
      if (isKept) await writer.commit(headOf("http://a/", 150_000, number), []);
      else await writer.abort();
    };
    await keep(1);
    await keep(2);
    await keep(3, false);
    assertEquals(await count(kv, ["a", "body"]), 3);
    const [entry] = await store.find("http://a/");
    await store.remove(entry);
    assertEquals(await count(kv, ["a", "body"]) + await count(kv, ["a", "head"]), 0);
  });
});

Deno.test("a body whose chunks are gone is not given out", async () => {
  await withKv(async (kv) => {
    const store = new KvStore(kv, ["a"], 1 << 24, 1 << 22);
    const writer = store.write("http://a/");
    await writer.write(new Uint8Array(150_000));
    await writer.commit(headOf("http://a/", 150_000, 1), []);
    const [entry] = await store.find("http://a/");
    for await (const { key } of kv.list({ prefix: ["a", "body"] })) await kv.delete(key);
    assertEquals(await store.open(entry, 0, 150_000), null);
  });
});

Deno.test("no more is held than may be", async () => {
  await withKv(async (kv) => {
    const store = new KvStore(kv, ["a"], 100_000, 50_000);
    for (let n = 0; n < 30; n++) {
      const writer = store.write(`http://a/${n}`);
      await writer.write(new Uint8Array(10_000));
      await writer.commit(headOf(`http://a/${n}`, 10_000, n), []);
      assert((await store.usage()).bytes <= 100_000);
    }
    assert((await store.usage()).entries >= 5);
  });
});

Deno.test("a client's answers are kept in KV", async () => {
  await withKv(async (kv) => {
    let requests = 0;
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
      requests++;
      return new Response("hello", { headers: { "cache-control": "max-age=60" } });
    });
    for (let n = 0; n < 3; n++) {
      await using cache = kvCache(kv);
      await using client = new Client({ cache });
      const response = await client.get(`http://127.0.0.1:${server.addr.port}/`);
      assertEquals([response.fromCache, await response.text()], [n > 0, "hello"]);
    }
    assertEquals(requests, 1);
  });
});
