/**
 * What to ask for after a redirect: the Fetch standard's rules (HTTP-redirect fetch), and the rule
 * that credentials do not leave the origin they were meant for.
 *
 * @module
 */

import { LimitError, LocalProtocolError, RemoteProtocolError } from "../errors.ts";
import { quoted } from "../protocol/http1/grammar.ts";
import type { Field } from "../protocol/http1/headers.ts";
import type { RequestPlan } from "./plan.ts";
import type { Redirect } from "./response.ts";
import { hasCredentials } from "./target.ts";

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** Fields that describe a body, dropped along with it. */
const BODY_FIELDS = new Set([
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
]);
/** Fields that must not reach another origin. */
const SECRET_FIELDS = new Set(["authorization", "cookie", "proxy-authorization", "host"]);

/** The request that a redirect leads to. */
export interface NextRequest {
  /** Where to. */
  readonly url: URL;
  /** The method; another than before where the body is not sent again. */
  readonly method: string;
  /** The caller's fields that go along. */
  readonly ownFields: readonly Field[];
  /** Whether this, or a redirect before it, led to another origin. */
  readonly hasLeftOrigin: boolean;
}

/** Fields without those that must not reach another origin. */
export function withoutSecrets(fields: readonly Field[]): readonly Field[] {
  return fields.filter(([name]) => !SECRET_FIELDS.has(name.toLowerCase()));
}

/** Whether a response asks to go elsewhere. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * What an answer's `Location` says. It is one by its grammar (RFC 9110 §10.2.2): of several that differ
 * none is to be believed, and joined by a comma they would be a third.
 *
 * @throws {RemoteProtocolError} Where several differ.
 */
export function locationOf(fields: readonly Field[], from: string): string {
  const said = new Set(fields.filter(([name]) => name === "location").map(([, value]) => value));
  if (said.size === 1) return [...said][0];
  throw new RemoteProtocolError(
    `Cannot follow the redirect of ${from}: Location is ${[...said].map(quoted).join(" and ")}`,
  );
}

/**
 * Decides what to ask for next.
 *
 * @param plan The request that was redirected.
 * @param status The status of the answer.
 * @param location What its `Location` says.
 * @param before The redirects that were followed before this one.
 * @returns The next request.
 * @throws {LimitError} Where there were too many.
 * @throws {RemoteProtocolError} Where the location is no URL for HTTP.
 * @throws {LocalProtocolError} Where redirects were to be errors, or the body cannot be sent again.
 */
export function nextRequest(
  plan: RequestPlan,
  status: number,
  location: string,
  before: readonly Redirect[],
): NextRequest {
  if (plan.redirect === "error") {
    throw new LocalProtocolError(`Cannot ${plan.method} ${plan.url}: it redirects to ${location}`, {
      sent: "all",
    });
  }
  if (before.length >= plan.maxRedirects) {
    const isLoop = before.some((each) => each.url === plan.url);
    throw new LimitError(
      `Cannot ${plan.method} ${plan.url}: more than ${plan.maxRedirects} redirects` +
        (isLoop ? ", in a loop" : ""),
      { limit: "maxRedirects", sent: "all" },
    );
  }
  const url = URL.parse(textOf(location), plan.url);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new RemoteProtocolError(
      `Cannot follow the redirect of ${plan.url}: Location is ${quoted(location)}`,
      { sent: "all" },
    );
  }
  if (hasCredentials(url)) {
    throw new RemoteProtocolError(
      `Cannot follow the redirect of ${plan.url}: its Location holds credentials`,
      { sent: "all" },
    );
  }
  const from = new URL(plan.url);
  if (from.protocol === "https:" && url.protocol === "http:" && !plan.allowInsecureRedirect) {
    throw new RemoteProtocolError(
      `Cannot follow the redirect of ${plan.url}: ${url.href} is not secure (allowInsecureRedirect)`,
      { sent: "all" },
    );
  }
  if (url.hash === "") url.hash = from.hash;
  const changesToGet = plan.method === "POST" && (status === 301 || status === 302) ||
    status === 303 && plan.method !== "GET" && plan.method !== "HEAD";
  if (!changesToGet && plan.body !== null && !plan.body.isReplayable) {
    throw new LocalProtocolError(
      `Cannot follow the redirect of ${plan.url}: its body was a stream; give a function that makes it`,
      { sent: "all" },
    );
  }
  const kept = changesToGet
    ? plan.ownFields.filter(([name]) => !BODY_FIELDS.has(name.toLowerCase()))
    : plan.ownFields;
  const leavesOrigin = url.origin !== from.origin;
  return {
    url,
    method: changesToGet ? "GET" : plan.method,
    ownFields: leavesOrigin ? withoutSecrets(kept) : kept,
    hasLeftOrigin: plan.hasLeftOrigin || leavesOrigin,
  };
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A location as it was meant: bytes that are no ASCII are a URL's UTF-8, as browsers take them. */
function textOf(location: string): string {
  if (!/[\x80-\xff]/.test(location)) return location;
  try {
    return utf8.decode(Uint8Array.from(location, (char) => char.charCodeAt(0)));
  } catch {
    return location;
  }
}
