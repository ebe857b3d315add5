/**
 * The cookie jar: which cookies it takes, which it gives back, for how long (RFC 6265bis §5).
 *
 * Parsing, matching and the order in which cookies leave are this project's own, since they are the
 * protocol. What nobody can write down once and for all, the public suffix list, is a library's.
 *
 * @module
 */

import { LocalProtocolError } from "../../errors.ts";
import { quoted } from "../../protocol/http1/grammar.ts";
import { count } from "../settings.ts";
import {
  bySendingOrder,
  type Cookie,
  type CookieContext,
  isExpired,
  type StoredCookie,
} from "./cookie.ts";
import { type CookieFormat, readCookies, writeCookies } from "./cookie_file.ts";
import { pathMatches, unescapedPath } from "./matching.ts";
import { isPublicSuffix, loadPublicSuffixes } from "./public_suffix.ts";
import { cookieFrom, isForSite, isSecure, type Rules } from "./rules.ts";
import { parseSetCookie, toByteText } from "./set_cookie.ts";
import { CookieStore } from "./store.ts";

/** What a {@linkcode CookieJar} is made with. */
export interface CookieJarOptions {
  /** Cookies kept in all. Default 3,000. */
  maxCookies?: number;
  /** Cookies kept for one domain. Default 180, as browsers have it; RFC 6265bis §6.1 asks for 50. */
  maxCookiesPerDomain?: number;
  /** Milliseconds since the epoch, now. Default `Date.now`. */
  clock?: () => number;
  /**
   * Whether to go by RFC 6265bis to the letter where the http-state test suite, which stands for what
   * servers have met with since RFC 6265, says otherwise. Then cookies without a name are kept, and
   * sent as their value alone; `Domain=` undoes a `Domain` before it; a request's path counts as it is
   * written, `%6F` being no `o`; and a NUL, CR or LF spoils the cookie instead of ending it.
   * Default `false`.
   */
  strict?: boolean;
  /**
   * Whether `http:` to this machine (`localhost`, 127.0.0.0/8, `[::1]`) counts as secure, as it does
   * in browsers. Default `false`.
   */
  trustLocalhost?: boolean;
  /** Says which domains are public suffixes, in place of the list of publicsuffix.org. */
  isPublicSuffix?: (domain: string) => boolean;
}

/** How a jar is saved. */
export interface SaveOptions {
  /**
   * JSON keeps all there is. `"netscape"`, the `cookies.txt` of curl and others, knows neither
   * `SameSite` nor the times of creation and use, and no fractions of a second. Default: `"netscape"`
   * where the name ends in `.txt`.
   */
  format?: CookieFormat;
  /** Whether cookies that end with the session are saved too. Default `true`. */
  sessionCookies?: boolean;
}

/**
 * A cookie jar. It keeps what servers set, as RFC 6265bis lets them, and gives back what belongs
 * into a request.
 *
 * @example What a server sets, and what it gets back
 * ```ts
 * import { CookieJar } from "@lasa/lasa/http";
 *
 * const jar = new CookieJar();
 * jar.set("id=7; Path=/shop; Max-Age=60", "https://example.org/shop/");
 * jar.set("theme=dark; Domain=example.org", "https://www.example.org/");
 * console.log(jar.cookieHeader("https://example.org/shop/cart")); // "id=7; theme=dark"
 * console.log(jar.get("https://example.org/").map(({ name }) => name)); // ["theme"]
 * ```
 */
export class CookieJar {
  readonly #store: CookieStore;
  readonly #clock: () => number;
  readonly #isStrict: boolean;
  readonly #rules: Rules;

