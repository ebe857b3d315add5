/**
 * The opening handshake (RFC 6455 §4), from both ends: what is asked, what is answered, and what
 * either end must not take.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "../../codec/base64.ts";
import { sha1Bin } from "../../codec/digest.ts";
import { LocalProtocolError, RemoteProtocolError } from "../../errors.ts";
import {
  acceptDeflate,
  agreeDeflate,
  DEFLATE_NAME,
  deflateOffer,
  type DeflateOptions,
  type DeflateTerms,
} from "./deflate.ts";
import { isToken, parseExtensions, splitList } from "./extensions.ts";
import type { RequestHead } from "./request_head.ts";

// RFC 6455 §1.3: what no server that knows nothing of WebSocket would come up with.
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** The version that is spoken (RFC 6455 §4.1). */
const VERSION = "13";

/** What both ends agreed on. */
export interface Agreement {
  /** The subprotocol; empty for none. */
  readonly protocol: string;
  /** The extensions, as the server's answer names them; empty for none. */
  readonly extensions: string;
  /** The compression; `null` for none. */
  readonly deflate: DeflateTerms | null;
}

/** What a client asks with. */
export interface ClientHandshake {
  /** The key: 16 random bytes, in base64. */
  key: string;
  /** The subprotocols, best first. */
  protocols: readonly string[];
  /** The origin to tell, if any. */
  origin?: string;
  /** The compression to offer; `null` for none. */
  deflate: DeflateOptions | null;
}

/** How a server looks at what is asked. */
export interface ServerHandshake {
  /** The subprotocols that are spoken, best first. */
  protocols?: readonly string[];
  /** The origins that are let in; everyone's unless told. */
  origins?: readonly string[];
  /** The compression to agree to; `null` or nothing for none. */
  deflate?: DeflateOptions | null;
}

