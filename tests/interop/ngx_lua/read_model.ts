/**
 * The rule of reading, byte by byte and as slow as it is plain, with and without the reference's
 * losses: so that a script's outcome on each side is known even where the two must differ.
 *
 * @module
 */

import { toHex } from "./feeder.ts";
import type { Item, ReadCase, Step } from "./read_case.ts";

/** Where the reference drops bytes that matched the beginning of a pattern, and lasa does not. */
export type Loss = "held bytes at the end" | "held bytes on switching readers";

/** What a script gives. */
export interface Foretold {
  readonly outcomes: readonly string[];
  /** What was lost on the way. */
  readonly losses: readonly Loss[];
}

/** Says how each call of a script ends, on a side that loses held bytes or on one that does not. */
export function foretell(script: ReadCase, loses: boolean): Foretold {
  const model = new Model(script.items, loses);
  const readers = script.readers.map(({ pattern, inclusive }) => ({
    pattern,
    inclusive,
    held: "",
    isAtEnd: false,
  }));
  const outcomes = script.steps.map((step) => model.run(step, readers));
  return { outcomes, losses: model.losses };
}

interface Reader {
  readonly pattern: string;
  readonly inclusive: boolean;
  held: string;
  isAtEnd: boolean;
}

/** Why no byte comes. */
class Stop {
  readonly code: "timeout" | "closed";
  constructor(code: "timeout" | "closed") {
    this.code = code;
  }
}

class Model {
  readonly losses: Loss[] = [];
  readonly #items: readonly Item[];
  readonly #loses: boolean;
  #at = 0;
  // Sent but not read; read but not taken.
  #sent = "";
  #buffer = "";
  #hasEnded = false;
  #isEndTold = false;
  #isReadLeft = false;
  #last: Reader | null = null;

  constructor(items: readonly Item[], loses: boolean) {
    this.#items = items;
    this.#loses = loses;
  }

  run(step: Step, readers: readonly Reader[]): string {
    for (let count = step.before; count > 0; count--) {
      if (!this.#isReadLeft && this.#items[this.#at] !== "pause") this.#feed();
    }
    const reader = step.call === "until" ? readers[step.reader! - 1] : null;
    if (this.#isEndTold) return "closed ";
    if (this.#last !== null && this.#last !== reader) this.#giveBack(this.#last);
    this.#last = reader;
    let data = "";
    try {
      if (reader !== null) {
        const isMore = this.#until(reader, step.size ?? Infinity, (more) => data += more);
        return isMore ? `data ${toHex(data)}` : "nil";
      }
      if (step.call === "any") {
        data = this.#byte();
        const rest = this.#buffer.slice(0, step.size! - 1);
        this.#buffer = this.#buffer.slice(rest.length);
        return `data ${toHex(data + rest)}`;
      }
      if (step.call === "line") {
        for (let byte = this.#byte(); byte !== "\n"; byte = this.#byte()) {
          if (byte !== "\r") data += byte;
        }
      } else {
        const size = step.call === "all" ? Infinity : step.size!;
        while (data.length < size) data += this.#byte();
      }
      return `data ${toHex(data)}`;
    } catch (stop) {
      if (!(stop instanceof Stop)) throw stop;
      if (stop.code === "closed") {
        if (step.call === "all") return `data ${toHex(data)}`;
        this.#isEndTold = true;
        if (reader !== null && reader.held !== "") {
          if (this.#loses) this.losses.push("held bytes at the end");
          else data += reader.held;
          reader.held = "";
        }
      }
      return `${stop.code} ${toHex(data)}`;
    }
  }

  #giveBack(reader: Reader): void {
    if (reader.held === "") return;
    if (this.#loses) {
      // They stay with it: out of order if it is called again, lost if not.
      this.losses.push("held bytes on switching readers");
    } else {
      this.#buffer = reader.held + this.#buffer;
      reader.held = "";
    }
  }

  /** Gives out what stands before the pattern, piece by piece; `false` behind the last piece. */
  #until(reader: Reader, size: number, give: (data: string) => void): boolean {
    if (reader.isAtEnd) {
      reader.isAtEnd = false;
      return false;
    }
    const { pattern } = reader;
    let left = size;
    const out = (data: string) => {
      give(data);
      left -= data.length;
    };
    for (;;) {
      const byte = this.#byte();
      if (pattern.startsWith(reader.held + byte)) {
        reader.held += byte;
        if (reader.held !== pattern) continue;
        reader.held = "";
        reader.isAtEnd = size !== Infinity;
        if (reader.inclusive) give(pattern);
        return true;
      }
      if (reader.held === "") {
        out(byte);
      } else {
        const border = longestBorder(reader.held, byte, pattern);
        out(reader.held.slice(0, reader.held.length - border.length));
        // Without a border the byte has not been looked at: it starts over, or is left.
        reader.held = border === "" ? "" : border + byte;
        if (border === "") this.#buffer = byte + this.#buffer;
      }
      if (left <= 0) return true;
    }
  }

  /** The next byte, waiting for it as the drivers do. */
  #byte(): string {
    while (this.#buffer === "") {
      if (this.#sent !== "") {
        this.#buffer = this.#sent;
        this.#sent = "";
      } else if (this.#hasEnded) {
        throw new Stop("closed");
      } else if (this.#items[this.#at] === "pause") {
        this.#at++;
        this.#isReadLeft = true;
        throw new Stop("timeout");
      } else {
        this.#isReadLeft = false;
        this.#feed();
      }
    }
    const byte = this.#buffer[0];
    this.#buffer = this.#buffer.slice(1);
    return byte;
  }

  #feed(): void {
    const item = this.#items[this.#at];
    if (item === undefined) return;
    this.#at++;
    if (typeof item === "object") this.#sent += item.piece;
    else this.#hasEnded = true;
  }
}

/** The longest border of what is held that a byte continues; "" where it continues none. */
function longestBorder(held: string, byte: string, pattern: string): string {
  for (let length = held.length - 1; length > 0; length--) {
    const border = held.slice(held.length - length);
    if (pattern.startsWith(border + byte)) return border;
  }
  return "";
}
