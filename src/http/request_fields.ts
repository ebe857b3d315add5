/**
 * The fields of a request: what the caller gave, what every request sends, and what the body, the
 * proxy and the options add. No field that frames the body comes from a caller unchecked.
 *
 * @module
 */

import { uuid } from "../codec/uuid.ts";
import { LocalProtocolError } from "../errors.ts";
import { parseContentLength } from "../protocol/http1/framing.ts";
import { checkField, quoted } from "../protocol/http1/grammar.ts";
import { type Field, hasField } from "../protocol/http1/headers.ts";
import { VERSION } from "../version.ts";
import { WANTED_DIGEST } from "./digest_check.ts";
import { extraFields } from "./extras.ts";
import type { RequestOptions } from "./options.ts";
import type { PlanExtras } from "./plan.ts";
import type { RequestBody } from "./request_body.ts";
import type { Settings } from "./settings.ts";
import type { Target } from "./target.ts";

/** What every request of a client sends unless it says otherwise. */
export function standardFields(settings: Settings): Field[] {
  const own = settings.headers;
  const has = (name: string) => hasField(own, name);
  const fields: Field[] = [];
  for (const name of ["host", "content-length", "transfer-encoding"]) {
    if (has(name)) {
      throw new LocalProtocolError(`Cannot send ${name} with every request: each has its own`);
    }
  }
  if (!has("user-agent")) fields.push(["User-Agent", `lasa/${VERSION}`]);
  if (!has("accept")) fields.push(["Accept", "*/*"]);
  if (settings.decompress && !has("accept-encoding")) {
    fields.push(["Accept-Encoding", "gzip, deflate, br, zstd"]);
  }
  fields.push(...own);
  for (const [name, value] of fields) checkField(name, value);
  return fields;
}

/** The caller's own fields, and those that the options stand for. */
export function ownFieldsOf(
  given: readonly Field[],
  options: RequestOptions,
  body: RequestBody | null,
): readonly Field[] {
  return codingFields(withIdempotencyKey(given, options.idempotencyKey), options, body);
}

/** What is said of the body's coding, and asked of the answer's digest. */
function codingFields(
  own: readonly Field[],
  { compress, checkDigest }: RequestOptions,
  body: RequestBody | null,
): readonly Field[] {
  const has = (name: string) => hasField(own, name);
  const fields = [...own];
  if (compress !== undefined && body !== null) {
    if (has("content-encoding")) {
      throw new LocalProtocolError("Cannot send the header Content-Encoding: compress says it");
    }
    fields.push(["Content-Encoding", compress]);
  }
  if (checkDigest && !has("want-content-digest")) {
    fields.push(["Want-Content-Digest", WANTED_DIGEST]);
  }
  return fields;
}

/** A cache of its own, or the client's in another mode; a mode without a cache means nothing. */
/** draft-ietf-httpapi-idempotency-key-header §2.1: a structured string, hence its quotes. */
function withIdempotencyKey(
  fields: readonly Field[],
  key: boolean | string | undefined,
): readonly Field[] {
  if (key === undefined || key === false) return fields;
  if (typeof key === "string" && !/^[\x20-\x7e]+$/.test(key)) {
    throw new LocalProtocolError(
      `Cannot send the request: idempotencyKey ${quoted(key)} is not printable ASCII`,
    );
  }
  const text = key === true ? uuid() : key.replace(/[\\"]/g, "\\$&");
  return [...fields, ["Idempotency-Key", `"${text}"`]];
}

/** What is sent in the head, and what it says of the body and the connection. */
export function fieldsOf(
  target: Target,
  own: readonly Field[],
  standard: readonly Field[],
  body: RequestBody | null,
  decompress: boolean,
  extras: PlanExtras | null,
): { fields: Field[]; bodyLength: number | "chunked"; saysClose: boolean } {
  const names = new Set(own.map(([name]) => name.toLowerCase()));
  let fields: Field[] = names.has("host") ? [] : [["Host", target.authority]];
  let bodyLength = body?.length ?? 0;
  let saysClose = false;
  let hosts = 0;
  for (const [name, value] of own) {
    switch (name.toLowerCase()) {
      case "transfer-encoding":
        throw new LocalProtocolError(
          `Cannot send the header Transfer-Encoding: ${
            quoted(value)
          }; the body decides its framing`,
        );
      case "content-length": {
        const length = contentLengthOf(value);
        if (bodyLength === "chunked") bodyLength = length;
        else if (length !== bodyLength) {
          throw new LocalProtocolError(
            `Cannot send the header Content-Length: it is ${length}, the body has ${bodyLength} bytes`,
          );
        }
        continue;
      }
      case "host":
        // RFC 9112 §3.2: a server must refuse a request with more than one.
        if (++hosts > 1) throw new LocalProtocolError("Cannot send the header Host more than once");
        break;
      case "proxy-authorization":
        if (!target.isTunnelled) break;
        // The proxy sees the tunnel alone, and the origin has no business with what opens it.
        throw new LocalProtocolError(
          "Cannot send the header Proxy-Authorization: it would go through the proxy's tunnel to " +
            "the origin; give it in the proxy's URL or its headers",
        );
      case "connection":
        saysClose ||= /(^|,)\s*close\s*(,|$)/i.test(value);
    }
    fields.push([name, value]);
  }
  for (const field of standard) {
    const name = field[0].toLowerCase();
    if (names.has(name)) continue;
    if (name === "accept-encoding" && !decompress) continue;
    fields.push(field);
  }
  if (body !== null && body.contentType !== null && !names.has("content-type")) {
    fields.push(["Content-Type", body.contentType]);
  }
  fields = target.withProxyFields(fields);
  if (extras !== null) {
    fields.push(...extraFields(extras, own, body));
    // RFC 9112 §7.1.2: only a chunked body has a place for them.
    if (extras.trailers !== null && body !== null) bodyLength = "chunked";
  }
  return { fields, bodyLength, saysClose };
}

function contentLengthOf(value: string): number {
  try {
    return parseContentLength(value);
  } catch {
    throw new LocalProtocolError(
      `Cannot send the header Content-Length: value is ${quoted(value)}`,
    );
  }
}
