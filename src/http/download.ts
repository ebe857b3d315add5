/**
 * Downloads that outlive their connections: what has come is kept, and only the rest is asked for.
 *
 * @module
 */

import {
  BrokenError,
  LasaError,
  LocalProtocolError,
  RemoteProtocolError,
  TimeoutError,
} from "../errors.ts";
import { clockNow } from "../thread/clock.ts";
import { sleep } from "../thread/sleep.ts";
import { abortedBy, refusal } from "../thread/wait.ts";
import type { Client } from "./client.ts";
import { judge, rangeFields } from "./download_range.ts";
import { type DownloadSink, FileSink, StreamSink } from "./download_sink.ts";
import type { RequestOptions } from "./options.ts";
import type { HttpResponse } from "./response.ts";
import { backoffMs } from "./retry.ts";
import { count, duration, pairsOf, retryOf } from "./settings.ts";
import { parseUrl } from "./target.ts";

/** How far a download has come. */
export interface DownloadProgress {
  /** Bytes at hand, those of an earlier download included. */
  readonly receivedBytes: number;
  /** All bytes; `null` where the server does not say. */
  readonly totalBytes: number | null;
}

/** What a download is told beyond where from and where to. */
export interface DownloadOptions extends
  Pick<
    RequestOptions,
    | "headers"
    | "signal"
    | "timeouts"
    | "clientIp"
    | "maxRedirects"
    | "allowInsecureRedirect"
    | "priority"
    | "proxy"
    | "socketPath"
    | "tls"
    | "retry"
  > {
  /** How often it is gone on with after its connection broke. Default 10. */
  maxRetries?: number;
  /** Milliseconds for all of it, waiting included; the client's own holds for each request. Default: no end. */
  timeout?: number;
  /**
   * Whether to go on with what an earlier download to the same file left, and to leave what has come
   * where this one fails. Default `true`.
   */
  resume?: boolean;
  /** The SHA-256 that the whole must have, in hexadecimal digits. */
  sha256?: string;
  /** Called after each piece. */
  onProgress?: (progress: DownloadProgress) => void;
}

/** A download that is whole. */
export interface Downloaded {
  /** All bytes. */
  readonly bytes: number;
  /** Those that an earlier download had left. */
  readonly resumedFrom: number;
  /** How often the connection broke and it was gone on. */
  readonly resumptions: number;
  /** Where it came from, the last of all redirects. */
  readonly url: string;
}

const MAX_RETRIES = 10;

/**
 * Loads a file, and goes on where its connection breaks, as long as the server still has the same.
 *
 * A file is written as `NAME.part` and takes its name once it is whole; beside it `NAME.part.json`
 * says what it is of. Both stay where the download fails or the process is killed, and the next call
 * goes on with them. Whether the server has the same is asked with `If-Range`, by its strong ETag or,
 * where it has none, by its date; where it has something else, or knows no ranges, a file starts anew.
 * A stream cannot: then, and where nothing tells the same from something else, the download fails.
 *
 * @param client The client to ask with.
 * @param url Where from.
 * @param destination The path of a file, which is replaced, or a stream, which is closed or aborted.
 * @param options What else to tell.
 * @returns What was loaded.
 * @throws {BrokenError} Where the server refuses (code `"status 404"`, say), where it has something
 *   else now and a stream cannot start anew (`"changed"`), where the file cannot be written (`"disk"`),
 *   or where the connection broke once more than `maxRetries`.
 * @throws {RemoteProtocolError} (code `"digest"`) Where the whole has another SHA-256.
 * @throws {BusyError} Where another download writes the same file.
 * @throws {TimeoutError} Where time runs out.
 * @throws {AbortedError} Where the signal fires.
 *
 * @example A file that is loaded whole, or not at all
 * ```ts
 * import { http } from "@lasa/lasa";
 *
 * const server = Deno.serve({ port: 0, onListen() {} }, () => new Response("hello"));
 * const client = new http.Client();
 * const folder = await Deno.makeTempDir();
 * const { bytes } = await http.download(
 *   client,
 *   `http://127.0.0.1:${server.addr.port}/hello.txt`,
 *   `${folder}/hello.txt`,
 * );
 * console.log(bytes, await Deno.readTextFile(`${folder}/hello.txt`)); // 5 "hello"
 * await client.closeAll();
 * await server.shutdown();
 * ```
 */
export async function download(
  client: Client,
  url: string | URL,
  destination: string | URL | WritableStream<Uint8Array>,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const from = parseUrl(url);
  from.hash = "";
  const course = new DownloadCourse(client, from.href, options);
  const sink = destination instanceof WritableStream
    ? await StreamSink.open(destination, options.sha256 !== undefined, options.signal)
    : await FileSink.open(pathOf(destination), from.href, options.resume ?? true);
  try {
    await course.run(sink);
    await course.check(sink);
    await sink.finish();
  } catch (error) {
    const { signal } = options;
    // A stream that was waited for fails with the bare reason.
    const told = signal?.aborted && error === signal.reason ? abortedBy(signal) : error;
    await sink.abandon(told, course.isWorthless);
    throw told;
  }
  return course.result(sink.size);
}

/** One download, from its first request to its last byte. */
class DownloadCourse {
  /** Whether what has come is known to be wrong. */
  isWorthless = false;
  readonly #client: Client;
  readonly #url: string;
  readonly #options: DownloadOptions;
  readonly #maxRetries: number;
  readonly #deadlineAt: number;
  #lastUrl: string;
  #resumedFrom = 0;
  #resumptions = 0;
  /** Breaks since the last byte. */
  #fruitless = 0;
  /** Whether parts are asked for; not again once the server has sent one that is useless. */
  #asksForParts = true;

