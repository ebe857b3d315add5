/**
 * Where the bytes of a download go: a file that can be gone on with, or a stream that cannot.
 *
 * A file is written beside its place, as `NAME.part`, and takes it in one step once it is whole. What
 * the bytes are of stands in `NAME.part.json`, written before the first of them: whoever is killed in
 * the middle leaves both, and the next download of the same goes on.
 *
 * @module
 */

import { encodeHex } from "@std/encoding/hex";
import { BrokenError, BusyError, LasaError } from "../errors.ts";
import { loadOutside } from "../thread/frame.ts";
import type { Pieces } from "./decoder.ts";
import type { Representation } from "./download_range.ts";
import { pour } from "./pour.ts";
import { removeIfThere } from "./remove_if_there.ts";

/** Where bytes go. */
export interface DownloadSink {
  /** How many bytes lie there. */
  readonly size: number;
  /** What they are of; `null` where nobody knows. */
  readonly known: Representation | null;
  /** Puts a body behind what lies there; calls back after each part, and gives it up if that throws. */
  take(pieces: Pieces, onPart: () => void): Promise<void>;
  /** Throws away what lies there, and begins with something. @throws {BrokenError} Where it cannot. */
  begin(of: Representation): Promise<void>;
  /** The SHA-256 of all that lies there, in hexadecimal digits. */
  sha256(): Promise<string>;
  /** All has come. */
  finish(): Promise<void>;
  /** No more will come; what lies there is kept where it can be gone on with. */
  abandon(error: unknown, isWorthless: boolean): Promise<void>;
}

interface Note extends Representation {
  readonly url: string;
}

const READ_BYTES = 256 * 1024;

/** A file. */
export class FileSink implements DownloadSink {
  size: number;
  known: Representation | null;
  readonly #path: string;
  readonly #url: string;
  readonly #keeps: boolean;
  readonly #file: Deno.FsFile;

  private constructor(path: string, url: string, keeps: boolean, file: Deno.FsFile, size: number) {
    this.#path = path;
    this.#url = url;
    this.#keeps = keeps;
    this.#file = file;
    this.size = size;
    this.known = null;
  }

  /**
   * Opens the file beside its place, with what an earlier download of the same left there.
   *
   * @param path Where the whole file is to stand.
   * @param url What is to be loaded.
   * @param keeps Whether to go on with what lies there, and to leave what has come.
   * @throws {BusyError} Where another download writes it.
   * @throws {BrokenError} (code `"disk"`) Where it cannot be written.
   */
  static async open(path: string, url: string, keeps: boolean): Promise<FileSink> {
    return await onDisk(path, async () => {
      const file = await Deno.open(`${path}.part`, { read: true, write: true, create: true });
      try {
        const isMine = await file.tryLock(true);
        const { size, ino } = await file.stat();
        // One that has become whole meanwhile has its own name, and is not to be touched.
        if (!isMine || (await Deno.stat(`${path}.part`)).ino !== ino) {
          throw new BusyError(`Cannot download to ${path}: another download does`);
        }
        const sink = new FileSink(path, url, keeps, file, size);
        if (keeps) await sink.#recall();
        return sink;
      } catch (error) {
        file.close();
        throw error;
      }
    });
  }

