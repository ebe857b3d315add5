/**
 * What a cache asks of the place where it keeps responses.
 *
 * Every call may answer at once or later: a store in memory answers at once, and then a hit waits for
 * nothing. What is found is whole: an entry appears with its commit, and one that is half written or
 * damaged is never found.
 *
 * @module
 */

import type { Pieces } from "../decode.ts";
import type { StoredEntry, StoredHead } from "./entry.ts";

/** At once, or later. */
export type Eventually<T> = T | Promise<T>;

/**
 * What a store gives, or something else where it fails: a folder that cannot be read is no reason for a
 * request to fail.
 */
export function orElse<T>(value: Eventually<T>, otherwise: T): Eventually<T> {
  return value instanceof Promise ? value.catch(() => otherwise) : value;
}

/** Bytes of a body: all of them, or piece by piece. */
export type StoredBytes = Uint8Array<ArrayBuffer> | Pieces;

/** What a store holds now. */
export interface StoreUsage {
  /** Responses. */
  readonly entries: number;
  /** Bytes, heads included. */
  readonly bytes: number;
}

/** A response on its way into a store. */
export interface EntryWriter {
  /** Adds bytes of the body; once it is done the store looks at them no more. */
  write(bytes: Uint8Array): Eventually<void>;
  /**
   * Makes the response findable, in place of others.
   *
   * @param head Its head.
   * @param replaced What it takes the place of.
   */
  commit(head: StoredHead, replaced: readonly StoredEntry[]): Eventually<void>;
  /** Forgets what was written. */
  abort(): Eventually<void>;
}

/** Where responses are kept. */
export interface CacheStore {
  /** Bytes of the largest body that is taken. */
  readonly maxEntryBytes: number;
  /** What is kept under a key, the newest first. */
  find(key: string): Eventually<readonly StoredEntry[]>;
  /** Bytes of a body; `null` where it is gone meanwhile. What is given out is not written to again. */
  open(entry: StoredEntry, start: number, end: number): Eventually<StoredBytes | null>;
  /** Begins to keep a response. */
  write(key: string): Eventually<EntryWriter>;
  /**
   * Gives an entry a newer head.
   *
   * @returns The entry with that head; `null` where it is gone meanwhile.
   */
  freshen(entry: StoredEntry, head: StoredHead): Eventually<StoredEntry | null>;
  /** Removes an entry. */
  remove(entry: StoredEntry): Eventually<void>;
  /** Removes everything. */
  clear(): Eventually<void>;
  /** What is there. */
  usage(): Eventually<StoreUsage>;
  /** Lets go of what it holds open; what is kept stays kept. */
  close(): Eventually<void>;
}
