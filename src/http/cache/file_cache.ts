import { HttpCache } from "./cache.ts";
import { type CacheOptions, cacheSettings } from "./options.ts";

/** Bytes that a cache in files holds unless told. */
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * A cache in a folder: it outlives the process, and several processes may use one folder. Whatever is
 * killed when, what is found there is whole.
 *
 * @param folder Where; it is made with the first response. It should be this cache's alone, and nobody
 *   else's to read: what a private cache keeps is private.
 * @param options What it holds and how it judges. Default 512 MiB, for one user.
 * @throws {RangeError} Where a limit makes no sense.
 *
 * @example What one client has fetched, the next one finds
 * ```ts
 * import { http } from "@lasa/lasa";
 *
 * const folder = await Deno.makeTempDir();
 * const server = Deno.serve(
 *   { port: 0, onListen() {} },
 *   () => new Response("hello", { headers: { "cache-control": "max-age=60" } }),
 * );
 * for (let n = 0; n < 2; n++) {
 *   await using cache = http.fileCache(folder);
 *   await using client = new http.Client({ cache });
 *   const response = await client.get(`http://127.0.0.1:${server.addr.port}/`);
 *   console.log(response.fromCache, await response.text()); // false "hello", true "hello"
 * }
 * await server.shutdown();
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export function fileCache(folder: string | URL, options: CacheOptions = {}): HttpCache {
  const settings = cacheSettings(options, MAX_BYTES);
  const path = folder instanceof URL ? pathOf(folder) : folder;
  return new HttpCache(async () => {
    const { FileStore } = await import("./file_store.ts");
    return new FileStore(path, settings.maxBytes, settings.maxEntryBytes);
  }, settings);
}

function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname).replace(/\/$/, "");
  return Deno.build.os === "windows" ? path.slice(1) : path;
}