  async take(pieces: Pieces, onPart: () => void): Promise<void> {
    const left = (this.known?.totalBytes ?? Infinity) - this.size;
    await pour(pieces, left, async (bytes) => {
      await onDisk(this.#path, async () => {
        for (let left = bytes; left.length > 0;) {
          const count = await this.#file.write(left);
          left = left.subarray(count);
          this.size += count;
        }
      });
      onPart();
    });
  }

  async begin(of: Representation): Promise<void> {
    await onDisk(this.#path, async () => {
      // In this order, so that no note ever stands beside bytes of something else.
      await removeIfThere(this.#notePath);
      await this.#file.truncate(0);
      await this.#file.seek(0, Deno.SeekMode.Start);
      this.size = 0;
      this.known = of;
      if (!this.#keeps || of.validator === null) return;
      const note: Note = { url: this.#url, ...of };
      await Deno.writeTextFile(this.#notePath, JSON.stringify(note));
    });
  }

  async sha256(): Promise<string> {
    const hash = await newSha256();
    await onDisk(this.#path, async () => {
      await this.#file.seek(0, Deno.SeekMode.Start);
      const buffer = new Uint8Array(READ_BYTES);
      for (let count: number | null; (count = await this.#file.read(buffer)) !== null;) {
        hash.update(buffer.subarray(0, count));
      }
    });
    return encodeHex(hash.digest());
  }

  async finish(): Promise<void> {
    await onDisk(this.#path, async () => {
      // Whoever sees the name sees all of the file, also after a power cut.
      await this.#file.syncData();
      // Windows moves nothing that is open; elsewhere the lock is held to the end.
      if (Deno.build.os === "windows") this.#file.close();
      await Deno.rename(this.#partPath, this.#path);
      await removeIfThere(this.#notePath);
      closeQuietly(this.#file);
    });
  }

  async abandon(_error: unknown, isWorthless: boolean): Promise<void> {
    const isKept = this.#keeps && !isWorthless && this.size > 0 && this.known?.validator != null;
    try {
      if (isKept) return;
      await removeIfThere(this.#notePath);
      await removeIfThere(this.#partPath);
    } catch {
      // What failed before is what the caller is told.
    } finally {
      closeQuietly(this.#file);
    }
  }

  get #partPath(): string {
    return `${this.#path}.part`;
  }

  get #notePath(): string {
    return `${this.#path}.part.json`;
  }

  /** Reads what the bytes are of; leaves it open where the note is missing, broken, or of another URL. */
  async #recall(): Promise<void> {
    try {
      const note: Partial<Note> | null = JSON.parse(await Deno.readTextFile(this.#notePath));
      const { url, validator, totalBytes = null } = note ?? {};
      if (url !== this.#url || typeof validator !== "string") return;
      if (totalBytes !== null && !(totalBytes >= this.size)) return;
      this.known = { validator, totalBytes };
      await this.#file.seek(0, Deno.SeekMode.End);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof SyntaxError)) throw error;
    }
  }
}

/** A stream, which takes every byte once. */
export class StreamSink implements DownloadSink {
  size = 0;
  known: Representation | null = null;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #hash: Hash | null;
  readonly #signal: AbortSignal | undefined;

  private constructor(
    writer: WritableStreamDefaultWriter<Uint8Array>,
    hash: Hash | null,
    signal: AbortSignal | undefined,
  ) {
    this.#writer = writer;
    this.#hash = hash;
    this.#signal = signal;
    // Its failure is told by the next write.
    writer.closed.catch(() => {});
    // Who waits for a stream that takes nothing is woken so.
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Takes a stream over. */
  static async open(
    stream: WritableStream<Uint8Array>,
    isHashed: boolean,
    signal: AbortSignal | undefined,
  ): Promise<StreamSink> {
    const hash = isHashed ? await newSha256() : null;
    return new StreamSink(stream.getWriter(), hash, signal);
  }

  async take(pieces: Pieces, onPart: () => void): Promise<void> {
    try {
      for (let piece; (piece = await pieces.read()) !== null;) {
        await this.#writer.ready;
        this.#hash?.update(piece);
        this.size += piece.length;
        // A slab is not only this body's, and the stream may give the buffer away. What fails here is
        // told by the next wait for room, or by the end.
        this.#writer.write(pieces.owns?.(piece) ? piece : piece.slice()).catch(() => {});
        onPart();
      }
    } finally {
      pieces.cancel();
    }
  }

  begin(of: Representation): Promise<void> {
    if (this.size > 0) {
      const error = new BrokenError(
        `Cannot go on with the download: the stream has taken ${this.size} bytes, ` +
          "and what the server has now begins anew",
        { code: "changed" },
      );
      return Promise.reject(error);
    }
    this.known = of;
    return Promise.resolve();
  }

  sha256(): Promise<string> {
    return Promise.resolve(encodeHex(this.#hash!.digest()));
  }

  async finish(): Promise<void> {
    await this.#writer.close();
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  abandon(error: unknown): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    // A piece that the stream is still busy with may take it for ever.
    this.#writer.abort(error).catch(() => {});
    return Promise.resolve();
  }

  #onAbort = (): void => {
    this.#writer.abort(this.#signal!.reason).catch(() => {});
  };
}

interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** A digest that takes its bytes as they come, which the platform's `crypto` cannot do. */
async function newSha256(): Promise<Hash> {
  const { createHash } = await loadOutside(() => import("node:crypto"));
  return createHash("sha256");
}

/** Tells what goes wrong with files as lasa's error; a missing permission is the platform's to tell. */
async function onDisk<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof LasaError || error instanceof Deno.errors.NotCapable) throw error;
    const told = error instanceof Error ? error.message : String(error);
    throw new BrokenError(`Cannot write ${path}: ${told}`, { code: "disk", cause: error });
  }
}

function closeQuietly(file: Deno.FsFile): void {
  try {
    file.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
