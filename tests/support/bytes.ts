/** Bytes as tests like to write and to read them. @module */

/** A text's characters as bytes, one each; `\xff` is the byte 255. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Bytes as text, one character each. */
export function text(bytes: Iterable<number>): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Pieces of a text: whole, byte by byte, and cut in two at every place. */
export function* splitsOf(whole: string): Generator<string[]> {
  yield [whole];
  yield [...whole];
  for (let at = 1; at < whole.length; at++) yield [whole.slice(0, at), whole.slice(at)];
}
