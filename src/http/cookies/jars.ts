/**
 * Which jar a request of a client uses: one for each client IP, as the seed has it (SEMANTICS.md 41),
 * or one that the caller gave.
 *
 * @module
 */

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

/** Puts what an answer sets into a jar. */
export async function keepCookies(jar: CookieJar, url: string, answer: Headers): Promise<void> {
  const lines = answer.getSetCookie();
  if (lines.length === 0) return;
  // Where modules are loaded at leisure, as everywhere; the jar itself would have to do it at once.
  if (lines.some((line) => /;[ \t]*domain/i.test(line))) await loadPublicSuffixes();
  jar.setAll(lines, url);
}
