import { LocalProtocolError, RemoteProtocolError } from "../errors.ts";
import { quoted } from "../protocol/http1/grammar.ts";
import type { Framing } from "../protocol/http1/framing.ts";
import type { Field } from "../protocol/http1/headers.ts";
import type { TcpSocket } from "../socket/tcp.ts";
import { turnNow } from "../thread/clock.ts";
import { refusal } from "../thread/wait.ts";
import { streamOf } from "./body_stream.ts";
import { decoded, decodedWhole, type Pieces } from "./decode.ts";
import { CheckedBody, digestOf } from "./digest_check.ts";
import { gathered } from "./gather.ts";
import type { RequestPlan } from "./plan.ts";
import type { ResponseBody } from "./response_body.ts";
import type { Settings } from "./settings.ts";

/** When things happened, in milliseconds from the moment the request was asked for. */
export interface Timings {
  /** Its last byte was handed to the system. */
  sent: number;
  /** The head of the answer had been read. */
  headers: number;
}

/** An answer that led elsewhere. */
export interface Redirect {
  /** Its status. */
  readonly status: number;
  /** What had been asked for. */
  readonly url: string;
  /** Where it led, as it stood in the answer. */
  readonly location: string;
}

/** What was asked for, as it was sent. */
export interface SentRequest {
  /** The method. */
  readonly method: string;
  /** The URL. */
  readonly url: string;
}

/** @internal What a response reads of its head, wherever that comes from. */
export interface ReadHead {
  readonly status: number;
  readonly reason: string;
  readonly fields: {
    readonly all: readonly Field[];
    get(name: string): string | null;
    toHeaders(): Headers;
  };
  readonly framing: Framing;
  /** Whether a `Content-Encoding` field is there. */
  readonly isEncoded: boolean;
}

/** @internal What a response reads of how it was asked for. */
export interface AskedFor {
  readonly plan: RequestPlan;
  readonly startedAt: number;
  readonly sentAt: number;
  readonly retries: number;
}

const decoder = new TextDecoder();

