/**
 * A platform's `Response` that came over the network: one that code makes has no URL, knows of no
 * redirect, and lets its fields be changed.
 *
 * @module
 */

import { withoutFragment } from "./target.ts";

/** What stands in front of a response's body. */
export interface ResponseHeadLike {
  /** The status code. */
  readonly status: number;
  /** The reason phrase. */
  readonly statusText: string;
  /** The fields. */
  readonly headers: Headers;
  /** Where it came from. */
  readonly url: string;
  /** Whether redirects led there. */
  readonly redirected: boolean;
}

/** A `Response` as `fetch` gives it: `instanceof Response` holds, and Deno's server can send it on. */
export class FetchedResponse extends Response {
  readonly #status: number;
  readonly #url: string;
  readonly #redirected: boolean;
  readonly #headers: Headers;

  /** Makes one of a head and a body that nobody has begun to read. */
  constructor(head: ResponseHeadLike, body: BodyInit | null) {
    const { status, statusText, headers, url, redirected } = head;
    // The constructor takes no other status, but servers send them (999 for one), and Fetch gives them.
    const isKnown = status >= 200 && status <= 599;
    super(body, { status: isKnown ? status : 200, statusText, headers });
    this.#status = status;
    this.#url = withoutFragment(url);
    this.#redirected = redirected;
    this.#headers = guarded(headers);
  }

  /** The status code. */
  override get status(): number {
    return this.#status;
  }

  /** Whether the status is from 200 to 299. */
  override get ok(): boolean {
    return this.#status >= 200 && this.#status < 300;
  }

  /** Where it came from, the last of all redirects, without its fragment. */
  override get url(): string {
    return this.#url;
  }

  /** Whether redirects were followed. */
  override get redirected(): boolean {
    return this.#redirected;
  }

  /** `"basic"`, as Deno says for whatever comes over the network. */
  override get type(): ResponseType {
    return "basic";
  }

  /** The fields, which cannot be changed. */
  override get headers(): Headers {
    return this.#headers;
  }

  /** A second one, whose body can be read too. @throws {TypeError} Where the body is being read. */
  override clone(): Response {
    return new FetchedResponse(this, super.clone().body);
  }
}

const refusing = {
  value(): never {
    throw new TypeError("Cannot change the headers of a response: they are immutable");
  },
};

/** Gives fields Fetch's guard "immutable". A copy would lose an empty value at the end of several. */
function guarded(headers: Headers): Headers {
  return Object.defineProperties(headers, { append: refusing, set: refusing, delete: refusing });
}
