/**
 * The cache that callers hold.
 *
 * What does its work is loaded with the first request that needs it: most programs that import lasa
 * use no cache, and need not wait for thirty files about one.
 *
 * @module
 */

import { loadOutside } from "../../thread/frame.ts";
import type { Answer, OriginResponse } from "./answer.ts";
import type { CacheEngine, Forward } from "./engine.ts";
import type { CacheSettings, CacheStats } from "./options.ts";
import type { CacheStore, Eventually } from "./store.ts";
import type { CacheRequest } from "./wish.ts";

/**
 * Keeps responses and answers requests with them, as RFC 9111 has it. Made by `memoryCache`,
 * `fileCache` and `kvCache`; several clients may share one.
 */
export class HttpCache implements AsyncDisposable {
  readonly #loadStore: () => Promise<CacheStore>;
  readonly #settings: CacheSettings;
  #engine: CacheEngine | null = null;
  #loading: Promise<CacheEngine> | null = null;

  /** @internal Caches are made by the functions that name their store. */
  constructor(loadStore: () => Promise<CacheStore>, settings: CacheSettings) {
    this.#loadStore = loadStore;
    this.#settings = settings;
  }

  /**
   * @internal Answers a request, from what is kept or from its origin. Answers at once where the
   * store does and the origin need not be asked.
   */
  handle<R extends OriginResponse>(
    request: CacheRequest,
    forward: Forward<R>,
  ): Eventually<Answer<R>> {
    const engine = this.#engine;
    if (engine !== null) return engine.handle(request, forward);
    return this.#load().then((loaded) => loaded.handle(request, forward));
  }

  /** Forgets what is kept for a URL. */
  async delete(url: string | URL): Promise<void> {
    const parsed = new URL(url);
    parsed.hash = "";
    const engine = await this.#load();
    await engine.delete(parsed.href);
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    const engine = await this.#load();
    await engine.clear();
  }

  /** What is kept, and what has been done. */
  async stats(): Promise<CacheStats> {
    const engine = await this.#load();
    return await engine.stats();
  }

  /** @internal Waits until nothing is done behind anybody's back any more. */
  async settled(): Promise<void> {
    const engine = await this.#loaded();
    await engine?.settled();
  }

  /** Finishes what is being kept and lets go of the store. What it keeps stays kept. */
  async close(): Promise<void> {
    const engine = await this.#loaded();
    await engine?.close();
  }

  /** The same as {@linkcode HttpCache.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #load(): Promise<CacheEngine> {
    return this.#loading ??= loadOutside(() => this.#makeEngine()).catch((error) => {
      // What could not be loaded now (no network, no permission) may be later.
      this.#loading = null;
      throw error;
    });
  }

  async #makeEngine(): Promise<CacheEngine> {
    const [{ CacheEngine }, store] = await Promise.all([import("./engine.ts"), this.#loadStore()]);
    return this.#engine = new CacheEngine(store, this.#settings);
  }

  /** What does the work, if anything was to be done so far. */
  async #loaded(): Promise<CacheEngine | null> {
    return this.#engine ?? await this.#loading?.catch(() => null) ?? null;
  }
}
