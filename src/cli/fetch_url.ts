import { KilledError, LocalProtocolError } from "../errors.ts";
import type { Client } from "../http/client.ts";
import type { RequestOptions } from "../http/options.ts";
import type { HttpResponse } from "../http/response.ts";
import type { FetchOptions } from "./arguments.ts";
import { NOWHERE, type OpenSink } from "./body_sink.ts";
import type { Outcome, Tally } from "./tally.ts";
import type { ListEntry } from "./url_list.ts";

/** Fetches URLs, each from its first byte to its last. */
export class UrlFetcher {
  readonly #client: Client;
  readonly #openSink: OpenSink;
  readonly #keepsErrorPages: boolean;
  readonly #request: RequestOptions | undefined;
  readonly #tally: Tally;

  /** Makes a fetcher that sends what the options say, and counts bytes as they come. */
  constructor(client: Client, openSink: OpenSink, options: FetchOptions, tally: Tally) {
    this.#client = client;
    this.#openSink = openSink;
    this.#keepsErrorPages = options.out === null;
    this.#tally = tally;
    // Headers belong to the request, not to the client: there a redirect to somewhere else would
    // carry an Authorization along.
    const { headers, timeoutMs } = options;
    this.#request = headers.length === 0 && timeoutMs === null ? undefined : {
      headers: headers,
      ...(timeoutMs === null ? {} : { timeout: timeoutMs }),
    };
  }

  /**
   * Fetches one URL. Whatever goes wrong is told in the outcome.
   *
   * @throws {KilledError} Where the thread is killed meanwhile; then there is no outcome.
   */
  async fetch(entry: ListEntry): Promise<Outcome> {
    const startedAt = performance.now();
    const soFar: { finalUrl?: string; status?: number; bytes: number; sha256?: string } = {
      bytes: 0,
    };
    let error: Error | undefined;
    try {
      const url = parseEntry(entry);
      const response = await this.#client.request(url.href, this.#request);
      soFar.finalUrl = response.url;
      soFar.status = response.status;
      soFar.sha256 = await this.#readBody(url, response, soFar);
    } catch (thrown) {
      if (thrown instanceof KilledError) throw thrown;
      error = thrown instanceof Error ? thrown : new Error(String(thrown));
    }
    return { url: entry.text, ...soFar, ms: performance.now() - startedAt, error };
  }

  async #readBody(
    url: URL,
    response: HttpResponse,
    soFar: { bytes: number },
  ): Promise<string | undefined> {
    const isWanted = this.#keepsErrorPages || response.status < 400;
    await using sink = isWanted ? await this.#openSink(url) : NOWHERE;
    for await (const piece of response.chunks()) {
      soFar.bytes += piece.length;
      this.#tally.bodyBytes += piece.length;
      const written = sink.write(piece);
      if (written !== undefined) await written;
    }
    return await sink.keep();
  }
}

function parseEntry({ text, place, fault }: ListEntry): URL {
  const url = fault === undefined ? URL.parse(text) : null;
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url;
  const shown = JSON.stringify(text.length > 100 ? `${text.slice(0, 99)}…` : text);
  throw new LocalProtocolError(
    `Cannot fetch ${place}: ${shown} ${fault ?? "is not an http or https URL"}`,
    { code: "bad url", sent: "none" },
  );
}