  /**
   * Makes an empty jar.
   *
   * @param options Limits, the clock, and where the jar may differ.
   * @throws {RangeError} Where a limit makes no sense.
   */
  constructor(options: CookieJarOptions = {}) {
    this.#store = new CookieStore({
      maxCookies: count("maxCookies", options.maxCookies, 3_000, 1),
      maxCookiesPerDomain: count("maxCookiesPerDomain", options.maxCookiesPerDomain, 180, 1),
    });
    this.#clock = options.clock ?? Date.now;
    this.#isStrict = options.strict ?? false;
    const trustLocalhost = options.trustLocalhost ?? false;
    this.#rules = {
      allowNameless: this.#isStrict,
      isPublicSuffix: options.isPublicSuffix ?? isPublicSuffix,
      isSecure: (url) => isSecure(url, trustLocalhost),
    };
  }

  /**
   * Loads the public suffix list, for platforms on which {@linkcode CookieJar.set} cannot do it by
   * itself. Clients do this on their own.
   *
   * @returns When every jar has it.
   */
  static async prepare(): Promise<void> {
    await loadPublicSuffixes();
  }

  /**
   * Reads a jar from a file in one of the formats of {@linkcode CookieJar.save}. Which one it is, its
   * name says (`.json`, `.txt`), else its first character. The file stays as it is.
   *
   * @param path Where it is.
   * @param options What the jar is made with. What has expired by its clock is left out.
   * @returns The jar.
   * @throws {CookieFileError} Where a line makes no sense; it says which.
   * @throws {Deno.errors.NotFound} Where there is no file.
   *
   * @example A jar that outlives the program
   * ```ts
   * import { CookieJar } from "@lasa/lasa/http";
   *
   * const path = await Deno.makeTempFile({ suffix: ".json" });
   * const jar = new CookieJar();
   * jar.set("id=7; Max-Age=3600", "https://example.org/");
   * await jar.save(path);
   * const loaded = await CookieJar.load(path);
   * console.log(loaded.cookieHeader("https://example.org/")); // "id=7"
   * await Deno.remove(path);
   * ```
   */
  static async load(path: string | URL, options: CookieJarOptions = {}): Promise<CookieJar> {
    const jar = new CookieJar(options);
    const now = jar.#clock();
    for (const cookie of await readCookies(path, now)) {
      if (!isExpired(cookie, now)) jar.#store.put(cookie, now);
    }
    return jar;
  }

  /**
   * Writes the jar to a file, for its owner's eyes only. The file is at every moment what it was or
   * what it shall be, whoever reads or writes it meanwhile and whenever the process ends.
   *
   * @param path Where to.
   * @param options The format, and whether cookies of the session go along.
   * @returns When it is on the disk. The folder has to be writable: what is being written stands
   * there beside the file.
   * @throws {LocalProtocolError} Where a cookie cannot be written in that format.
   */
  async save(path: string | URL, options: SaveOptions = {}): Promise<void> {
    const now = this.#clock();
    const cookies = this.#store.all().filter((cookie) =>
      !isExpired(cookie, now) && (cookie.expires !== null || options.sessionCookies !== false)
    );
    await writeCookies(path, cookies, options.format);
  }

  /** How many cookies there are, expired ones that nobody asked for included. */
  get size(): number {
    return this.#store.size;
  }

  /**
   * Takes a `Set-Cookie` field as the answer from a URL brought it.
   *
   * @param setCookieLine The field's value.
   * @param url Where it came from.
   * @param now When, in milliseconds since the epoch; by the jar's clock unless told.
   * @param context How the request came about; first-hand unless told.
   * @returns Whether it was obeyed. A cookie that has expired is, by removing the one that was there.
   * @throws {LocalProtocolError} Where the URL is none.
   * @throws {UnsupportedError} Where the platform needs {@linkcode CookieJar.prepare} before.
   */
  set(
    setCookieLine: string,
    url: string | URL,
    now?: Date | number,
    context: CookieContext = {},
  ): boolean {
    const from = urlOf(url);
    const at = this.#time(now);
    const said = parseSetCookie(setCookieLine, at, this.#isStrict);
    if (said === null || from.hostname === "") return false;
    const cookie = cookieFrom(said, from, at, context, this.#rules);
    if (cookie === null) return false;
    const isSecure = this.#rules.isSecure(from);
    if (!isSecure && !cookie.secure && this.#wouldShadow(cookie, at)) return false;
    const old = this.#store.find(cookie);
    // What is over has no say any more.
    if (old !== undefined && isExpired(old, at)) this.#store.delete(old);
    // §5.7 step 23: what scripts cannot see they cannot replace.
    else if (old?.httpOnly && context.http === false) return false;
    if (!isExpired(cookie, at)) this.#store.put(cookie, at);
    else if (old !== undefined) this.#store.delete(old);
    return true;
  }

  /**
   * Takes all `Set-Cookie` fields of an answer.
   *
   * @param fields The answer's fields, or their values alone.
   * @param url Where they came from.
   * @param now When; see {@linkcode CookieJar.set}.
   * @returns How many were obeyed.
   * @throws {LocalProtocolError} Where the URL is none.
   */
  setAll(fields: Headers | Iterable<string>, url: string | URL, now?: Date | number): number {
    const lines = fields instanceof Headers ? fields.getSetCookie() : fields;
    let obeyed = 0;
    for (const line of lines) if (this.set(line, url, now)) obeyed++;
    return obeyed;
  }

  /**
   * The cookies that belong into a request, in the order in which they are sent: longer paths first,
   * then those set earlier (§5.8.3). Asking counts as using them.
   *
   * @param url Where the request goes.
   * @param now When, in milliseconds since the epoch; by the jar's clock unless told.
   * @param context How the request came about; first-hand unless told.
   * @returns Copies.
   * @throws {LocalProtocolError} Where the URL is none.
   */
  get(url: string | URL, now?: Date | number, context: CookieContext = {}): Cookie[] {
    return this.#select(urlOf(url), this.#time(now), context).map(copyOf);
  }

  /**
   * The value of the `Cookie` field for a request; empty where there are no cookies for it.
   *
   * @param url Where the request goes.
   * @param now When; see {@linkcode CookieJar.get}.
   * @param context How the request came about; first-hand unless told.
   * @returns One character for each byte, as fields are given to a client.
   * @throws {LocalProtocolError} Where the URL is none.
   */
  cookieHeader(url: string | URL, now?: Date | number, context: CookieContext = {}): string {
    return this.#select(urlOf(url), this.#time(now), context)
      .map(({ name, value }) => toByteText(name === "" ? value : `${name}=${value}`)).join("; ");
  }

  /** All cookies, the oldest first, as copies; those that have expired are left out. */
  all(now?: Date | number): Cookie[] {
    const at = this.#time(now);
    return this.#store.all().filter((cookie) => !isExpired(cookie, at)).map(copyOf);
  }

  /** All cookies; see {@linkcode CookieJar.all}. */
  [Symbol.iterator](): Iterator<Cookie> {
    return this.all()[Symbol.iterator]();
  }

  /**
   * Removes cookies that match in all that is given.
   *
   * @param like What they have; `{ name: "id", domain: "example.org" }` for one.
   * @returns How many were removed.
   */
  remove(like: Partial<Cookie>): number {
    const wanted = Object.entries(like) as [keyof Cookie, unknown][];
    const found = this.#store.all().filter((cookie) =>
      wanted.every(([key, value]) => cookie[key] === value)
    );
    for (const cookie of found) this.#store.delete(cookie);
    return found.length;
  }

  /** Removes every cookie. */
  clear(): void {
    this.#store.clear();
  }

  /**
   * Removes what has expired. Nobody has to: it is never given back, and goes first when there is
   * need of room.
   *
   * @returns How many were removed.
   */
  removeExpired(now?: Date | number): number {
    return this.#store.deleteExpired(this.#time(now));
  }

  /** §5.7 step 16: what comes unprotected must not get in the way of what was set securely. */
  #wouldShadow(cookie: Cookie, now: number): boolean {
    return this.#store.around(cookie.domain).some((each) =>
      each.secure && each.name === cookie.name && !isExpired(each, now) &&
      pathMatches(cookie.path, each.path)
    );
  }

  #select(url: URL, now: number, context: CookieContext): StoredCookie[] {
    const isSecure = this.#rules.isSecure(url);
    const paths = [url.pathname];
    if (!this.#isStrict && url.pathname.includes("%")) paths.push(unescapedPath(url.pathname));
    const found = this.#store.forHost(url.hostname).filter((cookie) => {
      if (isExpired(cookie, now)) return false;
      if (cookie.hostOnly && cookie.domain !== url.hostname) return false;
      if (cookie.secure && !isSecure) return false;
      if (cookie.httpOnly && context.http === false) return false;
      return paths.some((path) => pathMatches(path, cookie.path)) &&
        isForSite(cookie, context.site);
    });
    found.sort(bySendingOrder);
    for (const cookie of found) this.#store.touch(cookie, now);
    return found;
  }

  #time(given: Date | number | undefined): number {
    const now = given === undefined ? this.#clock() : Number(given);
    if (Number.isFinite(now)) return now;
    throw new RangeError(`Cannot use the cookie jar: now is ${given}`);
  }
}

function urlOf(url: string | URL): URL {
  const parsed = typeof url === "string" ? URL.parse(url) : url;
  if (parsed !== null) return parsed;
  throw new LocalProtocolError(`Cannot use the cookie jar: ${quoted(String(url))} is not a URL`);
}

function copyOf({ lastUse: _lastUse, order: _order, ...cookie }: StoredCookie): Cookie {
  return cookie;
}
