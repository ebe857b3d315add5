/**
 * The bytes that a writer has made and nobody has taken.
 *
 * Text is gathered and encoded once; a joined text costs less than a call for each head. Bytes are
 * copied, so that they are the caller's again at once and many small pieces leave in one write; only
 * what is large enough for a write of its own is handed on as it is.
 *
 * @module
 */

const encoder = new TextEncoder();
const EMPTY = new Uint8Array(0);
const FIRST_BYTES = 4096;
/** Room for a chunk's size line, which is known when the chunk is whole: eight digits, CR and LF. */
const SIZE_LINE_BYTES = 10;

// Buffers of the size that all outputs begin with: many connections write, but few at any one moment.
const spares: Uint8Array<ArrayBuffer>[] = [];
const MOST_SPARES = 64;

/** Takes a buffer that nobody will look into any more, where it is one to keep; says whether it is. */
function giveBack(buffer: Uint8Array<ArrayBuffer>): boolean {
  if (buffer.length !== FIRST_BYTES) return false;
  if (spares.length < MOST_SPARES) spares.push(buffer);
  return true;
}

/** What is to be sent, in order. */
export class Output {
  // Behind what stands in the buffer.
  #text = "";
  #buffer: Uint8Array<ArrayBuffer> = EMPTY;
  // What was taken of the buffer lies before this.
  #start = 0;
  #end = 0;
  // What was taken last; it may still be on its way out while more is written.
  #spare: Uint8Array<ArrayBuffer> = EMPTY;
  // A piece that is not copied, and its place among the bytes of the buffer.
  #whole: Uint8Array<ArrayBuffer> | null = null;
  #wholeAt = 0;
  // Where the room for the size of the chunk being written begins; -1 while there is none.
  #chunkAt = -1;

  /** How many bytes are there to be taken, but for the framing of a chunk that is being written. */
  get size(): number {
    return this.#text.length + this.#end - this.#start + (this.#whole?.length ?? 0);
  }

  /** Whether a piece that was not copied is among them. */
  get hasWhole(): boolean {
    return this.#whole !== null;
  }

  /** Adds text, a byte a character. */
  addText(text: string): void {
    if (this.#chunkAt >= 0) this.#endChunk();
    this.#text += text;
  }

  /** Adds a short text of ASCII, and bytes before and behind it: a head, where its parts are at hand. */
  addBetween(before: Uint8Array, text: string, behind: Uint8Array): void {
    this.#flushText();
    this.#reserve(before.length + text.length + behind.length);
    const buffer = this.#buffer;
    let end = this.#end;
    for (let at = 0; at < before.length; at++) buffer[end++] = before[at];
    for (let at = 0; at < text.length; at++) buffer[end++] = text.charCodeAt(at);
    buffer.set(behind, end);
    this.#end = end + behind.length;
  }

  /** Adds a copy of bytes. */
  addBytes(bytes: Uint8Array): void {
    this.#flushText();
    this.#append(bytes);
  }

  /**
   * Adds a copy of bytes to a chunk (RFC 9112 §7.1). All that is added until something else is, or
   * until it is taken, becomes one chunk: a piece of 100 bytes with a chunk of its own cost the
   * writer three times as much, and the reader more than that.
   */
  addToChunk(bytes: Uint8Array): void {
    if (this.#chunkAt < 0) {
      this.#flushText();
      this.#reserve(SIZE_LINE_BYTES + bytes.length);
      this.#chunkAt = this.#end;
      this.#end += SIZE_LINE_BYTES;
    }
    this.#append(bytes);
  }

  /** Adds bytes that nobody changes until they were taken and sent. */
  addWhole(bytes: Uint8Array<ArrayBuffer>): void {
    // There is a place for one; whoever adds more before they are taken pays for a copy.
    if (this.#whole !== null) return this.addBytes(bytes);
    this.#flushText();
    this.#whole = bytes;
    this.#wholeAt = this.#end;
  }

  /**
   * Takes bytes from the front: all, or those up to the next that were not copied, or these. They
   * stay as they are until the next time.
   *
   * @param largestKept Bytes of a buffer that is kept for later.
   */
  take(largestKept: number): Uint8Array<ArrayBuffer> {
    if (this.#chunkAt >= 0) this.#endChunk();
    this.#flushText();
    const start = this.#start;
    if (this.#whole !== null) {
      this.#start = this.#wholeAt;
      if (start < this.#wholeAt) return this.#buffer.subarray(start, this.#wholeAt);
      const whole = this.#whole;
      this.#whole = null;
      // What lay before it was taken before, and has been sent.
      if (this.#start === this.#end) this.#start = this.#end = 0;
      return whole;
    }
    const output = this.#buffer.subarray(start, this.#end);
    const spare = this.#spare;
    this.#spare = this.#buffer.length > largestKept ? EMPTY : this.#buffer;
    this.#buffer = spare.length > largestKept ? EMPTY : spare;
    this.#start = this.#end = 0;
    return output;
  }

  /**
   * What was taken last has been sent: whoever waits for that needs one buffer, not two, and an
   * output that is empty needs none of the size that all begin with.
   */
  onSent(): void {
    if (this.size > 0) return;
    const { length } = this.#buffer;
    const larger = length > this.#spare.length ? this.#buffer : this.#spare;
    giveBack(larger === this.#spare ? this.#buffer : this.#spare);
    this.#buffer = giveBack(larger) ? EMPTY : larger;
    this.#spare = EMPTY;
  }

  /** Writes the size of the chunk before it, and what was there before that up to it. */
  #endChunk(): void {
    const at = this.#chunkAt;
    this.#chunkAt = -1;
    const line = `${(this.#end - at - SIZE_LINE_BYTES).toString(16)}\r\n`;
    const gap = SIZE_LINE_BYTES - line.length;
    this.#buffer.copyWithin(this.#start + gap, this.#start, at);
    this.#start += gap;
    this.#wholeAt += gap;
    for (let i = 0; i < line.length; i++) this.#buffer[at + gap + i] = line.charCodeAt(i);
    this.#text += "\r\n";
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  #flushText(): void {
    const text = this.#text;
    if (text.length === 0) return;
    this.#text = "";
    // Heads are ASCII nearly always; then one byte a character is enough.
    this.#reserve(text.length);
    const room = this.#buffer.subarray(this.#end);
    const { read, written } = encoder.encodeInto(text, room);
    if (read !== text.length || written !== text.length) {
      // Values are one byte a character (obs-text), never UTF-8 behind the caller's back.
      for (let at = 0; at < text.length; at++) room[at] = text.charCodeAt(at);
    }
    this.#end += text.length;
  }

  #reserve(more: number): void {
    const wanted = this.#end + more;
    if (wanted <= this.#buffer.length) return;
    // Doubled from one size only, so that pieces of the largest size that is kept fit what is kept.
    let size = Math.max(this.#buffer.length, FIRST_BYTES);
    while (size < wanted) size *= 2;
    const grown = size === FIRST_BYTES && spares.length > 0 ? spares.pop()! : new Uint8Array(size);
    grown.set(this.#buffer.subarray(this.#start, this.#end), this.#start);
    this.#buffer = grown;
  }
}
