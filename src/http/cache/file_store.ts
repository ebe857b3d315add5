/**
 * Responses in files: a file each, written beside and then put in place, so that no process ever sees
 * half of one, whoever dies when.
 *
 * @module
 */

import { BrokenError } from "../../errors.ts";
import { sha1 } from "../../codec/digest.ts";
import type { Pieces } from "../decode.ts";
import { CacheFolder, entriesOf, passOverMissing, removed } from "./cache_folder.ts";
import type { StoredEntry, StoredHead } from "./entry.ts";
import {
  crc32,
  decodeFooter,
  decodeTail,
  encodeTail,
  type FileHead,
  type Footer,
  FOOTER_BYTES,
  MAGIC,
} from "./file_format.ts";
import type { CacheStore, EntryWriter, StoredBytes, StoreUsage } from "./store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Files up to this size are read at once when they are found. */
const INLINE_BYTES = 64 * 1024;
/** What is read at once of a larger one. */
const PIECE_BYTES = 64 * 1024;
/** How exactly it is known when a file was used last. */
const TOUCH_MS = 60_000;

interface FileEntry extends StoredEntry {
  readonly path: string;
  readonly id: string;
  readonly footer: Footer;
  readonly usedAt: number;
  /** The body, where the file is a small one. */
  readonly body: Bytes | null;
}

/** Keeps responses in a folder. */
export class FileStore implements CacheStore {
  readonly maxEntryBytes: number;
  readonly #folder: CacheFolder;

  /** Takes a folder, which is made with the first response. */
  constructor(folder: string, maxBytes: number, maxEntryBytes: number) {
    this.maxEntryBytes = maxEntryBytes;
    this.#folder = new CacheFolder(folder, maxBytes);
  }

  async find(key: string): Promise<readonly FileEntry[]> {
    const place = this.#folder.placeOf(key);
    const found: FileEntry[] = [];
    for await (const name of entriesOf(place)) {
      const entry = await this.#read(key, `${place}/${name}`);
      if (entry !== null) found.push(entry);
    }
    return found.sort((a, b) => b.head.responseTime - a.head.responseTime);
  }

  async open(entry: StoredEntry, start: number, end: number): Promise<StoredBytes | null> {
    const { path, id, body, footer, usedAt } = entry as FileEntry;
    if (Date.now() - usedAt > TOUCH_MS) await touch(path);
    if (body !== null) return body.subarray(start, end);
    const file = await Deno.open(path).catch(passOverMissing);
    if (!file) return null;
    try {
      // Meanwhile another file may lie here.
      const now = await readTail(file);
      if (now === null || now.head.id !== id) return file.close(), null;
      await file.seek(MAGIC.length + start, Deno.SeekMode.Start);
    } catch (error) {
      file.close();
      throw error;
    }
    const isWhole = start === 0 && end === footer.bodyLength;
    return new FilePieces(file, end - start, isWhole ? footer.bodyCrc : null, path);
  }

  async write(key: string): Promise<EntryWriter> {
    const { path, file } = await this.#folder.temporary();
    const writer = new FileWriter(path, file, this.#folder, key);
    await writer.begin();
    return writer;
  }

  async freshen(entry: StoredEntry, head: StoredHead): Promise<FileEntry | null> {
    const { key, path } = entry as FileEntry;
    const body = await this.open(entry, 0, entry.head.bodyLength);
    if (body === null) return null;
    const writer = await this.write(key);
    try {
      if (body instanceof Uint8Array) await writer.write(body);
      else {
        for (let piece = await body.read(); piece !== null; piece = await body.read()) {
          await writer.write(piece);
        }
      }
      await writer.commit(head, []);
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return await this.#read(key, path);
  }

  async remove(entry: StoredEntry): Promise<void> {
    const { path, footer } = entry as FileEntry;
    await this.#folder.remove(path, sizeOf(footer));
  }

  async clear(): Promise<void> {
    await this.#folder.clear();
  }

  async usage(): Promise<StoreUsage> {
    return await this.#folder.usage();
  }

  async close(): Promise<void> {
    await this.#folder.settled();
  }

  /** Reads what lies at a path; what is damaged, or of another key, is removed. */
  async #read(key: string, path: string): Promise<FileEntry | null> {
    const file = await Deno.open(path).catch(passOverMissing);
    if (!file) return null;
    try {
      const tail = await readTail(file);
      if (tail === null || tail.head.key !== key) {
        await removed(path);
        return null;
      }
      const { head: { id, head }, footer, body, usedAt } = tail;
      return { key, head, path, id, footer, body, usedAt };
    } finally {
      file.close();
    }
  }
}

/** Moves a file to the end of the line of those that go first. */
async function touch(path: string): Promise<void> {
  const now = new Date();
  await Deno.utime(path, now, now).catch(passOverMissing);
}

function sizeOf({ headLength, bodyLength }: Footer): number {
  return MAGIC.length + bodyLength + headLength + FOOTER_BYTES;
}

/** What the end of a file says, and a small body at once; `null` where anything is damaged. */
async function readTail(
  file: Deno.FsFile,
): Promise<{ head: FileHead; footer: Footer; body: Bytes | null; usedAt: number } | null> {
  const { size, mtime } = await file.stat();
  const from = Math.max(0, size - INLINE_BYTES);
  let bytes = await readAt(file, from, size - from);
  const footer = decodeFooter(bytes, size);
  if (footer === null) return null;
  const tailLength = footer.headLength + FOOTER_BYTES;
  if (tailLength > bytes.length) bytes = await readAt(file, size - tailLength, tailLength);
  const head = decodeTail(bytes.subarray(bytes.length - tailLength));
  if (head === null || head.head.bodyLength !== footer.bodyLength) return null;
  const usedAt = mtime?.getTime() ?? 0;
  if (from > 0) return { head, footer, body: null, usedAt };
  const body = bytes.subarray(MAGIC.length, MAGIC.length + footer.bodyLength);
  return crc32(body) === footer.bodyCrc ? { head, footer, body, usedAt } : null;
}

async function readAt(file: Deno.FsFile, at: number, length: number): Promise<Bytes> {
  await file.seek(at, Deno.SeekMode.Start);
  const bytes = new Uint8Array(length);
  let count = 0;
  while (count < length) {
    const more = await file.read(bytes.subarray(count));
    if (more === null) break;
    count += more;
  }
  return bytes.subarray(0, count);
}

/** A large body as it is read. The file may be removed or replaced meanwhile: it is held open. */
class FilePieces implements Pieces {
  readonly #file: Deno.FsFile;
  readonly #path: string;
  /** What the whole must add up to; `null` where only a part is read. */
  readonly #crc: number | null;
  #left: number;
  #crcSoFar = 0;
  #isClosed = false;
  #isReading = false;

