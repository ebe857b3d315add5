/**
 * The standard's `WebSocket` on this engine, for libraries that take a constructor of one.
 *
 * @module
 */

import { LasaError } from "../errors.ts";
import { isToken } from "../protocol/websocket/extensions.ts";
import { CLOSE_CODES } from "../protocol/websocket/frame.ts";
import { runOutside } from "../thread/frame.ts";
import { Client, type ClientOptions, type ConnectOptions } from "./client.ts";
import { Outbox, textSize } from "./outbox.ts";

/** How a {@linkcode WebSocket} differs from the platform's. */
export interface WebSocketOptions extends ClientOptions, Omit<ConnectOptions, "protocols"> {
  /** The subprotocols to ask for, best first. */
  protocols?: string | readonly string[];
}

/** What {@linkcode WebSocket.send} takes. */
export type WebSocketData = string | ArrayBufferLike | ArrayBufferView<ArrayBufferLike> | Blob;

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

// The standard knows no limit; this one keeps a peer from filling the memory.
const MAX_MESSAGE_LEN = 256 * 1024 * 1024;

/**
 * The class of the WHATWG standard, with its events.
 *
 * @example In place of the platform's
 * ```ts
 * import { websocket } from "@lasa/lasa";
 *
 * await using server = websocket.serve("127.0.0.1:0", async (session) => {
 *   for await (const { data } of session) await session.sendText(`you said ${data}`);
 * });
 * const ws = new websocket.WebSocket(`ws://127.0.0.1:${server.address.port}/`);
 * ws.onopen = () => ws.send("hello");
 * ws.onmessage = ({ data }) => {
 *   console.log(data); // "you said hello"
 *   ws.close();
 * };
 * await new Promise((resolve) => ws.onclose = resolve);
 * ```
 */
export class WebSocket extends EventTarget {
  /** Not connected yet. */
  static readonly CONNECTING: number = CONNECTING;
  /** Messages can be sent. */
  static readonly OPEN: number = OPEN;
  /** The closing handshake goes on. */
  static readonly CLOSING: number = CLOSING;
  /** It is over. */
  static readonly CLOSED: number = CLOSED;
  /** Not connected yet. */
  readonly CONNECTING: number = CONNECTING;
  /** Messages can be sent. */
  readonly OPEN: number = OPEN;
  /** The closing handshake goes on. */
  readonly CLOSING: number = CLOSING;
  /** It is over. */
  readonly CLOSED: number = CLOSED;
  /** Where it connects to. */
  readonly url: string;
  readonly #client: Client;
  readonly #abort = new AbortController();
  readonly #outbox: Outbox;
  #state: 0 | 1 | 2 | 3 = CONNECTING;
  #binaryType: BinaryType = "blob";
  #handlers = new Map<string, { handler: unknown; listener: (event: Event) => void }>();
  // Blobs are read before they are sent, and everything behind them waits.
  #sending: Promise<void> = Promise.resolve();
  #waiting = 0;

