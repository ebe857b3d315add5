import { HttpCache } from "./cache.ts";
import { type CacheOptions, cacheSettings } from "./options.ts";

/** Bytes that a cache in Deno KV holds unless told. */
const MAX_BYTES = 64 * 1024 * 1024;

/** What a cache in Deno KV can be told. */
export interface KvCacheOptions extends CacheOptions {
  /** What its keys begin with. Default `["lasa", "http"]`. */
  prefix?: Deno.KvKey;
}

/**
 * A cache in Deno KV, which an edge host has where it has no files. The database stays open when the
 * cache is closed: it was opened by somebody else.
 *
 * @param kv The database, as `Deno.openKv` gives it.
 * @param options What it holds and how it judges. Default 64 MiB, for one user.
 * @throws {RangeError} Where a limit makes no sense.
 *
 * @example On Deno Deploy, or with `--unstable-kv`
 * ```ts ignore
 * import { http } from "@lasa/lasa";
 *
 * using kv = await Deno.openKv();
 * await using client = new http.Client({ cache: http.kvCache(kv, { shared: true }) });
 * ```
 */
export function kvCache(kv: Deno.Kv, options: KvCacheOptions = {}): HttpCache {
  const settings = cacheSettings(options, MAX_BYTES);
  const prefix = options.prefix ?? ["lasa", "http"];
  return new HttpCache(async () => {
    const { KvStore } = await import("./kv_store.ts");
    return new KvStore(kv, prefix, settings.maxBytes, settings.maxEntryBytes);
  }, settings);
}