/** The statuses that the Fetch standard gives no body. */
export const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * The answer to a request: its head, and its body once, in the form that is asked for.
 *
 * A body that is not wanted should be given up with {@linkcode HttpResponse.discard}: until it is
 * read or given up it holds its connection.
 *
 * @example Head, then body
 * ```ts
 * import { http } from "@lasa/lasa";
 *
 * const server = Deno.serve({ port: 0, onListen() {} }, () => new Response("hello"));
 * await using client = new http.Client();
 * const response = await client.get(`http://127.0.0.1:${server.addr.port}/`);
 * console.log(response.status, await response.text()); // 200 "hello"
 * await client.closeAll();
 * await server.shutdown();
 * ```
 */
export class HttpResponse {
  /** The status code. */
  readonly status: number;
  /** Where it came from, the last of all redirects. */
  readonly url: string;
  /** The redirects that led here, in their order. */
  redirects: readonly Redirect[] = [];
  /** How often the request was sent again. */
  retryCount: number;
  /** Whether it came from a cache. */
  fromCache = false;
  readonly #head: ReadHead;
  #body: ResponseBody | null;
  readonly #exchange: AskedFor;
  readonly #settings: Settings;
  readonly #headAt = turnNow();
  readonly #socket: TcpSocket | null;
  #isSocketTaken = false;
  #headers: Headers | null = null;
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;

  /** @internal Responses are made by connections, and by the cache. */
  constructor(
    exchange: AskedFor,
    head: ReadHead,
    body: ResponseBody | null,
    settings: Settings,
    socket: TcpSocket | null = null,
  ) {
    this.status = head.status;
    this.url = exchange.plan.url;
    this.retryCount = exchange.retries;
    this.#exchange = exchange;
    this.#head = head;
    this.#body = body;
    this.#settings = settings;
    this.#socket = socket;
  }

  /** @internal What it is made of, for the cache. */
  parts(): { readonly fields: readonly Field[]; readonly body: ResponseBody | null } {
    return { fields: this.#head.fields.all, body: this.#body };
  }

  /** @internal Has its body come by way of another one. */
  replaceBody(body: ResponseBody | null): void {
    this.#body = body;
  }

  /** @internal The right to read the body, for whoever makes something else of its pieces. */
  takePieces(): Pieces | null {
    return this.#body === null ? null : this.#claim(this.#body);
  }

  /** Whether the status is from 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** The reason phrase. */
  get statusText(): string {
    return this.#head.reason;
  }

  /** The fields. */
  get headers(): Headers {
    return this.#headers ??= this.#head.fields.toHeaders();
  }

  /** How many redirects were followed. */
  get redirectCount(): number {
    return this.redirects.length;
  }

  /** Whether redirects were followed. */
  get redirected(): boolean {
    return this.redirects.length > 0;
  }

  /** What was asked for. */
  get request(): SentRequest {
    return { method: this.#exchange.plan.method, url: this.#exchange.plan.url };
  }

  /** When things happened. */
  get timings(): Timings {
    const start = this.#exchange.startedAt;
    return {
      sent: Math.max(0, this.#exchange.sentAt - start),
      headers: Math.max(0, this.#headAt - start),
    };
  }

  /** The trailer fields, once the body has ended; fails where the body does. */
  get trailers(): Promise<Headers> {
    const body = this.#body;
    if (body === null) return Promise.resolve(new Headers());
    return new Promise((resolve, reject) => {
      body.whenOver(() => {
        if (body.hasEnded) resolve(body.trailers.toHeaders());
        else {reject(
            body.error ?? new LocalProtocolError("Cannot read trailers: body was cancelled"),
          );}
      });
    });
  }

  /**
   * The connection itself, where the answer is that it speaks another protocol from here on (101, or
   * 2xx to `CONNECT`); `null` otherwise. Every byte behind the head is still to be received. It is the
   * caller's to close, and the client's limits do not count it any more.
   *
   * @example A protocol of one's own
   * ```ts
   * import { http, socket } from "@lasa/lasa";
   *
   * await using server = socket.tcp();
   * server.bind("127.0.0.1", 0);
   * const url = `http://127.0.0.1:${server.localAddress!.port}/`;
   * await using client = new http.Client();
   * const asked = client.get(url, { upgrade: "echo" });
   * await using session = await server.accept();
   * await session.receiveUntil("\r\n\r\n")();
   * await session.send("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhi\n");
   * await using connection = (await asked).socket!;
   * console.log(await connection.receive()); // "hi"
   * ```
   */
  get socket(): TcpSocket | null {
    this.#isSocketTaken = true;
    return this.#socket;
  }

  /** Whether somebody has begun to read the body. */
  get bodyUsed(): boolean {
    return this.#body?.isClaimed ?? false;
  }

  /** The body as a stream of bytes; `null` where the answer has none. */
  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#body === null) return null;
    if (this.#stream !== null) return this.#stream;
    return this.#stream = streamOf(this.#claim(this.#body));
  }

  /**
   * The body, piece by piece, decoded. Leaving the loop gives the rest up.
   *
   * @throws {BrokenError} Where the connection is lost in the middle.
   * @throws {RemoteProtocolError} Where the body is not framed or coded as it says; its code is
   *   `"incomplete"` where the server ended the connection in the middle.
   * @throws {TimeoutError} (phase `"body"`) Where the next piece does not come in time.
   * @throws {LimitError} Where it decodes to more than `maxDecodedBytes`.
   */
  chunks(): AsyncIterable<Uint8Array<ArrayBuffer>> {
    return this.#body === null ? NOTHING : inTurn(this.#claim(this.#body));
  }

  /** The whole body, decoded; fails as {@linkcode HttpResponse.chunks} does. */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const whole = this.#takeWhole();
    // What lies in a slab is copied: the caller may keep it, or give its buffer away.
    return whole === null ? this.#gather() : Promise.resolve(whole.slice());
  }

  /** The whole body as text, from UTF-8. */
  text(): Promise<string> {
    const whole = this.#takeWhole();
    if (whole !== null) return Promise.resolve(decoder.decode(whole));
    return this.#gather().then((bytes) => decoder.decode(bytes));
  }

  /** The whole body as JSON. @throws {SyntaxError} Where it is none. */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  /** The whole body in a buffer of its own. */
  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  /** The whole body as a blob, its type that of the answer. */
  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.headers.get("content-type") ?? "" });
  }

  /** The whole body as a form. @throws {TypeError} Where it is none. */
  async formData(): Promise<FormData> {
    const type = this.headers.get("content-type") ?? "";
    return await new Response(await this.bytes(), { headers: { "content-type": type } }).formData();
  }

  /**
   * Gives the body up: little that is left is read so that the connection can be kept. A
   * {@linkcode HttpResponse.socket} that nobody has asked for is closed.
   */
  discard(): Promise<void> {
    if (!this.#isSocketTaken) this.#socket?.shutdownNow();
    const body = this.#body;
    if (body === null) return Promise.resolve();
    if (!body.isClaimed) body.claim();
    body.cancel();
    return Promise.resolve();
  }

  /** The platform's kind of response, with this one's body. */
  toResponse(): Response {
    // 204 and 304 have none anyway (RFC 9112 §6.3 rule 1).
    if (this.status === 205) this.#body?.cancel();
    return new Response(NULL_BODY.has(this.status) ? null : this.body, {
      status: this.status,
      statusText: this.statusText,
      headers: this.headers,
    });
  }

  /** The right to read the body, and its pieces as the caller wants them. */
  #claim(body: ResponseBody): Pieces {
    body.claim();
    const codings = this.#codings;
    if (this.#exchange.plan.checkDigest) {
      const checked = this.#checked(body);
      return codings === null ? checked : decoded(checked, codings, this.#settings);
    }
    return codings === null ? body : decoded(body, codings, this.#settings);
  }

  /** The body under the check of its digest, which is that of what was sent, codings and all. */
  #checked(body: ResponseBody): Pieces {
    const field = this.#head.fields.get("content-digest");
    const expected = digestOf(field);
    if (expected !== null) return new CheckedBody(body, expected);
    if (this.#exchange.plan.checkDigest !== "require") return body;
    body.cancel();
    throw new RemoteProtocolError(
      `Cannot take the body: Content-Digest is ${field === null ? "absent" : quoted(field)}`,
      { code: "digest missing", sent: "all" },
    );
  }

  /** The codings to undo; `null` for none, or where nobody asked for it. */
  get #codings(): string | null {
    if (!this.#head.isEncoded || !this.#exchange.plan.decompress) return null;
    return this.#head.fields.get("content-encoding");
  }

  /** The body where it is here already and needs no decoding; nothing then has to wait. */
  #takeWhole(): Uint8Array<ArrayBuffer> | null {
    const body = this.#body;
    if (body === null) return new Uint8Array(0);
    if (body.isClaimed || !body.hasEnded || this.#head.isEncoded || refusal() !== null) return null;
    if (this.#exchange.plan.checkDigest) return null;
    body.claim();
    return body.takeWhole();
  }

  async #gather(): Promise<Uint8Array<ArrayBuffer>> {
    const body = this.#body;
    if (body === null) return new Uint8Array(0);
    const codings = this.#codings;
    const isHere = body.hasEnded && !body.isClaimed && refusal() === null;
    if (codings !== null && isHere && !this.#exchange.plan.checkDigest) {
      body.claim();
      return await decodedWhole(body.takeWhole()!, codings, this.#settings);
    }
    const pieces = this.#claim(body);
    const { framing } = this.#head;
    // What it decodes to is another matter.
    const isAsAnnounced = framing.kind === "length" && pieces === body;
    return await gathered(pieces, isAsAnnounced ? framing.length : -1);
  }
}

async function* inTurn(pieces: Pieces): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    for (let next = await pieces.read(); next !== null; next = await pieces.read()) yield next;
  } finally {
    pieces.cancel();
  }
}

const NOTHING: AsyncIterable<Uint8Array<ArrayBuffer>> = {
  async *[Symbol.asyncIterator]() {},
};
