import { concat } from "../bytes/concat.ts";

/** What can be sent: text (as UTF-8), bytes, or a list of such, nested as one likes. */
export type Sendable = string | Uint8Array | readonly Sendable[];

const encoder = new TextEncoder();

/** Puts everything end to end, so that it leaves in one write. */
export function flatten(data: Sendable): Uint8Array<ArrayBuffer> {
  if (typeof data === "string") return encoder.encode(data);
  // Bytes are taken over when sent, not copied: the caller waits for the send.
  if (data instanceof Uint8Array) return data as Uint8Array<ArrayBuffer>;
  if (!Array.isArray(data)) {
    throw new TypeError(`Cannot send: ${String(data)} is neither text, nor bytes, nor a list`);
  }
  const parts: Uint8Array[] = [];
  const gather = (list: readonly Sendable[]) => {
    for (const item of list) {
      if (Array.isArray(item)) {
        gather(item);
        continue;
      }
      parts.push(flatten(item));
    }
  };
  gather(data);
  return concat(parts);
}
