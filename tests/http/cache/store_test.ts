/** What every store must do, and what the one in files must do beyond that. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { StoredEntry, StoredHead } from "../../../src/http/cache/entry.ts";
import { FileStore } from "../../../src/http/cache/file_store.ts";
import { MemoryStore } from "../../../src/http/cache/memory_store.ts";
import type { CacheStore } from "../../../src/http/cache/store.ts";
import { Random } from "../../support/random.ts";
import { storeContract } from "./store_contract.ts";

function headOf(url: string, bodyLength: number, more: Partial<StoredHead> = {}): StoredHead {
  return {
    url,
    status: 200,
    reason: "OK",
    fields: [["etag", '"a"']],
    vary: [],
    requestTime: 1,
    responseTime: 2,
    initialAgeMs: 0,
    bodyLength,
    part: null,
    isDoubtful: false,
    ...more,
  };
}

async function keep(store: CacheStore, key: string, body: Uint8Array): Promise<void> {
  const writer = await store.write(key);
  await writer.write(body);
  await writer.commit(headOf(key, body.length), []);
}

async function bytesOf(store: CacheStore, entry: StoredEntry): Promise<Uint8Array | null> {
  const opened = await store.open(entry, 0, entry.head.bodyLength);
  if (opened === null || opened instanceof Uint8Array) return opened;
  const pieces: Uint8Array[] = [];
  for (let next = await opened.read(); next !== null; next = await opened.read()) pieces.push(next);
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

/** Runs a test with a folder of its own. */
async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await filesIn(`${folder}/${name}`));
    else found.push(`${folder}/${name}`);
  }
  return found;
}

storeContract("memory", (test) => test(new MemoryStore(1 << 20, 1 << 20)));
storeContract(
  "files",
  (test) => withFolder((folder) => test(new FileStore(folder, 1 << 20, 1 << 20))),
);

Deno.test("a store in memory holds no more than it may", () => {
  const store = new MemoryStore(100_000, 50_000);
  const random = new Random(1);
  for (let n = 0; n < 500; n++) {
    const key = `http://a/${random.below(40)}`;
    const writer = store.write(key);
    const body = new Uint8Array(random.below(20_000));
    void writer.write(body);
    void writer.commit(headOf(key, body.length), store.find(key));
    const { bytes, entries } = store.usage();
    assert(bytes <= 100_000 && entries >= 1);
  }
  store.clear();
  assertEquals(store.usage(), { entries: 0, bytes: 0 });
});

Deno.test("a store in files holds no more than it may; the least recently used go first", async () => {
  await withFolder(async (folder) => {
    const store = new FileStore(folder, 50_000, 50_000);
    for (let n = 0; n < 20; n++) {
      await keep(store, `http://a/${n}`, new Uint8Array(5_000));
      // The clock of files may be coarse.
      for (const path of await filesIn(folder)) {
        const { mtime } = await Deno.stat(path);
        await Deno.utime(
          path,
          new Date(mtime!.getTime() - 1000),
          new Date(mtime!.getTime() - 1000),
        );
      }
      assert((await store.usage()).bytes <= 50_000);
    }
    const left = [];
    for (let n = 0; n < 20; n++) if ((await store.find(`http://a/${n}`)).length > 0) left.push(n);
    assert(left.length >= 6 && left[0] === 20 - left.length, `${left}`);
  });
});

for (const size of [300, 200_000]) {
  Deno.test(`a file of ${size} bytes in which anything has changed is never given out`, async () => {
    await withFolder(async (folder) => {
      const random = new Random(size);
      const store = new FileStore(folder, 1 << 20, 1 << 20);
      const key = "http://a/";
      const body = Uint8Array.from({ length: size }, () => random.below(256));
      for (let round = 0; round < 60; round++) {
        await keep(store, key, body);
        const [path] = await filesIn(folder);
        const bytes = await Deno.readFile(path);
        // A byte changed, the end cut off, or something added.
        const at = 8 + random.below(bytes.length - 8);
        const damaged = round % 3 === 0
          ? bytes.slice(0, at)
          : round % 3 === 1
          ? Uint8Array.from([...bytes, 0])
          : bytes.with(at, bytes[at] ^ (1 + random.below(255)));
        await Deno.writeFile(path, damaged);
        const [entry] = await store.find(key);
        // Of a large body the end alone shows that it is damaged.
        if (entry !== undefined) await assertRejects(() => bytesOf(store, entry), Error, "damaged");
        assertEquals(await store.find(key), []);
      }
    });
  });
}

Deno.test("a file that is replaced while it is read is read to its end", async () => {
  await withFolder(async (folder) => {
    const store = new FileStore(folder, 1 << 22, 1 << 22);
    const key = "http://a/";
    await keep(store, key, new Uint8Array(300_000).fill(1));
    const [entry] = await store.find(key);
    const opened = await store.open(entry, 0, 300_000);
    assert(opened !== null && !(opened instanceof Uint8Array));
    await keep(store, key, new Uint8Array(300_000).fill(2));
    let count = 0;
    for (let next = await opened.read(); next !== null; next = await opened.read()) {
      assert(next.every((byte) => byte === 1));
      count += next.length;
    }
    assertEquals(count, 300_000);
    // What was found before has another name now.
    assertEquals(await store.open(entry, 0, 300_000), null);
  });
});

Deno.test("two stores on one folder see each other's files and bound them together", async () => {
  await withFolder(async (folder) => {
    const one = new FileStore(folder, 100_000, 50_000);
    const other = new FileStore(folder, 100_000, 50_000);
    await keep(one, "http://a/", new Uint8Array(10));
    assertEquals((await other.find("http://a/")).length, 1);
    await Promise.all(
      Array.from(
        { length: 60 },
        (_, n) => keep(n % 2 ? one : other, `http://a/${n}`, new Uint8Array(5_000)),
      ),
    );
    await one.clear();
    assertEquals(await other.find("http://a/1"), []);
    await keep(other, "http://a/", new Uint8Array(10));
    assertEquals((await one.find("http://a/")).length, 1);
  });
});

Deno.test("what a dead process left half written is removed in time", async () => {
  await withFolder(async (folder) => {
    const store = new FileStore(folder, 1 << 20, 1 << 20);
    const left = await store.write("http://a/");
    await left.write(new Uint8Array(10));
    const [path] = await filesIn(folder);
    await Deno.utime(path, new Date(0), new Date(0));
    await keep(store, "http://b/", new Uint8Array(10));
    assertEquals((await filesIn(folder)).length, 1);
    await left.abort();
  });
});