/** A handshake that a server does not take, and how it says so. */
export interface Refusal {
  /** The status to answer with. */
  readonly status: number;
  /** Why, in words. */
  readonly reason: string;
  /** Fields that the answer must have. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What a server answers a key with (RFC 6455 §4.2.2). */
export function acceptKey(key: string): string {
  return encodeBase64(sha1Bin(key + GUID));
}

/**
 * The fields that ask for an upgrade, beside `Host`, `Connection` and `Upgrade`.
 *
 * @throws {LocalProtocolError} Where a subprotocol is no token, or stands twice (RFC 6455 §4.1).
 */
export function handshakeFields(asked: ClientHandshake): [name: string, value: string][] {
  const fields: [string, string][] = [
    ["Sec-WebSocket-Key", asked.key],
    ["Sec-WebSocket-Version", VERSION],
  ];
  const { protocols } = asked;
  for (const protocol of protocols) {
    if (!isToken(protocol)) {
      throw new LocalProtocolError(
        `Cannot connect: subprotocol ${JSON.stringify(protocol)} is not a token`,
      );
    }
  }
  if (new Set(protocols).size < protocols.length) {
    throw new LocalProtocolError(`Cannot connect: a subprotocol stands twice in ${protocols}`);
  }
  if (protocols.length > 0) fields.push(["Sec-WebSocket-Protocol", protocols.join(", ")]);
  if (asked.deflate !== null) {
    fields.push(["Sec-WebSocket-Extensions", deflateOffer(asked.deflate)]);
  }
  if (asked.origin !== undefined) fields.push(["Origin", asked.origin]);
  return fields;
}

/**
 * Checks what a server answered (RFC 6455 §4.1), whose status is 101.
 *
 * @throws {RemoteProtocolError} Where it is no answer to what was asked.
 */
export function checkAnswer(
  asked: ClientHandshake,
  get: (name: string) => string | null,
): Agreement {
  const upgrade = get("upgrade");
  if (upgrade === null || upgrade.toLowerCase() !== "websocket") {
    throw refusedAnswer(`Upgrade is ${JSON.stringify(upgrade)}`);
  }
  if (!hasToken(get("connection"), "upgrade")) {
    throw refusedAnswer(`Connection is ${JSON.stringify(get("connection"))}`);
  }
  if (get("sec-websocket-accept") !== acceptKey(asked.key)) {
    throw refusedAnswer("Sec-WebSocket-Accept does not fit the key");
  }
  const protocol = get("sec-websocket-protocol") ?? "";
  if (protocol !== "" && !asked.protocols.includes(protocol)) {
    throw refusedAnswer(`subprotocol ${JSON.stringify(protocol)} was not asked for`);
  }
  const extensions = get("sec-websocket-extensions") ?? "";
  return { protocol, extensions, deflate: checkExtensions(asked, extensions) };
}

function checkExtensions(asked: ClientHandshake, text: string): DeflateTerms | null {
  const answers = parseExtensions(text);
  if (answers === null) throw refusedAnswer(`extensions are ${JSON.stringify(text)}`);
  let deflate: DeflateTerms | null = null;
  for (const answer of answers) {
    // RFC 6455 §9.1: an extension that was not asked for, or that stands twice, is a failure.
    if (asked.deflate === null || deflate !== null || answer.name !== DEFLATE_NAME) {
      throw refusedAnswer(`extension ${answer.name} was not asked for`);
    }
    deflate = agreeDeflate(answer, asked.deflate);
    if (deflate === null) throw refusedAnswer(`extensions are ${JSON.stringify(text)}`);
  }
  return deflate;
}

function refusedAnswer(what: string): RemoteProtocolError {
  return new RemoteProtocolError(`Cannot take the server's handshake: ${what}`);
}

/**
 * Looks at what a client asks (RFC 6455 §4.2.1).
 *
 * @returns What to agree on, or how to refuse.
 */
export function judgeRequest(
  { method, headers }: Pick<RequestHead, "method" | "headers">,
  options: ServerHandshake = {},
): { ok: true; agreement: Agreement; key: string } | { ok: false; refusal: Refusal } {
  const refused = refusalOf(method, headers, options);
  if (refused !== null) return { ok: false, refusal: refused };
  const asked = parseExtensions(headers.get("sec-websocket-extensions") ?? "");
  if (asked === null) return { ok: false, refusal: bad("Sec-WebSocket-Extensions is malformed") };
  let extensions = "";
  let deflate: DeflateTerms | null = null;
  if (options.deflate) {
    for (const offer of asked) {
      const accepted = acceptDeflate(offer, options.deflate);
      if (accepted === null) continue;
      ({ terms: deflate, text: extensions } = accepted);
      break;
    }
  }
  const wanted = splitList(headers.get("sec-websocket-protocol") ?? "", ",");
  // Selected, not echoed: the first of ours that the client speaks too.
  const protocol = options.protocols?.find((ours) => wanted.includes(ours)) ?? "";
  return {
    ok: true,
    agreement: { protocol, extensions, deflate },
    key: headers.get("sec-websocket-key")!,
  };
}

function refusalOf(
  method: string,
  headers: Headers,
  options: ServerHandshake,
): Refusal | null {
  if (method !== "GET") return bad(`the method is ${method}`, 405, { Allow: "GET" });
  if (
    (headers.get("upgrade") ?? "").toLowerCase().split(",").every((t) =>
      t.trim() !== "websocket"
    ) ||
    !hasToken(headers.get("connection"), "upgrade")
  ) {
    const fields = { Upgrade: "websocket", Connection: "Upgrade" };
    return bad("only WebSocket is spoken here", 426, fields);
  }
  const host = headers.get("host");
  // RFC 9112 §3.2: exactly one Host.
  if (host === null || host.includes(",")) return bad("Host is missing, or stands twice");
  if (headers.get("sec-websocket-version") !== VERSION) {
    return bad("the version is not 13", 426, { "Sec-WebSocket-Version": VERSION });
  }
  const key = headers.get("sec-websocket-key") ?? "";
  if (key.length !== 24 || decodeBase64(key)?.length !== 16) {
    return bad("Sec-WebSocket-Key is not 16 bytes in base64");
  }
  if (headers.has("content-length") && headers.get("content-length") !== "0") {
    return bad("the request has a body");
  }
  if (headers.has("transfer-encoding")) return bad("the request has a body");
  for (const protocol of splitList(headers.get("sec-websocket-protocol") ?? "", ",")) {
    if (protocol !== "" && !isToken(protocol)) return bad("Sec-WebSocket-Protocol is malformed");
  }
  const { origins } = options;
  if (origins !== undefined && !origins.includes(headers.get("origin") ?? "")) {
    return bad("the origin is not let in", 403);
  }
  return null;
}

function bad(reason: string, status = 400, headers: Record<string, string> = {}): Refusal {
  return { status, reason, headers };
}

/** The head of the answer that agrees. */
export function agreeingHead(
  key: string,
  { protocol, extensions }: Agreement,
  headers: Iterable<readonly [string, string]> = [],
): string {
  let text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${acceptKey(key)}\r\n`;
  if (protocol !== "") text += `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  if (extensions !== "") text += `Sec-WebSocket-Extensions: ${extensions}\r\n`;
  for (const [name, value] of headers) text += fieldLine(name, value);
  return text + "\r\n";
}

/** The answer that refuses, whole; the connection is closed behind it. */
export function refusingAnswer({ status, reason, headers }: Refusal): string {
  const body = new TextEncoder().encode(`${reason}\n`).length;
  let text = `HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\nConnection: close\r\n` +
    `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body}\r\n`;
  for (const [name, value] of Object.entries(headers)) text += fieldLine(name, value);
  return `${text}\r\n${reason}\n`;
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

function fieldLine(name: string, value: string): string {
  if (!isToken(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
    throw new LocalProtocolError(
      `Cannot answer the handshake: header ${JSON.stringify(name)} is ${JSON.stringify(value)}`,
    );
  }
  return `${name}: ${value}\r\n`;
}

/** Whether a list has a token, in upper or lower case (RFC 6455 §4.2.1). */
function hasToken(list: string | null, token: string): boolean {
  return list !== null && list.toLowerCase().split(",").some((each) => each.trim() === token);
}
