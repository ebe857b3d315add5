import { HttpCache } from "./cache.ts";
import { type CacheOptions, cacheSettings } from "./options.ts";

/** Bytes that a cache in memory holds unless told. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * A cache in memory: quick, and gone with the process.
 *
 * @param options What it holds and how it judges. Default 64 MiB, for one user.
 * @throws {RangeError} Where a limit makes no sense.
 *
 * @example The second answer comes from memory
 * ```ts
 * import { http } from "@lasa/lasa";
 *
 * const server = Deno.serve(
 *   { port: 0, onListen() {} },
 *   () => new Response("hello", { headers: { "cache-control": "max-age=60" } }),
 * );
 * await using client = new http.Client({ cache: http.memoryCache() });
 * for (let n = 0; n < 2; n++) {
 *   const response = await client.get(`http://127.0.0.1:${server.addr.port}/`);
 *   console.log(response.fromCache, await response.text()); // false "hello", true "hello"
 * }
 * await client.closeAll();
 * await server.shutdown();
 * ```
 */
export function memoryCache(options: CacheOptions = {}): HttpCache {
  const settings = cacheSettings(options, MAX_BYTES);
  return new HttpCache(async () => {
    const { MemoryStore } = await import("./memory_store.ts");
    return new MemoryStore(settings.maxBytes, settings.maxEntryBytes);
  }, settings);
}
