/**
 * Under which names strangers register: `com`, `co.uk`, `github.io`. A cookie for all below one of
 * them would reach every stranger's site (RFC 6265bis §5.7 step 9).
 *
 * The list is that of publicsuffix.org, as `tldts` carries it. It takes 15 ms to load, and only a
 * cookie with a `Domain` needs it, so it is loaded with the first of those. A client loads it as any
 * module is loaded. A jar that is called by hand has to answer at once: it takes the same package
 * through `require`, which Deno offers for packages that a module graph names.
 *
 * @module
 */

import type * as Tldts from "tldts";
import { UnsupportedError } from "../../errors.ts";
import { loadOutside, runOutside } from "../../thread/frame.ts";

let tldts: Pick<typeof Tldts, "getPublicSuffix"> | null = null;

/** Loads the list, unless it is there. */
export async function loadPublicSuffixes(): Promise<void> {
  tldts ??= await loadOutside(() => import("tldts"));
}

/**
 * Whether a domain is a public suffix, of the registries or of those who let others register below
 * theirs. A name of one label always is: the list's last rule is `*`.
 *
 * @param domain In lower case and ASCII; a trailing dot does not matter.
 * @throws {UnsupportedError} Where the list is not loaded and cannot be had at once.
 */
export function isPublicSuffix(domain: string): boolean {
  const name = domain.endsWith(".") ? domain.slice(0, -1) : domain;
  if (!name.includes(".")) return true;
  tldts ??= runOutside(requireTldts);
  const options = { allowPrivateDomains: true, extractHostname: false, validateHostname: false };
  return tldts.getPublicSuffix(name, options) === name;
}

function requireTldts(): typeof Tldts {
  try {
    // The version is that of deno.json, since a graph knows a package by the name it is asked for.
    const url = import.meta.resolve("npm:tldts@7.5.4");
    // Importing node:module or node:process would cost every program 7 ms; this costs who needs it.
    const { getBuiltinModule } = globalThis.process;
    const { fileURLToPath } = getBuiltinModule("node:url");
    return getBuiltinModule("node:module").createRequire(url)(fileURLToPath(url));
  } catch (cause) {
    throw new UnsupportedError(
      "Cannot look a cookie's Domain up: this platform does not load the public suffix list at once; " +
        "await CookieJar.prepare() before",
      { cause },
    );
  }
}
