/**
 * What to ask for after a redirect: the Fetch standard's rules (HTTP-redirect fetch), and the rule
 * that credentials do not leave the origin they were meant for.
 *
 * @module
 */

import { LimitError, LocalProtocolError, RemoteProtocolError } from "../errors.ts";
import { quoted } from "../protocol/http1/grammar.ts";
import type { Field } from "../protocol/http1/headers.ts";
import type { RequestOptions } from "./options.ts";
import type { RequestPlan } from "./plan.ts";

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

/** Whether a response asks to go elsewhere. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * Decides what to ask for next.
 *
 * @param plan The request that was redirected.
 * @param status The status of the answer.
 * @param location What its `Location` says.
 * @param count How many redirects were followed before this one.
 * @returns The next request's URL and options.
 * @throws {LimitError} Where there were too many.
 * @throws {RemoteProtocolError} Where the location is no URL for HTTP.
 * @throws {LocalProtocolError} Where redirects were to be errors, or the body cannot be sent again.
 */
export function nextRequest(
  plan: RequestPlan,
  status: number,
  location: string,
  count: number,
): { url: URL; options: RequestOptions } {
  if (plan.redirect === "error") {
    throw new LocalProtocolError(`Cannot ${plan.method} ${plan.url}: it redirects to ${location}`);
  }
  if (count >= plan.maxRedirects) {
    throw new LimitError(
      `Cannot ${plan.method} ${plan.url}: more than ${plan.maxRedirects} redirects`,
      { limit: "maxRedirects", sent: "all" },
    );
  }
  const url = URL.parse(location, plan.url);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new RemoteProtocolError(
      `Cannot follow the redirect of ${plan.url}: Location is ${quoted(location)}`,
    );
  }
  const from = new URL(plan.url);
  if (from.protocol === "https:" && url.protocol === "http:") {
    throw new RemoteProtocolError(
      `Cannot follow the redirect of ${plan.url}: ${url.href} is not secure`,
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
  const isSameOrigin = url.origin === from.origin;
  const keeps = ([name]: Field) =>
    !(changesToGet && BODY_FIELDS.has(name.toLowerCase())) &&
    (isSameOrigin || !SECRET_FIELDS.has(name.toLowerCase()));
  return {
    url,
    options: {
      method: changesToGet ? "GET" : plan.method,
      headers: plan.ownFields.filter(keeps),
    },
  };
}
