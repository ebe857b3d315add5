import { ClosedError, LasaError, LocalProtocolError } from "../errors.ts";
import type { Field } from "../protocol/http1/headers.ts";
import type { DebugListener } from "../tap.ts";
import { clockNow } from "../thread/clock.ts";
import { refusal } from "../thread/wait.ts";
import { exchangeCached } from "./cached_exchange.ts";
import type { CookieJar } from "./cookies/jar.ts";
import { ClientJars, exchangeCookies } from "./cookies/jars.ts";
import { type CourseOwner, goOn, isLast, runCourse } from "./course.ts";
import { download, type Downloaded, type DownloadOptions } from "./download.ts";
import { type AnswerCourse, Exchange } from "./exchange.ts";
import { type Fetch, fetchOf } from "./fetch.ts";
import { checkClientOptions, checkRequestOptions } from "./option_kinds.ts";
import type { CircuitState, ClientOptions, RequestOptions } from "./options.ts";
import { pairsOf, type Settings, settingsOf } from "./settings.ts";
import { plainPlan, planOf, type RequestPlan } from "./plan.ts";
import { standardFields } from "./request_fields.ts";
import { Pool } from "./pool.ts";
import type { HttpResponse } from "./response.ts";
import { rest } from "./rest.ts";
import { wishOf } from "./route.ts";
import { parseUrl, splitPlainUrl } from "./target.ts";
import { Targets } from "./targets.ts";
import { type ClientStats, newTotals, type Totals } from "./totals.ts";

/**
 * An HTTP/1.1 client: keeps connections, pipelines what may be repeated, holds its limits.
 *
 * @example Several requests over few connections
 * ```ts
 * import { http } from "@lasa/lasa";
 *
 * const server = Deno.serve({ port: 0, onListen() {} }, (r) => new Response(new URL(r.url).pathname));
 * await using client = new http.Client({ maxConnPerTarget: 2 });
 * const base = `http://127.0.0.1:${server.addr.port}`;
 * const answers = await Promise.all([1, 2, 3].map((n) => client.get(`${base}/${n}`)));
 * for (const answer of answers) console.log(answer.status, await answer.text()); // 200 "/1" …
 * await client.closeAll();
 * await server.shutdown();
 * ```
 */
export class Client implements AsyncDisposable {
  readonly #options: ClientOptions;
  readonly #settings: Settings;
  readonly #standard: readonly Field[];
  readonly #totals: Totals = newTotals();
  readonly #pool: Pool;
  readonly #targets: Targets;
  /** `null` where the client keeps no cookies. */
  readonly #jars: ClientJars | null;
  readonly #course: CourseOwner;
  #fetch: Fetch | null = null;
  #isClosed = false;

  /**
   * Makes a client; nothing is opened yet.
   *
   * @param options Limits and defaults.
   * @throws {RangeError} Where a limit or a duration makes no sense.
   * @throws {LocalProtocolError} Where a default header cannot be sent.
   */
  constructor(options: ClientOptions = {}) {
    this.#options = options;
    this.#settings = settingsOf(options);
    this.#standard = standardFields(this.#settings);
    this.#targets = new Targets(this.#settings, this.#standard);
    this.#pool = new Pool(this.#settings, this.#totals, () => this.#targets.all());
    this.#jars = options.cookies ? new ClientJars(options.cookies) : null;
    this.#course = this.#courseOwner();
  }

