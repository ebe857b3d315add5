/** What every store must do. @module */

import { assertEquals } from "@std/assert";
import type { StoredEntry, StoredHead } from "../../../src/http/cache/entry.ts";
import type { CacheStore } from "../../../src/http/cache/store.ts";

const URL_A = "http://a.test/?q=ä";

function head(bodyLength: number, more: Partial<StoredHead> = {}): StoredHead {
  return {
    url: URL_A,
    status: 200,
    reason: "OK",
    fields: [["etag", '"ä"'], ["set-cookie", "a"], ["set-cookie", "b"]],
    vary: [["foo", null]],
    requestTime: 1000,
    responseTime: 2000,
    initialAgeMs: 5,
    bodyLength,
    part: null,
    isDoubtful: false,
    ...more,
  };
}

/** Bytes that differ from place to place. */
function sample(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 255);
}

async function put(
  store: CacheStore,
  key: string,
  body: Uint8Array,
  more: Partial<StoredHead> = {},
  replaced: readonly StoredEntry[] = [],
): Promise<void> {
  const writer = await store.write(key);
  for (let at = 0; at < body.length; at += 50_000) await writer.write(body.slice(at, at + 50_000));
  await writer.commit(head(body.length, more), replaced);
}

async function get(store: CacheStore, entry: StoredEntry, start: number, end: number) {
  const opened = await store.open(entry, start, end);
  if (opened === null || opened instanceof Uint8Array) return opened;
  const bytes: number[] = [];
  for (let next = await opened.read(); next !== null; next = await opened.read()) {
    bytes.push(...next);
  }
  return Uint8Array.from(bytes);
}

/** Declares the tests of the contract for a store. */
export function storeContract(
  name: string,
  withStore: (test: (store: CacheStore) => Promise<void>) => Promise<void>,
): void {
  const it = (what: string, test: (store: CacheStore) => Promise<void>) =>
    Deno.test(`store (${name}): ${what}`, () => withStore(test));

  for (const size of [0, 5, 70_000, 250_000]) {
    it(`gives back ${size} bytes and any part of them`, async (store) => {
      const body = sample(size);
      await put(store, URL_A, body);
      const [entry] = await store.find(URL_A);
      assertEquals(entry.head, head(size));
      assertEquals(entry.key, URL_A);
      assertEquals(await get(store, entry, 0, size), body);
      for (const [start, end] of [[0, 3], [1, size], [size - 1, size], [65_000, 66_000]]) {
        if (start < 0 || end > size) continue;
        assertEquals(await get(store, entry, start, end), body.slice(start, end));
      }
    });
  }

  it("finds nothing before the commit, nor what was given up", async (store) => {
    const writer = await store.write(URL_A);
    await writer.write(sample(10));
    assertEquals((await store.find(URL_A)).length, 0);
    await writer.abort();
    assertEquals((await store.find(URL_A)).length, 0);
    assertEquals((await store.usage()).entries, 0);
  });

  it("keeps its own copy of what it is given", async (store) => {
    const bytes = sample(100);
    const writer = await store.write(URL_A);
    await writer.write(bytes);
    bytes.fill(0);
    await writer.commit(head(100), []);
    const [entry] = await store.find(URL_A);
    assertEquals(await get(store, entry, 0, 100), sample(100));
  });

  it("keeps variants side by side, the newest first, and puts one in place of others", async (store) => {
    await put(store, URL_A, sample(1), { vary: [["foo", "1"]], responseTime: 1 });
    await put(store, URL_A, sample(2), { vary: [["foo", "2"]], responseTime: 2 });
    await put(store, "http://a.test/other", sample(3));
    const found = await store.find(URL_A);
    assertEquals(found.map((entry) => entry.head.bodyLength), [2, 1]);
    await put(store, URL_A, sample(4), { vary: [["foo", "1"]], responseTime: 3 }, [found[1]]);
    assertEquals((await store.find(URL_A)).map(({ head }) => head.bodyLength), [4, 2]);
    assertEquals((await store.usage()).entries, 3);
  });

  it("gives an entry a newer head and leaves its body", async (store) => {
    for (const size of [10, 150_000]) {
      await put(store, URL_A, sample(size), {}, await store.find(URL_A));
      const [entry] = await store.find(URL_A);
      const fresh = head(size, { responseTime: 9000, fields: [["etag", '"b"']] });
      const freshened = await store.freshen(entry, fresh);
      assertEquals(freshened?.head, fresh);
      assertEquals(await get(store, freshened!, 0, size), sample(size));
      assertEquals((await store.find(URL_A)).map(({ head }) => head), [fresh]);
    }
  });

  it("freshens nothing that is gone, and removing twice is no fault", async (store) => {
    await put(store, URL_A, sample(10));
    const [entry] = await store.find(URL_A);
    await store.remove(entry);
    await store.remove(entry);
    assertEquals(await store.find(URL_A), []);
    assertEquals((await store.usage()).entries, 0);
  });

  it("forgets everything when it is cleared, and goes on", async (store) => {
    await put(store, URL_A, sample(10));
    await put(store, "http://b.test/", sample(10));
    await store.clear();
    assertEquals(await store.find(URL_A), []);
    assertEquals(await store.usage(), { entries: 0, bytes: 0 });
    await put(store, URL_A, sample(10));
    assertEquals((await store.find(URL_A)).length, 1);
    assertEquals((await store.usage()).entries, 1);
    await store.close();
  });
}
