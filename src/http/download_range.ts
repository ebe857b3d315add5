/**
 * What a download asks for and what an answer to that is worth: pure rules (RFC 9110 §13.1.5, §14).
 *
 * @module
 */

/** What is known of a representation, so that the rest of it can be asked for later. */
export interface Representation {
  /**
   * What `If-Range` is sent with: a strong ETag, or a date that is as good as one; `null` where the
   * server gives neither, and the rest could be that of something else.
   */
  readonly validator: string | null;
  /** All of its bytes; `null` where the server does not say. */
  readonly totalBytes: number | null;
}

/** The head of an answer, as far as it matters here. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
}

/**
 * What an answer is:
 *
 * - `"whole"`: the representation from its beginning,
 * - `"rest"`: what comes behind the bytes at hand,
 * - `"complete"`: nothing, since all bytes are at hand,
 * - `"useless"`: a part that does not fit, of something else, or of nothing that is told,
 * - `"refusal"`: none of these.
 */
export type Verdict =
  | { readonly kind: "whole" | "rest"; readonly of: Representation }
  | { readonly kind: "complete" }
  | { readonly kind: "useless"; readonly why: string }
  | { readonly kind: "refusal" };

/**
 * Judges an answer.
 *
 * @param head Its head.
 * @param from How many bytes are at hand; 0 where no range was asked for.
 * @param known What they are of.
 * @returns What it is.
 */
export function judge(head: AnswerHead, from: number, known: Representation | null): Verdict {
  const { status, headers } = head;
  if (status === 200) return { kind: "whole", of: representationOf(headers) };
  if (from === 0 || known === null) return { kind: "refusal" };
  if (status === 416) {
    // §15.5.17: the length stands there. A server that sees another representation ignores the range.
    const total = unsatisfiedTotal(headers.get("content-range"));
    if (total === from) return { kind: "complete" };
    return { kind: "useless", why: `there are ${total ?? "who knows how many"} bytes` };
  }
  if (status !== 206) return { kind: "refusal" };
  return judgePart(headers, from, known);
}

function judgePart(headers: Headers, from: number, known: Representation): Verdict {
  const useless = (why: string): Verdict => ({ kind: "useless", why });
  const given = headers.get("content-range");
  const range = contentRange(given);
  if (range === null) return useless(`Content-Range is ${given}`);
  if (range.first !== from) return useless(`the part begins at ${range.first}, not at ${from}`);
  const { totalBytes, validator } = known;
  if (totalBytes !== null && range.total !== null && range.total !== totalBytes) {
    return useless(`it now has ${range.total} bytes, not ${totalBytes}`);
  }
  const etag = headers.get("etag");
  if (etag !== null && isEtag(validator) && etag !== validator) {
    return useless(`its ETag is ${etag}, not ${validator}`);
  }
  const length = headers.get("content-length");
  if (length !== null && Number(length) !== range.last - range.first + 1) {
    return useless(`Content-Range is ${given}, Content-Length ${length}`);
  }
  if (isCoded(headers)) return useless("it is coded");
  return { kind: "rest", of: { validator, totalBytes: totalBytes ?? range.total } };
}

/** What an answer says of the representation that it holds from its beginning. */
export function representationOf(headers: Headers): Representation {
  // What is decoded on the way can neither be counted before nor be gone on with.
  if (isCoded(headers)) return { validator: null, totalBytes: null };
  const length = headers.get("content-length");
  return { validator: validatorOf(headers), totalBytes: length === null ? null : Number(length) };
}

/** The fields that ask for what comes behind the bytes at hand. */
export function rangeFields(from: number, known: Representation | null): [string, string][] {
  if (from === 0 || known === null || known.validator === null) return [];
  return [["Range", `bytes=${from}-`], ["If-Range", known.validator]];
}

function validatorOf(headers: Headers): string | null {
  const etag = headers.get("etag");
  // §13.1.5: a weak one must not be sent, nor a date in its place.
  if (etag !== null) return isEtag(etag) ? etag : null;
  const modified = headers.get("last-modified");
  const date = headers.get("date");
  if (modified === null || date === null) return null;
  // §8.8.2.2: strong, where the answer was made at least a second after the change.
  return Date.parse(date) - Date.parse(modified) >= 1_000 ? modified : null;
}

function isEtag(validator: string | null): boolean {
  return validator !== null && /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(validator);
}

function isCoded(headers: Headers): boolean {
  const coding = headers.get("content-encoding");
  return coding !== null && coding.trim().toLowerCase() !== "identity" && coding.trim() !== "";
}

/** Reads `Content-Range` of a part (§14.4); `null` where it is not well formed. */
function contentRange(
  value: string | null,
): { first: number; last: number; total: number | null } | null {
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(value ?? "");
  if (match === null) return null;
  const [first, last] = [Number(match[1]), Number(match[2])];
  const total = match[3] === "*" ? null : Number(match[3]);
  return first > last || (total !== null && last >= total) ? null : { first, last, total };
}

/** Reads `Content-Range` of an answer that has no such part. */
function unsatisfiedTotal(value: string | null): number | null {
  const match = /^bytes \*\/(\d{1,15})$/i.exec(value ?? "");
  return match === null ? null : Number(match[1]);
}
