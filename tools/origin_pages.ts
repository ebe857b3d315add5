/**
 * What the demo's origin serves: the same few hundred pages on every machine, so that whoever asks
 * knows what must come.
 *
 * @module
 */

/** How a page is sent. */
export type PageKind = "small" | "large" | "gzip" | "chunked" | "redirect" | "slow" | "reset";

/** One page. */
export interface Page {
  /** Its path. */
  readonly path: string;
  /** How it is sent. */
  readonly kind: PageKind;
  /** What a client that follows redirects and decodes must get; empty for `reset`. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Where a redirect leads. */
  readonly location?: string;
  /** Milliseconds that the server works on it. */
  readonly workMs: number;
}

/** How many pages of each kind there are. */
export const PAGE_COUNTS: Readonly<Record<PageKind, number>> = {
  small: 180,
  large: 12,
  gzip: 60,
  chunked: 60,
  redirect: 40,
  slow: 8,
  reset: 1,
};

const LARGE_BYTES = 200_000;
const WORDS =
  "light threads wait in line while sockets carry many small requests behind one another"
    .split(" ");

/** All pages, in an order in which the kinds are mixed as on a real site. */
export function originPages(): Page[] {
  const kinds = (Object.entries(PAGE_COUNTS) as [PageKind, number][])
    .flatMap(([kind, count]) => Array.from({ length: count }, (_, n) => ({ kind, n })));
  const random = randomFrom(1);
  // Fisher and Yates: every order is as likely, and the seed picks one.
  for (let last = kinds.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [kinds[last], kinds[other]] = [kinds[other], kinds[last]];
  }
  return kinds.map(({ kind, n }) => pageOf(kind, n));
}

function pageOf(kind: PageKind, n: number): Page {
  const page = { path: `/${kind}/${n}`, kind, workMs: 0 };
  switch (kind) {
    case "redirect":
      return { ...page, location: `/small/${n}`, body: textOf("small", n) };
    case "slow":
      // From 20 to 50 ms, as a page that asks a database.
      return { ...page, workMs: 20 + (n * 7) % 31, body: textOf(kind, n) };
    case "reset":
      return { ...page, body: new Uint8Array() };
    default:
      return { ...page, body: textOf(kind, n) };
  }
}

function textOf(kind: PageKind, n: number): Uint8Array<ArrayBuffer> {
  const random = randomFrom(kind.length * 1_000_003 + n);
  const size = kind === "large" ? LARGE_BYTES : 500 + Math.floor(random() * 3_500);
  let text = `${kind} page ${n}\n`;
  while (text.length < size) text += `${WORDS[Math.floor(random() * WORDS.length)]} `;
  return new TextEncoder().encode(text.slice(0, size));
}

/** Mulberry32: a small generator whose numbers are the same everywhere. */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
