/**
 * Whether a body is what its `Content-Digest` says (RFC 9530 §2).
 *
 * @module
 */

import type { Hash } from "node:crypto";
import { RemoteProtocolError } from "../errors.ts";
import { quoted } from "../protocol/http1/grammar.ts";
import { loadOutside } from "../thread/frame.ts";
import type { Pieces } from "./decoder.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** RFC 9530 §5: the algorithms that are worth anything, the better first. */
const ALGORITHMS = ["sha-512", "sha-256"] as const;

/** What to ask for (RFC 9530 §4). */
export const WANTED_DIGEST = "sha-256=5, sha-512=10";

/** A digest that a body must have. */
export interface ExpectedDigest {
  /** The algorithm. */
  readonly algorithm: "sha-512" | "sha-256";
  /** The digest, base64. */
  readonly base64: string;
}

/**
 * Reads `Content-Digest`, a dictionary of byte sequences (RFC 9651 §3.2), as far as it is of use.
 *
 * @param value The field's value; `null` where it is absent.
 * @returns The strongest digest that is known; `null` for none.
 */
export function digestOf(value: string | null): ExpectedDigest | null {
  if (value === null) return null;
  const found = new Map<string, string>();
  for (const member of value.split(",")) {
    const parts = /^[ \t]*([a-z*][a-z0-9_\-.*]*)=:([A-Za-z0-9+/]*={0,2}):[ \t]*$/.exec(member);
    // RFC 9651 §4.2: a dictionary of which a part cannot be read says nothing at all.
    if (parts === null) return null;
    found.set(parts[1], parts[2]);
  }
  for (const algorithm of ALGORITHMS) {
    const base64 = found.get(algorithm);
    if (base64 !== undefined) return { algorithm, base64 };
  }
  return null;
}

/** A body that fails at its end unless its digest is the expected one. */
export class CheckedBody implements Pieces {
  readonly #source: Pieces;
  readonly #expected: ExpectedDigest;
  #hash: Hash | null = null;

  constructor(source: Pieces, expected: ExpectedDigest) {
    this.#source = source;
    this.#expected = expected;
  }

  async read(): Promise<Bytes | null> {
    if (this.#hash === null) {
      const { createHash } = await loadOutside(() => import("node:crypto"));
      this.#hash = createHash(this.#expected.algorithm.replace("-", ""));
    }
    const piece = await this.#source.read();
    if (piece === null) this.#check();
    else this.#hash.update(piece);
    return piece;
  }

  owns(piece: Bytes): boolean {
    return this.#source.owns?.(piece) ?? false;
  }

  cancel(): void {
    this.#source.cancel();
  }

  #check(): void {
    const { algorithm, base64 } = this.#expected;
    const found = this.#hash!.digest("base64");
    if (found === base64) return;
    throw new RemoteProtocolError(
      `Cannot take the body: its ${algorithm} is ${quoted(found)}, ` +
        `Content-Digest says ${quoted(base64)}`,
      { code: "digest mismatch", sent: "all" },
    );
  }
}
