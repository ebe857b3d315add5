/**
 * The folder of a file store: where files lie, how many bytes they are, which go when there are too
 * many.
 *
 * Several processes may use one folder. Each keeps an account of its own, and looks at what is really
 * there now and then.
 *
 * @module
 */

import { sha1 } from "../../codec/digest.ts";
import type { StoreUsage } from "./store.ts";

/** Files of a process that died while it wrote are removed after this time. */
const TEMPORARY_MS = 10 * 60 * 1000;
/** After so many files of one's own, what the others have written is counted too. */
const RECOUNT_AFTER = 256;
/** What is left when there was too much, so that not every file costs a look at all. */
const LEFT_OF_MOST = 0.9;
/** What a private cache keeps is its user's alone. */
const OWNERS_FILE = 0o600;
const OWNERS_FOLDER = 0o700;
/** A folder entry and the inode. */
const FILE_COST = 512;

/** A file and what it costs. */
interface Found {
  readonly path: string;
  readonly cost: number;
  readonly usedAt: number;
}

/** A folder with a bound. */
export class CacheFolder {
  readonly #root: string;
  readonly #maxBytes: number;
  #usage: StoreUsage | null = null;
  #sinceCount = 0;
  #counting: Promise<StoreUsage> | null = null;

  /** Takes a folder, which need not be there. */
  constructor(root: string, maxBytes: number) {
    this.#root = `${root}/lasa-http-1`;
    this.#maxBytes = maxBytes;
  }

  /** Where the responses of a key lie. */
  placeOf(key: string): string {
    const name = sha1(key);
    return `${this.#root}/${name.slice(0, 2)}/${name.slice(2)}`;
  }

  /** A new file for what is not whole yet. */
  async temporary(): Promise<{ path: string; file: Deno.FsFile }> {
    const path = `${this.#root}/tmp/${crypto.randomUUID()}`;
    const options = { createNew: true, write: true, mode: OWNERS_FILE };
    try {
      return { path, file: await Deno.open(path, options) };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      await Deno.mkdir(`${this.#root}/tmp`, { recursive: true, mode: OWNERS_FOLDER });
      return { path, file: await Deno.open(path, options) };
    }
  }

  /** Puts a whole file in its place, over what is there, and makes room where there is too much. */
  async place(temporary: string, path: string, bytes: number): Promise<void> {
    const folder = path.slice(0, path.lastIndexOf("/"));
    const before = await Deno.stat(path).catch(passOverMissing);
    for (let attempt = 0;; attempt++) {
      try {
        await Deno.rename(temporary, path);
        break;
      } catch (error) {
        // Another process may have removed the empty folder just now.
        if (!(error instanceof Deno.errors.NotFound) || attempt === 3) throw error;
        await Deno.mkdir(folder, { recursive: true, mode: OWNERS_FOLDER });
      }
    }
    this.#add(before ? 0 : 1, bytes - (before ? before.size : -FILE_COST));
    this.#sinceCount++;
    await this.#bound();
  }

  /** Removes a file that may be gone already. */
  async remove(path: string, bytes: number): Promise<void> {
    if (!await removed(path)) return;
    this.#add(-1, -bytes - FILE_COST);
    // Fails where others lie there, which is as it should be.
    await Deno.remove(path.slice(0, path.lastIndexOf("/"))).catch(() => {});
  }

  /** Removes everything. */
  async clear(): Promise<void> {
    await Deno.remove(this.#root, { recursive: true }).catch(passOverMissing);
    this.#usage = { entries: 0, bytes: 0 };
  }

  /** What is there, as far as this process knows. */
  async usage(): Promise<StoreUsage> {
    return this.#usage ?? await this.#count();
  }

  /** Waits for a count that runs. */
  async settled(): Promise<void> {
    await this.#counting;
  }

  #add(entries: number, bytes: number): void {
    if (this.#usage === null) return;
    this.#usage = {
      entries: Math.max(0, this.#usage.entries + entries),
      bytes: Math.max(0, this.#usage.bytes + bytes),
    };
  }

  async #bound(): Promise<void> {
    const isDue = this.#usage === null || this.#sinceCount >= RECOUNT_AFTER ||
      this.#usage.bytes > this.#maxBytes;
    if (isDue) await this.#count();
  }

  #count(): Promise<StoreUsage> {
    return this.#counting ??= this.#countAndEvict().finally(() => this.#counting = null);
  }

  async #countAndEvict(): Promise<StoreUsage> {
    this.#sinceCount = 0;
    const files: Found[] = [];
    let bytes = 0;
    for await (const file of this.#files()) {
      files.push(file);
      bytes += file.cost;
    }
    let entries = files.length;
    if (bytes > this.#maxBytes) {
      files.sort((a, b) => a.usedAt - b.usedAt);
      for (const { path, cost } of files) {
        if (bytes <= LEFT_OF_MOST * this.#maxBytes) break;
        await removed(path);
        bytes -= cost;
        entries--;
      }
    }
    return this.#usage = { entries, bytes };
  }

  async *#files(): AsyncGenerator<Found> {
    for await (const bucket of entriesOf(this.#root)) {
      if (bucket === "tmp") {
        await this.#removeLeftovers();
        continue;
      }
      for await (const place of entriesOf(`${this.#root}/${bucket}`)) {
        for await (const name of entriesOf(`${this.#root}/${bucket}/${place}`)) {
          const path = `${this.#root}/${bucket}/${place}/${name}`;
          const info = await Deno.stat(path).catch(passOverMissing);
          if (!info) continue;
          yield { path, cost: info.size + FILE_COST, usedAt: info.mtime?.getTime() ?? 0 };
        }
      }
    }
  }

  async #removeLeftovers(): Promise<void> {
    for await (const name of entriesOf(`${this.#root}/tmp`)) {
      const path = `${this.#root}/tmp/${name}`;
      const info = await Deno.stat(path).catch(passOverMissing);
      if (info && Date.now() - (info.mtime?.getTime() ?? 0) > TEMPORARY_MS) await removed(path);
    }
  }
}

/** The names in a folder; none where it is not there. */
export async function* entriesOf(folder: string): AsyncGenerator<string> {
  try {
    for await (const { name } of Deno.readDir(folder)) yield name;
  } catch (error) {
    passOverMissing(error);
  }
}

/** Removes a file; says whether it was there. */
export async function removed(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    passOverMissing(error);
    return false;
  }
}

/** Throws what is not that something is missing: another process may always have been quicker. */
export function passOverMissing(error: unknown): void {
  const isMissing = error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.NotADirectory;
  if (!isMissing) throw error;
}
