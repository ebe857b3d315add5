/**
 * Responses in memory: the least recently used go first, counted in bytes.
 *
 * @module
 */

import { concat } from "../../bytes/concat.ts";
import type { StoredEntry, StoredHead } from "./entry.ts";
import type { CacheStore, EntryWriter, StoreUsage } from "./store.ts";

/** What an entry costs beside its body and the text of its head. */
const ENTRY_COST = 512;
/** Responses kept for one URL; more of them are a server that varies without end. */
const MAX_VARIANTS = 64;

class MemoryEntry implements StoredEntry {
  readonly key: string;
  head: StoredHead;
  readonly body: Uint8Array<ArrayBuffer>;
  cost: number;
  isKept = true;
  older: MemoryEntry | null = null;
  newer: MemoryEntry | null = null;

  constructor(key: string, head: StoredHead, body: Uint8Array<ArrayBuffer>) {
    this.key = key;
    this.head = head;
    this.body = body;
    this.cost = costOf(head) + body.length;
  }
}

function costOf(head: StoredHead): number {
  let cost = ENTRY_COST + 2 * head.url.length;
  for (const [name, value] of head.fields) cost += 64 + name.length + value.length;
  for (const [name, value] of head.vary) cost += 64 + name.length + (value?.length ?? 0);
  return cost;
}

const NOTHING: readonly MemoryEntry[] = [];

/** Keeps responses in memory. */
export class MemoryStore implements CacheStore {
  readonly maxEntryBytes: number;
  readonly #maxBytes: number;
  readonly #shelves = new Map<string, MemoryEntry[]>();
  #bytes = 0;
  #count = 0;
  #oldest: MemoryEntry | null = null;
  #newest: MemoryEntry | null = null;

  /** Makes an empty store that holds so many bytes at most. */
  constructor(maxBytes: number, maxEntryBytes: number) {
    this.#maxBytes = maxBytes;
    this.maxEntryBytes = maxEntryBytes;
  }

  find(key: string): readonly MemoryEntry[] {
    return this.#shelves.get(key) ?? NOTHING;
  }

  open(entry: StoredEntry, start: number, end: number): Uint8Array<ArrayBuffer> {
    const kept = entry as MemoryEntry;
    if (kept.isKept && kept !== this.#newest) {
      this.#unlink(kept);
      this.#link(kept);
    }
    return start === 0 && end === kept.body.length ? kept.body : kept.body.subarray(start, end);
  }

  write(key: string): EntryWriter {
    let pieces: Uint8Array<ArrayBuffer>[] = [];
    return {
      // A copy: it may be a view of much more than itself, and its reader may write to it.
      write: (bytes) => void pieces.push(bytes.slice()),
      commit: (head, replaced) => {
        for (const each of replaced) this.remove(each);
        const body = pieces.length === 1 ? pieces[0] : concat(pieces);
        this.#add(new MemoryEntry(key, head, body));
        pieces = [];
      },
      abort: () => void (pieces = []),
    };
  }

  freshen(entry: StoredEntry, head: StoredHead): MemoryEntry | null {
    const kept = entry as MemoryEntry;
    if (!kept.isKept) return null;
    const cost = costOf(head) + kept.body.length;
    this.#bytes += cost - kept.cost;
    kept.cost = cost;
    kept.head = head;
    this.#evict();
    return kept;
  }

  remove(entry: StoredEntry): void {
    const kept = entry as MemoryEntry;
    if (!kept.isKept) return;
    kept.isKept = false;
    this.#unlink(kept);
    this.#bytes -= kept.cost;
    this.#count--;
    const shelf = this.#shelves.get(kept.key)!;
    if (shelf.length === 1) this.#shelves.delete(kept.key);
    // A shelf that somebody looks at does not change under their eyes.
    else this.#shelves.set(kept.key, shelf.filter((each) => each !== kept));
  }

  clear(): void {
    while (this.#oldest !== null) this.remove(this.#oldest);
  }

  usage(): StoreUsage {
    return { entries: this.#count, bytes: this.#bytes };
  }

  close(): void {}

  #add(entry: MemoryEntry): void {
    const shelf = this.#shelves.get(entry.key) ?? NOTHING;
    if (shelf.length >= MAX_VARIANTS) this.remove(shelf[shelf.length - 1]);
    this.#shelves.set(entry.key, [entry, ...this.find(entry.key)]);
    this.#link(entry);
    this.#bytes += entry.cost;
    this.#count++;
    this.#evict();
  }

  #evict(): void {
    while (this.#bytes > this.#maxBytes && this.#oldest !== null) this.remove(this.#oldest);
  }

  #link(entry: MemoryEntry): void {
    entry.older = this.#newest;
    entry.newer = null;
    if (this.#newest === null) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: MemoryEntry): void {
    if (entry.older === null) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === null) this.#newest = entry.older;
    else entry.newer.older = entry.older;
  }
}
