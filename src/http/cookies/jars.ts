/**
 * Which jar a request of a client uses: one for each client IP, as the seed has it (SEMANTICS.md 41),
 * or one that the caller gave.
 *
 * @module
 */

import { SentFields } from "../../protocol/http1/headers.ts";
import type { RequestPlan } from "../plan.ts";
import type { HttpResponse } from "../response.ts";
import { CookieJar } from "./jar.ts";
import { loadPublicSuffixes } from "./public_suffix.ts";

/** A client's jars. */
export class ClientJars {
  readonly #shared: CookieJar | null;
  readonly #own = new Map<string, CookieJar>();

  /** Makes them: for `true` a jar per client IP, else all requests use the jar that is given. */
  constructor(cookies: true | CookieJar) {
    this.#shared = cookies === true ? null : cookies;
  }

  /** The jar of a client IP; of requests without one, where none is given. */
  jarFor(clientIp = ""): CookieJar {
    if (this.#shared !== null) return this.#shared;
    let jar = this.#own.get(clientIp);
    if (jar === undefined) this.#own.set(clientIp, jar = new CookieJar());
    return jar;
  }
}

/**
 * Exchanges a request for its answer, with the jar's cookies on the way there and into the jar on
 * the way back. Each request of a chain of redirects or attempts comes by here on its own.
 */
export function exchangeCookies(
  jars: ClientJars | null,
  plan: RequestPlan,
  exchange: (plan: RequestPlan) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const jar = jarOf(jars, plan);
  return jar === null ? exchange(plan) : exchangeWith(jar, plan, exchange);
}

function jarOf(
  jars: ClientJars | null,
  { cookies, method, target }: RequestPlan,
): CookieJar | null {
  // What CONNECT opens belongs to no URL.
  if (cookies === false || method === "CONNECT") return null;
  return cookies === true ? jars?.jarFor(target.clientIp) ?? null : cookies;
}

async function exchangeWith(
  jar: CookieJar,
  plan: RequestPlan,
  exchange: (plan: RequestPlan) => Promise<HttpResponse>,
): Promise<HttpResponse> {
  // RFC 6265bis §5.8.1: there is one Cookie field at most, and the caller's is the caller's wish.
  const cookies = /^cookie:/im.test(plan.fields.text) ? "" : jar.cookieHeader(plan.url);
  const response = await exchange(
    cookies === "" ? plan : { ...plan, fields: new SentFields([["Cookie", cookies]], plan.fields) },
  );
  // What was set once is not set again by an answer that is kept.
  if (response.fromCache) return response;
  try {
    await keepCookies(jar, plan.url, response.headers.getSetCookie());
  } catch (error) {
    await response.discard();
    throw error;
  }
  return response;
}

async function keepCookies(jar: CookieJar, url: string, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  // Here there is time to load it as any module; the jar by itself would have to have it at once.
  if (lines.some((line) => /;[ \t]*domain/i.test(line))) await loadPublicSuffixes();
  jar.setAll(lines, url);
}
