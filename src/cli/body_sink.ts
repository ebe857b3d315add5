/**
 * Where bodies go: nowhere, into a hash, or into a file.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { removeIfThere } from "../http/remove_if_there.ts";
import { fileNameOf } from "./file_name.ts";

/** Takes one body, piece by piece; ended by `keep` or by disposal. */
export interface BodySink extends AsyncDisposable {
  /** Takes a piece. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** The body is whole; gives its SHA-256 in hex where that is wanted. */
  keep(): Promise<string | undefined> | string | undefined;
}

/** Opens a sink for the body of a URL. */
export type OpenSink = (url: URL) => BodySink | Promise<BodySink>;

/** A sink that drops everything; it holds nothing, so one serves all. */
export const NOWHERE: BodySink = {
  write() {},
  keep: () => undefined,
  [Symbol.asyncDispose]: () => Promise.resolve(),
};

/** Opens a sink that keeps the hash alone. */
export function openHash(): BodySink {
  const hash = createHash("sha256");
  return {
    write: (bytes) => void hash.update(bytes),
    keep: () => hash.digest("hex"),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/**
 * Makes a folder, if need be, and opens files in it.
 *
 * A body is written under a name of its own and renamed once it is whole: whoever looks into the
 * folder sees whole files, and a URL that stands in the list twice ends as one file.
 *
 * @param folder The folder's path.
 */
export async function openFolder(folder: string): Promise<OpenSink> {
  await Deno.mkdir(folder, { recursive: true });
  // The process's number keeps two runs into one folder apart.
  const run = Deno.pid.toString(36);
  let count = 0;
  return async (url) => {
    const temporary = `${folder}/.${run}-${count++}.part`;
    const file = await Deno.open(temporary, { write: true, createNew: true });
    return new FileSink(file, temporary, `${folder}/${fileNameOf(url)}`);
  };
}

class FileSink implements BodySink {
  readonly #file: Deno.FsFile;
  readonly #temporary: string;
  readonly #path: string;
  #state: "open" | "kept" = "open";

  constructor(file: Deno.FsFile, temporary: string, path: string) {
    this.#file = file;
    this.#temporary = temporary;
    this.#path = path;
  }

  async write(bytes: Uint8Array): Promise<void> {
    while (bytes.length > 0) bytes = bytes.subarray(await this.#file.write(bytes));
  }

  async keep(): Promise<undefined> {
    this.#state = "kept";
    this.#file.close();
    try {
      await Deno.rename(this.#temporary, this.#path);
    } catch (error) {
      await removeIfThere(this.#temporary);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "kept") return;
    this.#file.close();
    await removeIfThere(this.#temporary);
  }
}