  /**
   * Connects.
   *
   * @param url `ws:`, `wss:`, `http:` or `https:`.
   * @param protocols The subprotocols to ask for; or how else this differs from the platform's.
   * @throws {DOMException} (`SyntaxError`) Where the address or a subprotocol makes no sense.
   */
  constructor(url: string | URL, protocols: string | Iterable<string> | WebSocketOptions = []) {
    super();
    const options = optionsOf(protocols);
    this.url = urlOf(url);
    this.#client = new Client({
      maxPayloadLen: MAX_MESSAGE_LEN,
      maxMessageLen: MAX_MESSAGE_LEN,
      compression: true,
      ...options,
    });
    checkProtocols(options.protocols);
    this.#outbox = new Outbox(this.#client);
    runOutside(() => void this.#run(options));
  }

  /** What it is doing: one of the class's four numbers. */
  get readyState(): number {
    return this.#state;
  }

  /** What binary messages come as; anything else that is set here is ignored. */
  get binaryType(): BinaryType {
    return this.#binaryType;
  }
  set binaryType(type: BinaryType) {
    if (type === "blob" || type === "arraybuffer") this.#binaryType = type;
  }

  /** Bytes of messages that have not left; what is sent once it closes never does. */
  get bufferedAmount(): number {
    return this.#outbox.amount;
  }

  /** The class's name. */
  get [Symbol.toStringTag](): string {
    return "WebSocket";
  }

  /** The subprotocol that was agreed on. */
  get protocol(): string {
    return this.#client.protocol;
  }

  /** The extensions that were agreed on. */
  get extensions(): string {
    return this.#client.extensions;
  }

  /** Called when messages can be sent. */
  get onopen(): ((event: Event) => unknown) | null {
    return this.#handler("open");
  }
  set onopen(handler: ((event: Event) => unknown) | null) {
    this.#setHandler("open", handler);
  }

  /** Called with each message. */
  get onmessage(): ((event: MessageEvent) => unknown) | null {
    return this.#handler("message");
  }
  set onmessage(handler: ((event: MessageEvent) => unknown) | null) {
    this.#setHandler("message", handler);
  }

  /** Called where it cannot connect, or the connection fails. */
  get onerror(): ((event: Event) => unknown) | null {
    return this.#handler("error");
  }
  set onerror(handler: ((event: Event) => unknown) | null) {
    this.#setHandler("error", handler);
  }

  /** Called once, when it is over. */
  get onclose(): ((event: CloseEvent) => unknown) | null {
    return this.#handler("close");
  }
  set onclose(handler: ((event: CloseEvent) => unknown) | null) {
    this.#setHandler("close", handler);
  }

  /**
   * Sends a message; it does not wait. What is no bytes is sent as text.
   *
   * @throws {DOMException} (`InvalidStateError`) While it is not connected yet.
   */
  send(data: WebSocketData): void {
    if (this.#state === CONNECTING) {
      throw new DOMException("Cannot send: not connected yet", "InvalidStateError");
    }
    const given = isBytes(data) || data instanceof Blob ? data : String(data);
    if (this.#state !== OPEN) return this.#outbox.keep(sizeOf(given));
    if (this.#waiting > 0 || given instanceof Blob) return this.#sendLater(given);
    this.#sendNow(typeof given === "string" ? given : copyOf(given));
  }

  /**
   * Closes.
   *
   * @param code 1000, or 3000 to 4999.
   * @param reason At most 123 bytes.
   * @throws {DOMException} (`InvalidAccessError`, `SyntaxError`) Where they are not.
   */
  close(code?: number, reason = ""): void {
    // The standard's [Clamp]: a whole number is made of what is given.
    if (code !== undefined) code = Math.round(Number(code)) || 0;
    reason = String(reason);
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
      throw new DOMException(`Cannot close: code ${code} is not for use`, "InvalidAccessError");
    }
    if (textSize(reason) > 123) {
      throw new DOMException("Cannot close: the reason exceeds 123 bytes", "SyntaxError");
    }
    if (this.#state >= CLOSING) return;
    const wasOpen = this.#state === OPEN;
    this.#state = CLOSING;
    if (!wasOpen) return this.#abort.abort();
    const told = code ?? (reason === "" ? undefined : CLOSE_CODES.normal);
    runOutside(() =>
      void this.#sending.then(() => this.#client.sendClose(told, reason)).catch(() => {})
        .then(() => this.#client.beginClose(told, reason))
    );
  }

  async #run(options: WebSocketOptions): Promise<void> {
    const client = this.#client;
    try {
      await client.connect(this.url, { ...options, signal: this.#abort.signal });
      if (this.#state !== CONNECTING) await client.close();
      // WHATWG WebSockets §2.4: who asks for subprotocols is not content with none.
      else if (client.protocol === "" && asksForProtocol(options)) {
        client.beginClose(CLOSE_CODES.protocolError);
        return this.#end(CLOSE_CODES.lost, "", true);
      }
    } catch {
      return this.#end(CLOSE_CODES.lost, "", true);
    }
    if (this.#state !== CONNECTING) return this.#end(CLOSE_CODES.lost, "", true);
    this.#state = OPEN;
    this.dispatchEvent(new Event("open"));
    let hasFailed = false;
    try {
      for await (const { data } of client) {
        if (this.#state === OPEN) this.#tell(data);
      }
    } catch (error) {
      hasFailed = error instanceof LasaError;
    }
    const wasClean = client.closeReceived;
    if (this.#state === OPEN) this.#state = CLOSING;
    await client.close();
    const code = wasClean ? client.closeCode! : CLOSE_CODES.lost;
    this.#end(code, client.closeReason, hasFailed || !wasClean);
  }

  #tell(data: string | Uint8Array<ArrayBuffer>): void {
    const told = typeof data === "string"
      ? data
      : this.#binaryType === "blob"
      ? new Blob([data])
      : data.buffer;
    const origin = new URL(this.url).origin;
    this.dispatchEvent(new MessageEvent("message", { data: told, origin }));
  }

  #end(code: number, reason: string, hasFailed: boolean): void {
    this.#state = CLOSED;
    if (hasFailed) this.dispatchEvent(new Event("error"));
    const wasClean = code !== CLOSE_CODES.lost;
    this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
  }

  #sendNow(data: string | Uint8Array<ArrayBuffer>): void {
    // Whoever uses the standard's class looks at bufferedAmount, and is told of failures by events.
    this.#outbox.send(data).catch(() => {});
  }

  #sendLater(data: string | Bytes | Blob): void {
    const size = sizeOf(data);
    this.#waiting++;
    this.#outbox.keep(size);
    const bytes = typeof data === "string" || data instanceof Blob ? data : copyOf(data);
    this.#sending = this.#sending.then(async () => {
      const ready = bytes instanceof Blob ? new Uint8Array(await bytes.arrayBuffer()) : bytes;
      this.#waiting--;
      this.#outbox.keep(-size);
      this.#sendNow(ready);
    });
  }

  #handler<T>(type: string): T | null {
    return (this.#handlers.get(type)?.handler ?? null) as T | null;
  }

  #setHandler(type: string, handler: unknown): void {
    const before = this.#handlers.get(type);
    if (typeof handler === "function") {
      // HTML §8.1.8.1: one that takes another's place is called in that one's turn.
      if (before !== undefined) return void (before.handler = handler);
      const listener = (event: Event) => {
        (this.#handlers.get(type)?.handler as (event: Event) => unknown).call(this, event);
      };
      this.#handlers.set(type, { handler, listener });
      return this.addEventListener(type, listener);
    }
    if (before !== undefined) this.removeEventListener(type, before.listener);
    this.#handlers.delete(type);
  }
}

type Bytes = ArrayBufferLike | ArrayBufferView;

function optionsOf(given: string | Iterable<string> | WebSocketOptions): WebSocketOptions {
  if (typeof given === "string") return { protocols: given };
  return Symbol.iterator in given ? { protocols: Array.from(given, String) } : given;
}

function asksForProtocol({ protocols = [] }: WebSocketOptions): boolean {
  return protocols.length > 0;
}

function isBytes(data: WebSocketData): data is Bytes {
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer ||
    data instanceof SharedArrayBuffer;
}

function sizeOf(data: string | Bytes | Blob): number {
  if (typeof data === "string") return textSize(data);
  return data instanceof Blob ? data.size : data.byteLength;
}

function urlOf(given: string | URL): string {
  const url = URL.parse(String(given));
  if (url?.protocol === "http:") url.protocol = "ws:";
  if (url?.protocol === "https:") url.protocol = "wss:";
  if (url === null || (url.protocol !== "ws:" && url.protocol !== "wss:") || url.hash !== "") {
    throw new DOMException(`Cannot connect: ${given} is not a WebSocket's URL`, "SyntaxError");
  }
  return url.href;
}

function checkProtocols(protocols: string | readonly string[] = []): void {
  const list = typeof protocols === "string" ? [protocols] : protocols;
  const isFine = list.every(isToken);
  if (!isFine || new Set(list).size < list.length) {
    throw new DOMException(`Cannot connect: subprotocols are ${list}`, "SyntaxError");
  }
}

/** The caller may change what it gave as soon as send has returned. */
function copyOf(data: Bytes): Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    : new Uint8Array(new Uint8Array(data));
}