  /**
   * Sends a request and waits for the head of its answer; the body is read from the response.
   *
   * @param url Where to, or all options with the URL among them.
   * @param options What else to tell.
   * @returns The response, whatever its status.
   * @throws {TimeoutError} Where a phase, or the whole exchange, took too long; `phase` says which.
   * @throws {BrokenError} Where the connection could not be had or was lost; `sent` says what had left.
   * @throws {RemoteProtocolError} Where the answer is not HTTP/1.1, or can be read in two ways.
   * @throws {LocalProtocolError} Where the request cannot be sent as it is asked for.
   * @throws {LimitError} Where a limit is reached; `limit` is its name.
   * @throws {BrokenError} (code `"circuit open"`) Where the target is left alone for a while.
   * @throws {AbortedError} Where the signal fires, {@linkcode KilledError} where the thread is killed.
   */
  request(
    url: string | URL | (RequestOptions & { url: string | URL }),
    options?: RequestOptions,
  ): Promise<HttpResponse> {
    let plan: RequestPlan;
    try {
      const error = refusal();
      if (error !== null) throw unsent(error);
      plan = this.#plan(url, options);
    } catch (error) {
      return Promise.reject(error);
    }
    return runCourse(this.#course, plan);
  }

  /** Sends a GET request; see {@linkcode Client.request}. */
  get(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request(url, options && { ...options, method: "GET" });
  }

  /** Sends a HEAD request; see {@linkcode Client.request}. */
  head(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request(url, { ...options, method: "HEAD" });
  }

  /** Sends a POST request; see {@linkcode Client.request}. */
  post(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request(url, { ...options, method: "POST" });
  }

  /** Sends a PUT request; see {@linkcode Client.request}. */
  put(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request(url, { ...options, method: "PUT" });
  }

  /** Sends a PATCH request; see {@linkcode Client.request}. */
  patch(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request(url, { ...options, method: "PATCH" });
  }

  /** Sends a DELETE request; see {@linkcode Client.request}. */
  delete(url: string | URL, options?: RequestOptions): Promise<HttpResponse> {
    return this.request(url, { ...options, method: "DELETE" });
  }

  /**
   * `fetch` as the platform has it, on this client's connections: to be given to libraries that take
   * one. It needs no binding. Where a request makes no sense or fails it throws a `TypeError`, as the
   * standard has it; `cause` is lasa's own error.
   *
   * @example In place of the platform's
   * ```ts
   * import { http } from "@lasa/lasa";
   *
   * const server = Deno.serve({ port: 0, onListen() {} }, () => new Response("hello"));
   * const client = new http.Client();
   * const { fetch } = client;
   * const response = await fetch(`http://127.0.0.1:${server.addr.port}/`);
   * console.log(response.ok, await response.text()); // true "hello"
   * await client.closeAll();
   * await server.shutdown();
   * ```
   */
  get fetch(): (input: Request | URL | string, init?: RequestInit) => Promise<Response> {
    return this.#fetch ??= fetchOf(this);
  }

  /**
   * Loads a file, and goes on where its connection breaks; see {@linkcode download}.
   *
   * @param url Where from.
   * @param destination The path of a file, which is replaced, or a stream, which is closed or aborted.
   * @param options What else to tell.
   * @returns What was loaded.
   *
   * @example How far it is
   * ```ts
   * import { http } from "@lasa/lasa";
   *
   * const server = Deno.serve({ port: 0, onListen() {} }, () => new Response("hello"));
   * const client = new http.Client();
   * const file = await Deno.makeTempFile();
   * await client.download(`http://127.0.0.1:${server.addr.port}/`, file, {
   *   onProgress: ({ receivedBytes, totalBytes }) => console.log(receivedBytes, totalBytes), // 5 5
   * });
   * await client.closeAll();
   * await server.shutdown();
   * ```
   */
  download(
    url: string | URL,
    destination: string | URL | WritableStream<Uint8Array>,
    options?: DownloadOptions,
  ): Promise<Downloaded> {
    return download(this, url, destination, options);
  }

  /**
   * A client of its own with this one's options, and others over them; of headers, hooks, timeouts and
   * retry rules each by itself.
   *
   * @param options What is to be different.
   *
   * @example The same, but patient
   * ```ts
   * import { http } from "@lasa/lasa";
   *
   * const client = new http.Client({ maxConn: 8 });
   * const patient = client.extend({ timeouts: { headers: 120_000 } });
   * console.log(patient.stats().connections); // 0
   * ```
   */
  extend(options: ClientOptions): Client {
    checkClientOptions(options);
    const own = this.#options;
    return new Client({
      ...own,
      ...options,
      timeouts: { ...own.timeouts, ...options.timeouts },
      retry: { ...own.retry, ...options.retry },
      hooks: { ...own.hooks, ...options.hooks },
      headers: mergedFields(pairsOf(own.headers), pairsOf(options.headers)),
    });
  }

  /**
   * Whether requests to where a URL leads are let through; see `circuit` in {@linkcode ClientOptions}.
   *
   * @param url Any URL of the target.
   * @returns Its state; always closed where the client has no circuits.
   *
   * @example Ask before a long batch
   * ```ts
   * import { http } from "@lasa/lasa";
   *
   * const client = new http.Client({ circuit: { maxFailures: 3, openMs: 5_000 } });
   * console.log(client.circuit("http://127.0.0.1:8080/").state); // "closed"
   * ```
   */
  circuit(url: string | URL): CircuitState {
    const { protocol, host } = parseUrl(url);
    const circuit = this.#targets.knownCircuit(`${protocol}//${host}`);
    return circuit?.state(clockNow()) ?? { state: "closed", failures: 0, retryInMs: 0 };
  }

  /**
   * The jar that keeps the cookies of requests from a client IP.
   *
   * @param clientIp The client IP; of requests without one, where none is given.
   * @returns The jar; `null` where the client keeps no cookies.
   *
   * @example What a server has set
   * ```ts
   * import { http } from "@lasa/lasa";
   *
   * const server = Deno.serve(
   *   { port: 0, onListen() {} },
   *   () => new Response("", { headers: { "set-cookie": "id=7" } }),
   * );
   * await using client = new http.Client({ cookies: true });
   * const url = `http://127.0.0.1:${server.addr.port}/`;
   * await (await client.get(url)).discard();
   * console.log(client.jar()?.cookieHeader(url)); // "id=7"
   * await client.closeAll();
   * await server.shutdown();
   * ```
   */
  jar(clientIp?: string): CookieJar | null {
    return this.#jars?.jarFor(clientIp) ?? null;
  }

  /**
   * Hears of every step of this client: requests and their waits, messages, bytes. While nobody
   * listens, nothing is paid for it.
   *
   * @param listener Is called with each event, at once; it must neither wait nor throw.
   * @returns Stops listening.
   *
   * @example Count what comes in
   * ```ts
   * import { http } from "@lasa/lasa";
   *
   * const client = new http.Client();
   * let bytes = 0;
   * const stop = client.observe((event) => {
   *   if (event.level === "stream" && event.direction === "in") bytes += event.bytes;
   * });
   * stop();
   * ```
   */
  observe(listener: DebugListener): () => void {
    return this.#settings.tap.listen(listener);
  }

  /** What there is now: connections, requests in line and in flight. */
  stats(): ClientStats {
    return this.#pool.stats();
  }

  /** What has been done since the client was made. */
  totals(): Totals {
    return { ...this.#totals };
  }

  /** Closes all connections; requests that wait fail with `ClosedError`. The client stays usable. */
  async closeAll(): Promise<void> {
    await this.#pool.closeAll();
    await this.#settings.cache?.cache.settled();
  }

  /** Closes all connections, and the client for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await this.closeAll();
  }

  #courseOwner(): CourseOwner {
    const settings = this.#settings;
    return {
      settings,
      standard: this.#standard,
      exchange: (plan, course) => this.#exchange(plan, course),
      isLast,
      goOn: (plan, response) => goOn(this.#course, plan, response),
      isDirect: (plan) =>
        settings.circuit === null && this.#jars === null && plan.cache === null &&
        typeof plan.cookies === "boolean",
      // Hits cost the target nothing, so its circuit stands behind the cache.
      around: (plan, attempt) =>
        exchangeCookies(this.#jars, plan, (plan) => exchangeCached(plan, settings, attempt)),
      targetAfter: (plan, url) => this.#targets.after(plan, url),
      targetAgain: (plan) => this.#targets.again(plan),
      rest: (plan, ms) => rest(this.#pool, plan, ms),
      tryRetry: (target) => this.#pool.tryRetry(target),
      onOverload: (plan, restMs) => this.#targets.onOverload(plan.target, restMs),
      circuitOf: (target) => this.#targets.circuitOf(target),
    };
  }

  #exchange(plan: RequestPlan, course: AnswerCourse | null): Promise<HttpResponse> {
    const error = this.#isClosed
      ? new ClosedError("Cannot send a request: the client was closed", { sent: "none" })
      : refusal(plan.signal);
    if (error !== null) return Promise.reject(unsent(error));
    const exchange = new Exchange(plan, this.#pool, course);
    this.#pool.submit(exchange);
    return exchange.waiter.promise;
  }

  #plan(
    first: string | URL | (RequestOptions & { url: string | URL }),
    second: RequestOptions | undefined,
  ): RequestPlan {
    if (typeof first === "string" && second === undefined) {
      const parts = splitPlainUrl(first);
      if (parts !== null) {
        const target = this.#targets.plain(parts.origin);
        if (target !== null) return plainPlan(first, target, parts.path, this.#settings);
      }
    }
    const isUrl = typeof first === "string" || first instanceof URL;
    const options: RequestOptions = isUrl ? second ?? {} : { ...first, ...second };
    checkRequestOptions(options);
    const given = isUrl ? first : options.url;
    if (given === undefined) {
      throw new LocalProtocolError("Cannot send a request: no URL was given");
    }
    const url = parseUrl(given);
    const target = this.#targets.of(url, options.clientIp, wishOf(options));
    return planOf(url, target, options, this.#settings, this.#standard);
  }
}

/** What fails before it has begun. */
function unsent(error: Error): Error {
  if (error instanceof LasaError) error.sent ??= "none";
  return error;
}

/** The fields of both; those of `over` in place of their namesakes. */
function mergedFields(fields: readonly Field[], over: readonly Field[]): readonly Field[] {
  const names = new Set(over.map(([name]) => name.toLowerCase()));
  return [...fields.filter(([name]) => !names.has(name.toLowerCase())), ...over];
}
