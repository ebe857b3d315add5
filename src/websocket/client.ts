/**
 * The client's end of a WebSocket: the handshake goes through the HTTP engine, so that proxies,
 * client IPs, cookies, hooks and TLS are what they are there.
 *
 * @module
 */

import {
  BusyError,
  LasaError,
  type LasaErrorOptions,
  LocalProtocolError,
  RemoteProtocolError,
} from "../errors.ts";
import { encodeBase64 } from "../codec/base64.ts";
import { Client as HttpClient } from "../http/client.ts";
import type { HeadersLike } from "../http/options.ts";
import {
  type Agreement,
  checkAnswer,
  type ClientHandshake,
  handshakeFields,
} from "../protocol/websocket/handshake.ts";
import type { TlsOptions } from "../socket/tls.ts";
import { refusal } from "../thread/wait.ts";
import { possible } from "./deflate_codec.ts";
import { establish } from "./establish.ts";
import { keepIdle, takeIdle } from "./idle.ts";
import { checkOptions, deflateOptions, type SessionOptions } from "./options.ts";
import { Session } from "./session.ts";

/** What a {@linkcode Client} is made with. */
export interface ClientOptions extends SessionOptions {
  /** Sends frames unmasked, which no server should take (RFC 6455 §5.1). Default `false`. */
  sendUnmasked?: boolean;
  /** The HTTP client that does the handshakes, with its proxy, cookies, client IPs. Default: a shared one. */
  http?: HttpClient;
}

/** How {@linkcode Client.connect} calls. */
export interface ConnectOptions {
  /** The subprotocols to ask for, best first. */
  protocols?: string | readonly string[];
  /** The origin to tell, as a browser would. */
  origin?: string;
  /** `false` takes any certificate; for tests only. */
  sslVerify?: boolean;
  /** How TLS is spoken: authorities to trust, a certificate of one's own. */
  tls?: TlsOptions;
  /** Further fields of the request. */
  headers?: HeadersLike;
  /** The name under which idle connections are kept and looked for; what is asked for unless told. */
  pool?: string;
  /** Ends the attempt when it fires. */
  signal?: AbortSignal;
  /** The local address to call from. */
  clientIp?: string;
}

// A connection stops counting once it is upgraded; until then nobody should stand in line.
const SHARED_OPTIONS = { maxConn: 1_000_000, maxConnPerTarget: 1_000_000, maxDialing: 1_000 };

let shared: HttpClient | null = null;

/**
 * A WebSocket client.
 *
 * @example Ask, and hear the answer
 * ```ts
 * import { websocket } from "@lasa/lasa";
 *
 * await using server = websocket.serve("127.0.0.1:0", async (session) => {
 *   for await (const { data } of session) await session.sendText(`you said ${data}`);
 * });
 * await using client = new websocket.Client({ timeoutMs: 5_000 });
 * await client.connect(`ws://127.0.0.1:${server.address.port}/`, { protocols: ["chat"] });
 * await client.sendText("hello");
 * console.log(await client.receive()); // { type: "text", data: "you said hello" }
 * ```
 */
export class Client extends Session {
  readonly #options: ClientOptions;
  #isConnecting = false;
  #poolKey = "";
  #timesReused = 0;

  /**
   * Makes a client that is not connected.
   *
   * @param options Limits, timeouts, compression.
   * @throws {RangeError} Where one of them makes no sense.
   */
  constructor(options: ClientOptions = {}) {
    checkOptions(options);
    super(options);
    this.#options = options;
  }

