/**
 * lasa, light-thread asynchronous sockets: code that reads as if it blocked, thousands of it at once.
 *
 * - {@linkcode thread}, {@linkcode sleep}, {@linkcode timer}, {@linkcode Semaphore},
 *   {@linkcode Channel}, {@linkcode select}: light threads, and what they wait on;
 *   {@linkcode detach} for a processor of one's own.
 * - {@linkcode socket}: TCP and UDP cosockets.
 * - {@linkcode http}: an HTTP/1.1 client that keeps connections, pipelines and holds its limits.
 * - {@linkcode websocket}: WebSocket clients and servers, frames at hand when wanted.
 * - the helpers: digests, Base64, URI escapes, clocks, the log.
 *
 * Every wait is one kind of wait: it can time out, it ends when its thread is killed, and
 * `thread.list()` tells who waits on what. Every error is a {@linkcode LasaError} with a `code`.
 *
 * @example Many pages, few connections
 * ```ts
 * import { http, thread } from "@lasa/lasa";
 *
 * const server = Deno.serve({ port: 0, onListen() {} }, (r) => new Response(new URL(r.url).pathname));
 * const base = `http://127.0.0.1:${server.addr.port}`;
 * await using client = new http.Client({ maxConnPerTarget: 4 });
 *
 * const jobs = ["/a", "/b", "/c"].map((path) =>
 *   thread.spawn(async () => (await client.get(base + path)).text())
 * );
 * for (const end of await thread.waitAll(...jobs)) console.log(end.ok && end.value); // "/a" "/b" "/c"
 *
 * await client.closeAll();
 * await server.shutdown();
 * ```
 *
 * @module
 */

export * as http from "./src/http/mod.ts";
export * as socket from "./src/socket/mod.ts";
export * as thread from "./src/thread/mod.ts";
export * as timer from "./src/thread/timer.ts";
export * as websocket from "./src/websocket/mod.ts";
export { after, Channel, detach, select, Semaphore, shutdown, sleep } from "./src/thread/mod.ts";
export { run, type RunOptions } from "./src/cli/run.ts";
export * from "./src/codec/mod.ts";
export * from "./src/errors.ts";
export { log, type LogLevel, type LogLevelName, setMinLevel } from "./src/log.ts";
