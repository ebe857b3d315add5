/**
 * HTTP/1.1: a client that keeps connections, pipelines, holds its limits and loses nothing.
 *
 * @example Get a page
 * ```ts
 * import { Client } from "@lasa/lasa/http";
 *
 * const server = Deno.serve({ port: 0, onListen() {} }, () => new Response("hello"));
 * await using client = new Client();
 * const response = await client.get(`http://127.0.0.1:${server.addr.port}/`);
 * console.log(response.status, await response.text()); // 200 "hello"
 * await client.closeAll();
 * await server.shutdown();
 * ```
 *
 * @module
 */

export { HttpCache } from "./cache/cache.ts";
export { fileCache } from "./cache/file_cache.ts";
export { kvCache, type KvCacheOptions } from "./cache/kv_cache.ts";
export { memoryCache } from "./cache/memory_cache.ts";
export type { CacheOptions, CacheStats } from "./cache/options.ts";
export type { CacheMode } from "./cache/wish.ts";
export { Client } from "./client.ts";
export type { Cookie, CookieContext, SameSite } from "./cookies/cookie.ts";
export { CookieFileError, type CookieFormat } from "./cookies/cookie_file.ts";
export { CookieJar, type CookieJarOptions, type SaveOptions } from "./cookies/jar.ts";
export { fetch } from "./default_client.ts";
export {
  download,
  type Downloaded,
  type DownloadOptions,
  type DownloadProgress,
} from "./download.ts";
export type { Hooks, OutgoingRequest, RedirectEvent, RetryEvent } from "./hooks.ts";
export type {
  AllowAddress,
  Body,
  CircuitOptions,
  CircuitState,
  ClientOptions,
  HeadersLike,
  InformationalResponse,
  ProxyLike,
  ProxyOptions,
  RequestOptions,
  Resolve,
  RetryOptions,
  Timeouts,
} from "./options.ts";
export { HttpResponse, type Redirect, type SentRequest, type Timings } from "./response.ts";
export type { ClientStats, Totals } from "./totals.ts";
export type {
  ClientEvent,
  DebugEvent,
  DebugEventBase,
  DebugLevel,
  DebugListener,
  DebugOptions,
  ProtocolEvent,
  StreamEvent,
} from "../tap.ts";