  constructor(file: Deno.FsFile, length: number, crc: number | null, path: string) {
    this.#file = file;
    this.#left = length;
    this.#crc = crc;
    this.#path = path;
  }

  async read(): Promise<Bytes | null> {
    if (this.#isClosed) return null;
    if (this.#left === 0) {
      this.cancel();
      if (this.#crc !== null && this.#crc !== this.#crcSoFar) return await this.#fail();
      return null;
    }
    this.#isReading = true;
    const bytes = new Uint8Array(Math.min(this.#left, PIECE_BYTES));
    let count: number | null;
    try {
      count = await this.#file.read(bytes);
    } finally {
      this.#isReading = false;
      if (this.#isClosed) this.#file.close();
    }
    if (count === null) return await this.#fail();
    this.#left -= count;
    const piece = bytes.subarray(0, count);
    if (this.#crc !== null) this.#crcSoFar = crc32(piece, this.#crcSoFar);
    return piece;
  }

  cancel(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // A read that runs closes it when it ends.
    if (!this.#isReading) this.#file.close();
  }

  async #fail(): Promise<never> {
    this.cancel();
    await removed(this.#path);
    throw new BrokenError("Cannot read the body: its file in the cache is damaged", {
      code: "cache",
    });
  }
}

/** A file on its way. */
class FileWriter implements EntryWriter {
  readonly #path: string;
  readonly #file: Deno.FsFile;
  readonly #folder: CacheFolder;
  readonly #key: string;
  #length = 0;
  #crc = 0;
  #isOver = false;

  constructor(path: string, file: Deno.FsFile, folder: CacheFolder, key: string) {
    this.#path = path;
    this.#file = file;
    this.#folder = folder;
    this.#key = key;
  }

  async begin(): Promise<void> {
    try {
      await this.#put(MAGIC);
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#length += bytes.length;
    this.#crc = crc32(bytes, this.#crc);
    await this.#put(bytes);
  }

  async commit(head: StoredHead, replaced: readonly StoredEntry[]): Promise<void> {
    const id = crypto.randomUUID();
    await this.#put(encodeTail({ id, key: this.#key, head }, this.#length, this.#crc));
    // Else the name could outlive a crash of the machine, and the bytes not.
    await this.#file.syncData();
    this.#isOver = true;
    this.#file.close();
    const path = `${this.#folder.placeOf(this.#key)}/${nameOf(head)}`;
    const { size } = await Deno.stat(this.#path);
    await this.#folder.place(this.#path, path, size);
    for (const each of replaced as readonly FileEntry[]) {
      if (each.path !== path) await this.#folder.remove(each.path, sizeOf(each.footer));
    }
  }

  async abort(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#file.close();
    await removed(this.#path);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#file.write(bytes.subarray(at));
  }
}

/** One name for all that answer the same requests, so that the newer takes the older one's place. */
function nameOf(head: StoredHead): string {
  return (head.part === null ? "w" : "p") + sha1(JSON.stringify([head.url, head.vary]));
}