  constructor(client: Client, url: string, options: DownloadOptions) {
    checkOptions(options);
    this.#client = client;
    this.#url = this.#lastUrl = url;
    this.#options = options;
    this.#maxRetries = count("maxRetries", options.maxRetries, MAX_RETRIES, 0);
    const timeout = duration("timeout", options.timeout, Infinity);
    this.#deadlineAt = timeout === Infinity ? Infinity : clockNow() + timeout;
  }

  /** Loads until all has come. */
  async run(sink: DownloadSink): Promise<void> {
    this.#resumedFrom = sink.known === null ? 0 : sink.size;
    for (let hasAnswered = false;;) {
      try {
        const response = await this.#ask(sink);
        hasAnswered = true;
        if (await this.#take(sink, response)) return;
      } catch (error) {
        // Whoever was never reached may be the wrong one; the client itself has tried more than once.
        if (!hasAnswered || !this.#canGoOn(error)) throw error;
        if (++this.#resumptions > this.#maxRetries) throw error;
        await this.#rest();
      }
    }
  }

  /** Checks that the whole is what the caller wanted. */
  async check(sink: DownloadSink): Promise<void> {
    const { sha256 } = this.#options;
    if (sha256 === undefined) return;
    const has = await sink.sha256();
    if (has === sha256.toLowerCase()) return;
    this.isWorthless = true;
    throw new RemoteProtocolError(
      `Cannot download ${this.#url}: its SHA-256 is ${has}, not ${sha256}`,
      { code: "digest" },
    );
  }

  /** What was loaded. */
  result(bytes: number): Downloaded {
    return {
      bytes,
      resumedFrom: this.#resumedFrom,
      resumptions: this.#resumptions,
      url: this.#lastUrl,
    };
  }

  /** Asks for all, or for what comes behind the bytes at hand. */
  async #ask(sink: DownloadSink): Promise<HttpResponse> {
    const { headers, timeouts, signal, retry, clientIp, priority, proxy, socketPath, tls } =
      this.#options;
    const { maxRedirects, allowInsecureRedirect } = this.#options;
    const range = this.#asksForParts ? rangeFields(sink.size, sink.known) : [];
    const timeout = this.#deadlineAt === Infinity
      ? {}
      : { timeout: Math.max(1, this.#deadlineAt - clockNow()) };
    return await this.#client.request(this.#url, {
      ...{ timeouts, signal, retry, clientIp, priority, proxy, socketPath, tls },
      ...{ maxRedirects, allowInsecureRedirect },
      ...timeout,
      // A part of a coded body could not be decoded; what is coded all the same is decoded.
      headers: [["Accept-Encoding", "identity"], ...pairsOf(headers), ...range],
      decompress: true,
      // A file has no place in a cache, and parts are put together here.
      cache: false,
    });
  }

  /** Takes what an answer brings. @returns Whether all has come. */
  async #take(sink: DownloadSink, response: HttpResponse): Promise<boolean> {
    this.#lastUrl = response.url;
    const from = this.#asksForParts && sink.known?.validator != null ? sink.size : 0;
    const verdict = judge(response, from, sink.known);
    switch (verdict.kind) {
      case "complete":
        await response.discard();
        return true;
      case "refusal":
        await response.discard();
        throw new BrokenError(`Cannot download ${this.#url}: status is ${response.status}`, {
          code: `status ${response.status}`,
          sent: "all",
        });
      case "useless":
        await response.discard();
        this.#asksForParts = false;
        throw new RemoteProtocolError(`Cannot go on with ${this.#url}: ${verdict.why}`, {
          code: "incomplete",
          sent: "all",
        });
      case "whole":
        try {
          await sink.begin(verdict.of);
        } catch (error) {
          await response.discard();
          throw error;
        }
        this.#resumedFrom = 0;
    }
    const { totalBytes } = verdict.of;
    const pieces = response.takePieces();
    if (pieces !== null) {
      await sink.take(pieces, () => {
        this.#fruitless = 0;
        this.#options.onProgress?.({ receivedBytes: sink.size, totalBytes });
        // What has arrived already is read without a wait that a kill or the signal could end.
        const error = refusal(this.#options.signal);
        if (error !== null) throw error;
      });
    }
    // A server may send less than what it was asked for (§15.3.7).
    return totalBytes === null || sink.size >= totalBytes;
  }

  /** Whether an error is a connection's end, which another connection makes good. */
  #canGoOn(error: unknown): boolean {
    if (!(error instanceof LasaError) || clockNow() >= this.#deadlineAt) return false;
    if (error instanceof TimeoutError) return error.phase !== "deadline";
    if (error instanceof RemoteProtocolError) return error.code === "incomplete";
    if (!(error instanceof BrokenError)) return false;
    if (error.code.startsWith("status ")) {
      return /^status (408|429|500|502|503|504)$/.test(error.code);
    }
    return error.code !== "disk" && error.code !== "changed";
  }

  async #rest(): Promise<void> {
    const { retry, signal } = this.#options;
    const ms = backoffMs(retryOf(retry === false ? undefined : retry), ++this.#fruitless);
    await sleep(Math.min(ms, this.#deadlineAt - clockNow()), { signal });
  }
}

function checkOptions({ headers, sha256 }: DownloadOptions): void {
  for (const [name] of pairsOf(headers)) {
    if (/^(range|if-range|accept-encoding)$/i.test(name)) {
      throw new LocalProtocolError(`Cannot download with the header ${name}: it is the download's`);
    }
  }
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new TypeError(`Cannot check the download: sha256 is ${JSON.stringify(sha256)}`);
  }
}

function pathOf(destination: string | URL): string {
  if (typeof destination === "string") return destination;
  if (destination.protocol !== "file:") {
    throw new TypeError(`Cannot download to ${destination.href}: it is no file`);
  }
  const path = decodeURIComponent(destination.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}
