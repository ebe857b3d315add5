import { pathToFileURL } from "node:url";

/** The URL of a module that is named by its path or its URL. */
export function moduleUrl(module: string | URL): URL {
  if (module instanceof URL) return module;
  // A drive's letter is no scheme; and not the URL parser alone, since a path may hold "#" and "?".
  const isUrl = URL.canParse(module) && !/^[a-z]:[\\/]/i.test(module);
  return isUrl ? new URL(module) : pathToFileURL(module);
}
