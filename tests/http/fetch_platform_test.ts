/** The same calls to the platform's `fetch` and to lasa's: what is told must be the same. @module */

import { assertEquals, assertNotEquals } from "@std/assert";
import { redirecting, redirectTo, withServer } from "../support/fetch.ts";

type Fetch = typeof globalThis.fetch;
type Case = (fetch: Fetch, base: string) => Promise<unknown>;

/** A response in plain values, without the fields in which every client has its own taste. */
async function told(answer: Promise<Response>): Promise<unknown> {
  const response = await answer;
  const { status, statusText, ok, redirected, type, url } = response;
  const text = response.body === null ? null : await response.text();
  let body: unknown = text;
  if (text?.startsWith("{")) {
    const seen = JSON.parse(text);
    for (const name of ["user-agent", "accept-encoding", "accept-language"]) {
      delete seen.headers[name];
    }
    body = seen;
  }
  return { status, statusText, ok, redirected, type, url, body };
}

const stream = () => new Blob(["abc"]).stream();
const get = (path: string, init?: RequestInit): Case => (fetch, base) =>
  told(fetch(base + path, init));
const post = (body: () => BodyInit, init?: RequestInit): Case => (fetch, base) =>
  told(fetch(base, { ...init, method: "POST", body: body() }));

/** What both do alike. */
const ALIKE: Record<string, Case> = {
  "a plain GET": get("/path?query#fragment"),
  "an unknown method": get("/", { method: "FoO" }),
  "a method in small letters": get("/", { method: "delete" }),
  "a forbidden method": get("/", { method: "TRACE" }),
  "GET with a body": get("/", { body: "abc" }),
  "HEAD": get("/", { method: "HEAD" }),
  "POST without a body": get("/", { method: "POST" }),
  "a string": post(() => "äbc"),
  "an empty string": post(() => ""),
  "bytes": post(() => new Uint8Array([97, 98])),
  "a Uint16Array": post(() => new Uint16Array([97, 98])),
  "a DataView": post(() => new DataView(new ArrayBuffer(2))),
  "a Blob": post(() => new Blob(["abc"], { type: "A/B" })),
  "a number, which is text": post(() => 12 as unknown as BodyInit),
  "URLSearchParams": post(() => new URLSearchParams({ a: "b c" })),
  "a stream": post(stream),
  "a Request": (fetch, base) =>
    told(fetch(new Request(base, { method: "PUT", body: "abc", headers: { a: "b" } }))),
  "a Request and init over it": (fetch, base) =>
    told(fetch(new Request(base, { method: "PUT", headers: { a: "b" } }), { headers: { c: "d" } })),
  "a Request as init": (fetch, base) =>
    told(
      fetch(base, new Request("http://elsewhere.test/", { method: "PUT", headers: { a: "b" } })),
    ),
  "a used Request": async (fetch, base) => {
    const request = new Request(base, { method: "POST", body: "abc" });
    await request.text();
    await fetch(request);
  },
  "wrong framing fields": post(() => "abc", { headers: { "content-length": "9" } }),
  "a field with spaces around": get("/", { headers: { a: "  b  " } }),
  "a field that cannot be": get("/", { headers: { "a b": "c" } }),
  "a relative URL": (fetch) => told(fetch("/path")),
  "an unknown scheme": (fetch) => told(fetch("foo:bar")),
  "a redirect": get(redirectTo("/new#there") + "#here"),
  "a redirect of a POST": get(redirectTo("/new", 301), { method: "POST", body: "abc" }),
  "a redirect that keeps the body": get(redirectTo("/new", 307), { method: "PUT", body: "abc" }),
  "a redirect of a stream": (fetch, base) =>
    told(fetch(base + redirectTo("/new", 308), { method: "POST", body: stream() })),
  "redirect: manual": get(redirectTo("/new"), { redirect: "manual" }),
  "redirect: error": get(redirectTo("/new"), { redirect: "error" }),
  "redirect: error without a Location": get("/redirect/302", { redirect: "error" }),
  "a redirect to what is not HTTP": get(redirectTo("data:text/plain,hello")),
  "a signal that has fired": get("/", { signal: AbortSignal.abort() }),
  "a signal with a reason": get("/", { signal: AbortSignal.abort(new RangeError("own")) }),
  "a signal that is none": get("/", { signal: 1 as unknown as AbortSignal }),
  "a cache mode that is none": get("/", { cache: "none" as RequestCache }),
  "changed response fields": async (fetch, base) => {
    const response = await fetch(base);
    await response.body?.cancel();
    response.headers.set("a", "b");
  },
  "a clone": async (fetch, base) => {
    const response = await fetch(base);
    const twin = response.clone();
    await response.text();
    return await told(Promise.resolve(twin));
  },
  "a body read twice": async (fetch, base) => {
    const response = await fetch(base);
    await response.text();
    await response.text();
  },
};

