/**
 * Responses in Deno KV, whose values are small: a body lies in chunks under a name of its own, and the
 * head, written last and at once, names it. So nobody reads chunks of two bodies, or half of one.
 *
 * @module
 */

import { concat } from "../../bytes/concat.ts";
import { sha1 } from "../../codec/digest.ts";
import { BrokenError } from "../../errors.ts";
import type { Pieces } from "../decode.ts";
import type { StoredEntry, StoredHead } from "./entry.ts";
import type { CacheStore, EntryWriter, StoredBytes, StoreUsage } from "./store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Deno KV takes values of 64 KiB, keys of 2 KiB and ten reads at once. */
const CHUNK_BYTES = 60 * 1024;
const CHUNKS_AT_ONCE = 10;
/** A head that is larger is not kept. */
const MAX_HEAD_BYTES = 48 * 1024;
/** What an entry costs beside its body. */
const ENTRY_COST = 1024;
/** Chunks of a process that died while it wrote expire. */
const UNCOMMITTED_MS = 3600 * 1000;
/** What is left when there was too much. */
const LEFT_OF_MOST = 0.9;
/** How exactly it is known when a response was used last. */
const TOUCH_MS = 10 * 60 * 1000;

/** What stands at the place of a head. */
interface Stored {
  readonly head: StoredHead;
  readonly key: string;
  /** The name its chunks are under. */
  readonly body: string;
  readonly usedAt: number;
}

interface KvEntry extends StoredEntry {
  readonly at: Deno.KvKey;
  readonly stored: Stored;
}

/** Keeps responses in Deno KV. */
export class KvStore implements CacheStore {
  readonly maxEntryBytes: number;
  readonly #kv: Deno.Kv;
  readonly #prefix: Deno.KvKey;
  readonly #maxBytes: number;

  /** Takes an open database, and the keys that begin with a prefix. */
  constructor(kv: Deno.Kv, prefix: Deno.KvKey, maxBytes: number, maxEntryBytes: number) {
    this.#kv = kv;
    this.#prefix = prefix;
    this.#maxBytes = maxBytes;
    this.maxEntryBytes = maxEntryBytes;
  }