  /**
   * Connects and does the handshake; a connection that was kept for the same is taken instead. One
   * that stands is closed first.
   *
   * @param uri `ws://` or `wss://`, without fragment.
   * @param options What to ask for, and how.
   * @throws {LocalProtocolError} Where the address or what is asked for makes no sense.
   * @throws {RemoteProtocolError} Where the server does not agree; the message tells its status.
   * @throws {BrokenError} With the plain cause as its code, such as `connection refused`; its `cause` is
   *   the platform's own error.
   * @throws {DnsError} Where the name has no address.
   * @throws {TlsError} Where the certificate is not acceptable.
   * @throws {TimeoutError} Where it took longer than `timeoutMs`.
   */
  async connect(
    uri: `ws://${string}` | `wss://${string}` | URL | (string & Record<never, never>),
    options: ConnectOptions = {},
  ): Promise<void> {
    const error = refusal(options.signal);
    if (error !== null) throw error;
    if (this.#isConnecting || this.isReading) {
      throw new BusyError("Cannot connect: the client is busy");
    }
    const url = httpUrlOf(uri);
    const { protocols = [] } = options;
    const asked: ClientHandshake = {
      key: encodeBase64(crypto.getRandomValues(new Uint8Array(16))),
      protocols: typeof protocols === "string" ? [protocols] : protocols,
      origin: options.origin,
      deflate: await possible(deflateOptions(this.#options.compression)),
    };
    const fields = handshakeFields(asked);
    this.#isConnecting = true;
    try {
      await this.close();
      const key = this.#poolKey = options.pool ?? poolKeyOf(url, asked, options);
      const kept = takeIdle(key);
      this.#timesReused = kept?.timesUsed ?? 0;
      if (kept !== null) {
        kept.link.handOver(this);
        return this.attach(kept.link, kept);
      }
      await this.#shake(url, asked, fields, options);
    } finally {
      this.#isConnecting = false;
    }
  }

  /** How often the connection was kept and taken again. */
  getReusedTimes(): number {
    return this.#timesReused;
  }

  /**
   * Keeps the connection, its handshake done, for whoever connects to the same with the same wishes
   * next; this client is closed then.
   *
   * @param idleMs How long to keep it, in milliseconds; 0 or nothing for without end.
   * @param poolSize How many to keep for this place.
   * @throws {LocalProtocolError} Where it is not between two messages.
   */
  setKeepalive(idleMs = 0, poolSize = 30): void {
    const { link } = this;
    if (link === null || !this.isOpen || this.isReading || link.bufferedAmount > 0) {
      throw new LocalProtocolError("Cannot keep the connection: it is closed or in use");
    }
    if (this.isAhead || !link.core.isBetweenFrames || link.core.isFragmenting) {
      throw new LocalProtocolError("Cannot keep the connection: a message is under way");
    }
    const { protocol, extensions } = this;
    this.detach();
    keepIdle(this.#poolKey, { link, protocol, extensions }, this.#timesReused, idleMs, poolSize);
  }

  async #shake(
    url: URL,
    asked: ClientHandshake,
    fields: [string, string][],
    options: ConnectOptions,
  ): Promise<void> {
    const http = this.#options.http ?? (shared ??= new HttpClient(SHARED_OPTIONS));
    const address = url.href.replace(/^http/, "ws");
    const response = await http.request({
      url,
      upgrade: "websocket",
      headers: [...pairsOf(options.headers), ...fields],
      redirect: "manual",
      maxRetries: 0,
      decompress: false,
      timeout: this.timeoutMs,
      tls: tlsOf(options),
      signal: options.signal,
      clientIp: options.clientIp,
    }).catch((error) => {
      throw connectError(error, address);
    });
    const { socket, status } = response;
    if (status !== 101 || socket === null) {
      await response.discard();
      throw new RemoteProtocolError(`Cannot connect to ${address}: the server answered ${status}`);
    }
    let agreement: Agreement;
    try {
      agreement = checkAnswer(asked, (name) => response.headers.get(name));
    } catch (error) {
      await socket[Symbol.asyncDispose]();
      throw error;
    }
    establish(this, this.#options, {
      ...socket.detach(),
      agreement,
      role: "client",
      isMasked: this.#options.sendUnmasked !== true,
    });
  }
}

function httpUrlOf(uri: string | URL): URL {
  const url = URL.parse(String(uri));
  if (url === null || (url.protocol !== "ws:" && url.protocol !== "wss:")) {
    throw new LocalProtocolError(`Cannot connect: ${JSON.stringify(String(uri))} is not a ws: URL`);
  }
  // RFC 6455 §3: a fragment has no meaning.
  if (url.hash !== "") {
    throw new LocalProtocolError(`Cannot connect: ${url.href} has a fragment`);
  }
  url.protocol = url.protocol === "ws:" ? "http:" : "https:";
  return url;
}

/** What HTTP says of a request, in the words of who wanted to connect: the same kind, code and cause. */
function connectError(error: unknown, address: string): unknown {
  if (!(error instanceof LasaError)) return error;
  const why = /^Cannot GET \S+: (?:Cannot connect to \S+: )?(.*)$/s.exec(error.message)?.[1];
  if (why === undefined) return error;
  const Kind = error.constructor as new (message: string, options: LasaErrorOptions) => LasaError;
  // A timeout's phase and a limit's name are told to their constructors likewise.
  const { code, cause, sent, phase, limit } = error as LasaError & {
    phase?: string;
    limit?: string;
  };
  const options = { code, sent, phase, limit, ...(cause === undefined ? {} : { cause }) };
  return new Kind(`Cannot connect to ${address}: ${why}`, options);
}

function pairsOf(headers: HeadersLike | undefined): [string, string][] {
  if (headers === undefined) return [];
  return Symbol.iterator in headers
    ? [...headers] as [string, string][]
    : Object.entries(headers) as [string, string][];
}

function tlsOf({ tls, sslVerify }: ConnectOptions): TlsOptions | undefined {
  return sslVerify === undefined ? tls : { ...tls, verify: sslVerify };
}

/** What two calls must agree in for one's connection to do for the other. */
function poolKeyOf(url: URL, asked: ClientHandshake, options: ConnectOptions): string {
  return JSON.stringify([
    url.href,
    asked.protocols,
    asked.origin,
    asked.deflate,
    pairsOf(options.headers),
    tlsOf(options),
    options.clientIp,
  ]);
}
