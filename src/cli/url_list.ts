/**
 * The URLs to fetch, one by one, read no further ahead than they are asked for.
 *
 * @module
 */

import { concat } from "../bytes/concat.ts";

// A line that is longer is no URL but a mistake, such as a binary file.
const MAX_LINE_BYTES = 65_536;
const LF = 10;
const decoder = new TextDecoder();

/** One entry of the list. */
export interface ListEntry {
  /** What stands there, without the blanks around it. */
  readonly text: string;
  /** Where it stands, in words. */
  readonly place: string;
  /** Why it cannot be a URL, where that shows already. */
  readonly fault?: string;
}

/** A list that is read, beside the URLs of the command line. */
export interface ListInput {
  /** What to call it. */
  readonly name: string;
  /** Its bytes. */
  readonly stream: ReadableStream<Uint8Array>;
  /** How many bytes it has in all; `null` where nobody knows. */
  readonly sizeBytes: number | null;
}

/** The URLs of the command line, then those of a list. */
export class UrlList {
  readonly #urls: readonly string[];
  readonly #input: ListInput | null;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | null;
  #given = 0;
  #bytesGiven = 0;
  #isAtEnd = false;

  /** Makes a list; nothing is read yet. */
  constructor(urls: readonly string[], input: ListInput | null) {
    this.#urls = urls;
    this.#input = input;
    this.#reader = input?.stream.getReader() ?? null;
  }

  /**
   * How many entries there are, as far as that can be told: from a file of known size by the share
   * of it that has been read, so that its end need not be looked for first; `null` for no idea.
   */
  get expected(): number | null {
    if (this.#isAtEnd) return this.#given;
    if (this.#input === null) return this.#urls.length;
    const fromInput = this.#given - this.#urls.length;
    if (this.#input.sizeBytes === null || fromInput <= 0) return null;
    const expected = fromInput * (this.#input.sizeBytes / this.#bytesGiven);
    return this.#urls.length + Math.max(fromInput, Math.round(expected));
  }

  /** Whether {@linkcode UrlList.expected} is a guess. */
  get isGuess(): boolean {
    return this.#input !== null && !this.#isAtEnd;
  }

  /** Stops the reading: the entries end here. */
  async cancel(): Promise<void> {
    // What the source says to that concerns nobody any more.
    await this.#reader?.cancel().catch(() => {});
  }

  /** Gives the entries. Blank lines and comments are passed over. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ListEntry, void, undefined> {
    for (const [index, url] of this.#urls.entries()) {
      this.#given++;
      yield { text: url.trim(), place: `URL ${index + 1} of the command line` };
    }
    let line = 0;
    for await (const { text, isCut } of this.#lines()) {
      line++;
      if (text === "" || text.startsWith("#")) continue;
      this.#given++;
      const place = `line ${line} of ${this.#input!.name}`;
      yield isCut
        ? { text, place, fault: `is longer than ${MAX_LINE_BYTES} bytes` }
        : { text, place };
    }
    this.#isAtEnd = true;
  }

  /** Gives the list's lines, of which one that is too long only begins. */
  async *#lines(): AsyncGenerator<{ text: string; isCut: boolean }, void, undefined> {
    if (this.#reader === null) return;
    let held: Uint8Array = new Uint8Array();
    let isCut = false;
    for (;;) {
      const { value: chunk, done } = await this.#reader.read();
      if (done) break;
      let start = 0;
      for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
        const rest = chunk.subarray(start, end);
        const text = textOf(held.length === 0 ? rest : concat([held, rest]));
        this.#bytesGiven += held.length + rest.length + 1;
        held = new Uint8Array();
        start = end + 1;
        yield { text, isCut };
        isCut = false;
      }
      held = concat([held, chunk.subarray(start)]);
      if (held.length > MAX_LINE_BYTES) {
        this.#bytesGiven += held.length - 100;
        held = held.slice(0, 100);
        isCut = true;
      }
    }
    if (held.length > 0) {
      this.#bytesGiven += held.length;
      yield { text: textOf(held), isCut };
    }
  }
}

function textOf(line: Uint8Array): string {
  return decoder.decode(line).trim();
}
