import { concat } from "../bytes/concat.ts";
import type { Frame } from "../protocol/websocket/frame.ts";

/** A whole message. */
export type Message =
  | {
    /** Its kind. */
    readonly type: "text";
    /** What it says. */
    readonly data: string;
  }
  | {
    /** Its kind. */
    readonly type: "binary";
    /** What it holds. */
    readonly data: Uint8Array<ArrayBuffer>;
  };

/** Puts the fragments of messages together. */
export class Assembler {
  #pieces: (string | Uint8Array)[] = [];

  /** Takes a message's first fragment. */
  start({ data }: Frame): void {
    this.#pieces = [data];
  }

  /** Takes a further fragment; gives the message that it completes, or `null`. */
  add({ data, again }: Frame): Message | null {
    this.#pieces.push(data);
    if (again) return null;
    const pieces = this.#pieces;
    this.#pieces = [];
    return typeof data === "string"
      ? { type: "text", data: pieces.join("") }
      : { type: "binary", data: concat(pieces as Uint8Array[]) };
  }
}