  async find(key: string): Promise<readonly KvEntry[]> {
    const found: KvEntry[] = [];
    const prefix = [...this.#prefix, "head", sha1(key)];
    for await (const { key: at, value } of this.#kv.list<Stored>({ prefix })) {
      if (value.key === key) found.push({ key, head: value.head, at, stored: value });
    }
    return found.sort((a, b) => b.head.responseTime - a.head.responseTime);
  }

  async open(entry: StoredEntry, start: number, end: number): Promise<StoredBytes | null> {
    const { at, stored } = entry as KvEntry;
    if (Date.now() - stored.usedAt > TOUCH_MS) {
      const touched = { ...stored, usedAt: Date.now() };
      const { versionstamp } = await this.#kv.get(at);
      if (versionstamp !== null) {
        await this.#kv.atomic().check({ key: at, versionstamp }).set(at, touched).commit();
      }
    }
    const pieces = new KvPieces(this.#kv, [...this.#prefix, "body", stored.body], start, end);
    // The first chunks are at hand before the head is given out: a small body is then all here.
    return await pieces.begin() ? pieces : null;
  }

  write(key: string): EntryWriter {
    return new KvWriter(this.#kv, this.#prefix, key, (bytes) => this.#account(bytes));
  }

  async freshen(entry: StoredEntry, head: StoredHead): Promise<KvEntry | null> {
    const { at, stored } = entry as KvEntry;
    const now = await this.#kv.get<Stored>(at);
    if (now.value === null || now.value.body !== stored.body) return null;
    const fresh: Stored = { ...now.value, head };
    if (sizeOf(fresh) > MAX_HEAD_BYTES) return null;
    const { ok } = await this.#kv.atomic().check(now).set(at, fresh).commit();
    return ok ? { key: entry.key, head, at, stored: fresh } : null;
  }

  async remove(entry: StoredEntry): Promise<void> {
    await this.#remove((entry as KvEntry).at);
  }

  async clear(): Promise<void> {
    for await (const { key } of this.#kv.list({ prefix: this.#prefix })) await this.#kv.delete(key);
  }

  async usage(): Promise<StoreUsage> {
    let entries = 0;
    let bytes = 0;
    for await (const { value } of this.#heads()) {
      entries++;
      bytes += costOf(value.head);
    }
    return { entries, bytes };
  }

  close(): void {}

  #heads(): Deno.KvListIterator<Stored> {
    return this.#kv.list<Stored>({ prefix: [...this.#prefix, "head"] });
  }

  async #remove(at: Deno.KvKey): Promise<void> {
    const { value, versionstamp } = await this.#kv.get<Stored>(at);
    if (value === null) return;
    const { ok } = await this.#kv.atomic().check({ key: at, versionstamp }).delete(at).commit();
    if (!ok) return;
    await removeChunks(this.#kv, [...this.#prefix, "body", value.body]);
    await this.#account(-costOf(value.head));
  }

  /** Adds to the account that all processes share, and makes room where there is too much. */
  async #account(bytes: number): Promise<void> {
    const at = [...this.#prefix, "bytes"];
    // Sums wrap around at 2^64, so what is taken away is added as its complement.
    await this.#kv.atomic().sum(at, BigInt.asUintN(64, BigInt(bytes))).commit();
    const { value } = await this.#kv.get<Deno.KvU64>(at);
    if (value === null || BigInt.asIntN(64, value.value) <= BigInt(this.#maxBytes)) return;
    const found: { at: Deno.KvKey; usedAt: number; cost: number }[] = [];
    let total = 0;
    for await (const { key, value } of this.#heads()) {
      const cost = costOf(value.head);
      found.push({ at: key, usedAt: value.usedAt, cost });
      total += cost;
    }
    await this.#kv.set(at, new Deno.KvU64(BigInt(total)));
    found.sort((a, b) => a.usedAt - b.usedAt);
    for (const { at, cost } of found) {
      if (total <= LEFT_OF_MOST * this.#maxBytes) break;
      await this.#remove(at);
      total -= cost;
    }
  }
}

function costOf(head: StoredHead): number {
  return head.bodyLength + ENTRY_COST + 2 * JSON.stringify(head).length;
}

function sizeOf(stored: Stored): number {
  return 2 * JSON.stringify(stored).length;
}

async function removeChunks(kv: Deno.Kv, prefix: Deno.KvKey): Promise<void> {
  for await (const { key } of kv.list({ prefix })) await kv.delete(key);
}

/** A body as it is read. */
class KvPieces implements Pieces {
  readonly #kv: Deno.Kv;
  readonly #prefix: Deno.KvKey;
  readonly #end: number;
  #at: number;
  #ready: Bytes[] = [];

  constructor(kv: Deno.Kv, prefix: Deno.KvKey, start: number, end: number) {
    this.#kv = kv;
    this.#prefix = prefix;
    this.#at = start;
    this.#end = end;
  }

  /** Reads the first chunks; says whether they are there. */
  async begin(): Promise<boolean> {
    return this.#at >= this.#end || await this.#fill();
  }

  async read(): Promise<Bytes | null> {
    if (this.#ready.length === 0) {
      if (this.#at >= this.#end) return null;
      if (!await this.#fill()) {
        throw new BrokenError("Cannot read the body: it was removed from the cache meanwhile", {
          code: "cache",
        });
      }
    }
    return this.#ready.shift()!;
  }

  cancel(): void {
    this.#ready = [];
    this.#at = this.#end;
  }

  async #fill(): Promise<boolean> {
    const first = Math.floor(this.#at / CHUNK_BYTES);
    const behind = Math.min(first + CHUNKS_AT_ONCE, Math.ceil(this.#end / CHUNK_BYTES));
    const keys: Deno.KvKey[] = [];
    for (let index = first; index < behind; index++) keys.push([...this.#prefix, index]);
    for (const { value } of await this.#kv.getMany<Bytes[]>(keys)) {
      if (value === null) return false;
      const from = this.#at % CHUNK_BYTES;
      const piece = value.subarray(from, Math.min(value.length, from + this.#end - this.#at));
      this.#at += piece.length;
      this.#ready.push(piece);
    }
    return true;
  }
}

/** A body on its way. */
class KvWriter implements EntryWriter {
  readonly #kv: Deno.Kv;
  readonly #prefix: Deno.KvKey;
  readonly #key: string;
  readonly #account: (bytes: number) => Promise<void>;
  readonly #body = crypto.randomUUID();
  #chunks = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isOver = false;

  constructor(
    kv: Deno.Kv,
    prefix: Deno.KvKey,
    key: string,
    account: (bytes: number) => Promise<void>,
  ) {
    this.#kv = kv;
    this.#prefix = prefix;
    this.#key = key;
    this.#account = account;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#waiting.push(bytes.slice());
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= CHUNK_BYTES) await this.#flush(CHUNK_BYTES);
  }

  async commit(head: StoredHead, replaced: readonly StoredEntry[]): Promise<void> {
    await this.#flush(1);
    const stored: Stored = { head, key: this.#key, body: this.#body, usedAt: Date.now() };
    if (sizeOf(stored) > MAX_HEAD_BYTES) return await this.abort();
    const name = sha1(JSON.stringify([head.url, head.vary, head.part === null]));
    const at = [...this.#prefix, "head", sha1(this.#key), name];
    const before = await this.#kv.get<Stored>(at);
    // Now that the head names them, the chunks no longer expire; a head whose chunks are gone is
    // found by nobody, since its first ones are read before it is given out.
    for (let index = 0; index < this.#chunks; index++) {
      const chunk = [...this.#prefix, "body", this.#body, index];
      const { value } = await this.#kv.get(chunk);
      await this.#kv.set(chunk, value);
    }
    await this.#kv.set(at, stored);
    this.#isOver = true;
    let gone = 0;
    if (before.value !== null) {
      await removeChunks(this.#kv, [...this.#prefix, "body", before.value.body]);
      gone += costOf(before.value.head);
    }
    for (const each of replaced as readonly KvEntry[]) {
      if (each.at.at(-1) === name) continue;
      await this.#kv.delete(each.at);
      await removeChunks(this.#kv, [...this.#prefix, "body", each.stored.body]);
      gone += costOf(each.head);
    }
    await this.#account(costOf(head) - gone);
  }

  async abort(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await removeChunks(this.#kv, [...this.#prefix, "body", this.#body]);
  }

  async #flush(least: number): Promise<void> {
    let bytes = concat(this.#waiting);
    while (bytes.length >= least) {
      const chunk = bytes.slice(0, CHUNK_BYTES);
      const at = [...this.#prefix, "body", this.#body, this.#chunks++];
      await this.#kv.set(at, chunk, { expireIn: UNCOMMITTED_MS });
      bytes = bytes.subarray(chunk.length);
    }
    this.#waiting = [bytes];
    this.#waitingBytes = bytes.length;
  }
}
