/**
 * Completing what is stored in part: asking for the rest alone (RFC 9111 §3.3).
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import type { ResponseBody } from "../response_body.ts";
import type { OriginResponse, StoredAnswer } from "./answer.ts";
import type { StoredEntry } from "./entry.ts";
import { valueOf } from "./fields.ts";
import type { Rules } from "./freshness.ts";
import { JoinedBody } from "./joined_body.ts";
import { type Keeping, keepingOf, type Moments } from "./keeping.ts";
import { areOfOneWhole, parseContentRange } from "./ranges.ts";
import { type CacheStore, orElse } from "./store.ts";
import { StoredBody } from "./stored_body.ts";
import { isStrong } from "./validation.ts";
import { type CacheRequest, PLAIN_WISH, type Wish } from "./wish.ts";

/** What is stored of a whole, and how much there is of it. */
export interface Missing {
  readonly entry: StoredEntry;
  readonly etag: string;
  readonly total: number;
}

/** A stored beginning whose rest is worth asking for; `null` for none. */
export function missingOf(candidates: readonly StoredEntry[], wish: Wish): Missing | null {
  if (!wish.isPlain) return null;
  for (const entry of candidates) {
    const { part, fields } = entry.head;
    if (part === null || !part.isExact || part.first !== 0 || part.total === null) continue;
    const etag = valueOf(fields, "etag");
    // Only a strong validator makes sure that both are of one whole (RFC 9111 §3.4).
    if (etag !== null && isStrong(etag)) return { entry, etag, total: part.total };
  }
  return null;
}

/** The fields that ask for the rest, or for the whole where it has changed. */
export function rangeFor({ entry, etag }: Missing): Field[] {
  return [["Range", `bytes=${entry.head.bodyLength}-`], ["If-Range", etag]];
}

/** An answer made of a stored beginning and the rest that has come. */
export interface Joined {
  readonly keeping: Keeping | null;
  /** Makes it, with the body that brings the rest. */
  answer(rest: ResponseBody | null): StoredAnswer;
}

/** Puts the rest to the beginning; `null` where they do not fit. */
export async function joinedAnswer(
  store: CacheStore,
  request: CacheRequest,
  { entry, total }: Missing,
  response: OriginResponse,
  moments: Moments,
  rules: Rules,
): Promise<Joined | null> {
  const { head } = entry;
  const range = parseContentRange(valueOf(response.fields, "content-range"));
  const fits = range !== null && range.first === head.bodyLength && range.last === total - 1 &&
    range.total === total && areOfOneWhole(head, response.fields);
  if (!fits) return null;
  const beginning = await orElse(store.open(entry, 0, head.bodyLength), null);
  if (beginning === null) return null;
  const wish: Wish = { ...PLAIN_WISH, range: `bytes=${range.first}-` };
  const keeping = keepingOf(request, wish, response, [entry], moments, rules);
  if (keeping === null) return null;
  const { status, reason, fields } = keeping.headOf(total);
  return {
    keeping,
    answer: (rest) => {
      const stored = new StoredBody(beginning);
      const body = rest === null ? stored : new JoinedBody(stored, rest);
      return { kind: "stored", status, reason, fields, body };
    },
  };
}