/** What lasa does otherwise, and why. */
const OTHERWISE: Record<string, { why: string; run: Case }> = {
  "credentials in the URL": {
    why: "the standard makes them a TypeError; Deno turns them into Authorization",
    run: (fetch, base) => told(fetch(base.replace("//", "//user:password@"))),
  },
  "integrity that is not met": {
    why: "the standard makes it a network error; Deno does not look",
    run: get("/", { integrity: "sha256-AAAA" }),
  },
  "a Host of one's own": {
    why: "who calls a server by another name means it; Deno sends its own",
    run: get("/", { headers: { host: "other.test" } }),
  },
  "a stream whose length is told": {
    why: "a server may refuse what has no length; Deno sends chunks all the same",
    run: post(stream, { headers: { "content-length": "3" } }),
  },
  "patch in small letters": {
    why: "no server knows it; the standard, and Deno, send it as it is written",
    run: get("/", { method: "patch" }),
  },
  "a cache mode": {
    why: "the standard tells it to the caches on the way; Deno does not",
    run: get("/", { cache: "no-store" }),
  },
  "a redirect of a stream that needs it no more": {
    why: "the GET that follows has no body; the standard, and Deno, give up",
    run: (fetch, base) =>
      told(fetch(base + redirectTo("/new", 302), { method: "POST", body: stream() })),
  },
  "a redirect without a Location": {
    why: "the standard gives its body; Deno loses it",
    run: get("/redirect/302"),
  },
  "a redirect to a URL with credentials": {
    why: "a server cannot make its client log in elsewhere",
    run: (fetch, base) =>
      told(fetch(base + redirectTo(base.replace("//", "//user:password@") + "/new"))),
  },
};

/** What a case comes to: its value, or the kind and the name of its error. */
async function outcome(run: Case, fetch: Fetch, base: string): Promise<unknown> {
  try {
    return await run(fetch, base);
  } catch (error) {
    if (!(error instanceof Error || error instanceof DOMException)) return { thrown: error };
    return { thrown: error.constructor.name, name: error.name };
  }
}

/** Runs a case with the platform's `fetch` and with lasa's. */
async function both(run: Case): Promise<[platform: unknown, lasas: unknown]> {
  const outcomes: [unknown, unknown] = [null, null];
  await withServer(redirecting, async (fetch, base) => {
    // The platform's keeps its connection beyond the test otherwise.
    using platform = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    const theirs: Fetch = (input, init) =>
      globalThis.fetch(input, { ...init, ...pick(init), ...{ client: platform } });
    outcomes[0] = await outcome(run, theirs, base);
    outcomes[1] = await outcome(run, fetch, base);
  });
  return outcomes;
}

/** What a Request that is given as init says: it has none of it of its own. */
function pick(init: RequestInit | undefined): RequestInit {
  return init instanceof Request ? { method: init.method, headers: init.headers } : {};
}

for (const [name, run] of Object.entries(ALIKE)) {
  Deno.test(`fetch does as the platform's: ${name}`, async () => {
    const [platform, lasas] = await both(run);
    assertEquals(lasas, platform);
  });
}

for (const [name, { why, run }] of Object.entries(OTHERWISE)) {
  Deno.test(`fetch does otherwise than the platform's: ${name} (${why})`, async () => {
    const [platform, lasas] = await both(run);
    assertNotEquals(lasas, platform);
  });
}
