/**
 * Structured fields (RFC 9651), as far as caching has them: dictionaries of integers, booleans,
 * tokens, strings and lists of strings. Parameters are read and passed over.
 *
 * A field that does not parse is ignored as a whole, which is the rule of every field made this way.
 *
 * @module
 */

/** A token, which is not the string of the same letters. */
export interface Token {
  readonly token: string;
}

/** What a key of a dictionary can stand for. */
export type Member =
  | boolean
  | number
  | string
  | Token
  | readonly (string | Token | number | boolean)[];

const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const NUMBER = /-?[0-9]{1,15}(\.[0-9]{1,3})?/y;
const STRING = /"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const BYTES = /:[A-Za-z0-9+/=]*:/y;

/**
 * Parses a dictionary (RFC 9651 §4.2.2).
 *
 * @param text The field's value, several lines joined by commas.
 * @returns The members; `null` where it does not parse.
 */
export function parseDictionary(text: string): Map<string, Member> | null {
  try {
    return new Reader(text).dictionary();
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    let end = text.length;
    while (text[end - 1] === " ") end--;
    this.#text = text.slice(0, end);
    while (this.#skip(" "));
  }

  dictionary(): Map<string, Member> {
    const members = new Map<string, Member>();
    while (this.#at < this.#text.length) {
      const key = this.#take(KEY);
      let value: Member = true;
      if (this.#skip("=")) value = this.#text[this.#at] === "(" ? this.#list() : this.#item();
      this.#parameters();
      // The last one of a key counts.
      members.delete(key);
      members.set(key, value);
      this.#blanks();
      if (this.#at === this.#text.length) break;
      if (!this.#skip(",")) throw new SyntaxError("no comma");
      this.#blanks();
      if (this.#at === this.#text.length) throw new SyntaxError("a comma at the end");
    }
    return members;
  }

  #list(): (string | Token | number | boolean)[] {
    this.#skip("(");
    const items: (string | Token | number | boolean)[] = [];
    for (;;) {
      while (this.#skip(" "));
      if (this.#skip(")")) return items;
      items.push(this.#item());
      this.#parameters();
      const next = this.#text[this.#at];
      if (next !== " " && next !== ")") throw new SyntaxError("no end of a list");
    }
  }

  #item(): string | Token | number | boolean {
    const first = this.#text[this.#at] ?? "";
    if (first === '"') return this.#take(STRING).slice(1, -1).replace(/\\(.)/g, "$1");
    if (first === "?") {
      this.#at++;
      if (this.#skip("1")) return true;
      if (this.#skip("0")) return false;
      throw new SyntaxError("no boolean");
    }
    if (first === ":") return { token: this.#take(BYTES) };
    if (first === "-" || (first >= "0" && first <= "9")) return Number(this.#take(NUMBER));
    return { token: this.#take(TOKEN) };
  }

  #parameters(): void {
    while (this.#skip(";")) {
      while (this.#skip(" "));
      this.#take(KEY);
      if (this.#skip("=")) this.#item();
    }
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw new SyntaxError("something else was expected");
    this.#at += found[0].length;
    return found[0];
  }

  #skip(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #blanks(): void {
    while (this.#skip(" ") || this.#skip("\t"));
  }
}
