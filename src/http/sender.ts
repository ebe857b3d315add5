/**
 * The sending half of a connection: requests in, as few writes as possible out.
 *
 * All requests of one turn of the event loop leave in one write, and so do the pieces of a body that
 * is pulled from its source ({@linkcode Upload}). It decides nothing: what could not be sent is told
 * to the connection.
 *
 * @module
 */

import type { LasaError, SentState } from "../errors.ts";
import type { Field } from "../protocol/http1/headers.ts";
import { RequestWriter } from "../protocol/http1/request_writer.ts";
import { ioError } from "../socket/io_error.ts";
import type { Tap } from "../tap.ts";
import type { ByteStream } from "../socket/stream.ts";
import { turnNow } from "../thread/clock.ts";
import { nextTurn } from "../thread/turn.ts";
import type { Exchange } from "./exchange.ts";
import { expectsContinue } from "./extras.ts";
import type { Pipeline } from "./pipeline.ts";
import type { RequestPlan } from "./plan.ts";
import { type Carrier, tellBytes, tellHead, tellPart, tellStep } from "./steps.ts";
import type { Totals } from "./totals.ts";
import { type Flushable, flushAtTurnEnd, noteRequest } from "./turn_end.ts";
import { type Outlet, Upload } from "./upload.ts";

/** What a sender tells its connection. */
export interface SenderOwner extends Carrier {
  /** The stream takes no more. */
  onSendFailed(error: LasaError): void;
  /** The source of a body failed, or does not give what was announced. */
  onUploadFailed(exchange: Exchange, error: Error): void;
}

/** Writes the requests of one connection. */
export class Sender implements Flushable, Outlet {
  /** When the write that goes on began or last got on, on the clock's scale; -1 while there is none. */
  writingSince = -1;
  readonly #stream: ByteStream;
  readonly #pipeline: Pipeline;
  readonly #totals: Totals;
  readonly #tap: Tap;
  readonly #owner: SenderOwner;
  readonly #writer = new RequestWriter();
  #state: "open" | "broken" | "closed" = "open";
  // The body on its way; its exchange is the last of the pipeline until it has left.
  #upload: Upload | null = null;
  #isFlushPlanned = false;
  // What of the write that goes on has not left; `null` where there is none.
  #unwritten: Uint8Array<ArrayBuffer> | null = null;
  #onSettled: (() => void)[] = [];

  constructor(
    stream: ByteStream,
    pipeline: Pipeline,
    totals: Totals,
    tap: Tap,
    owner: SenderOwner,
  ) {
    this.#stream = stream;
    this.#pipeline = pipeline;
    this.#totals = totals;
    this.#tap = tap;
    this.#owner = owner;
  }

  /** Whether another request may be sent: no body is on its way, and the stream takes bytes. */
  get isReady(): boolean {
    return this.#upload === null && this.#state === "open";
  }

  /** Whether it sends: the stream did not break, and nobody has closed it. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Whether the stream takes no more. */
  get isBroken(): boolean {
    return this.#state === "broken";
  }

  /** Whether this one's body is still on its way. */
  isUploading(exchange: Exchange): boolean {
    return exchange === this.#upload?.exchange;
  }

  /** Whether a body waits until the server wants it. */
  get isHoldingBody(): boolean {
    return this.#upload !== null && this.#upload.isHeld;
  }

  /** The server wants the body that waits. */
  onContinue(): void {
    this.#upload?.onContinue();
  }

  /** The server has answered without it: the body that waits is never sent, nor is anything else. */
  withholdBody(): void {
    this.#upload?.withhold();
  }

  /** Sends an exchange that the pipeline has; it leaves with all others of this turn. */
  send(exchange: Exchange): void {
    const { plan } = exchange;
    this.#writer.send({
      type: "request",
      method: plan.method,
      target: plan.path,
      fields: plan.fields,
      bodyLength: plan.bodyLength,
      expectsContinue: expectsContinue(plan),
    });
    this.#totals.requestsSent++;
    if (this.#tap.isOn) this.#tellRequest(exchange);
    if (plan.bodyLength !== 0) {
      if (leavesWithHead(plan)) {
        this.#sendData(exchange, plan.body!.bytes!);
        this.#writer.send({ type: "end" });
      } else {
        this.#upload = new Upload(exchange, this);
        this.#upload.start();
      }
    }
    noteRequest();
    if (this.#isFlushPlanned || this.#unwritten !== null) return;
    this.#isFlushPlanned = true;
    flushAtTurnEnd(this);
  }

  /** @internal Writes once all that was sent in this turn has joined in. */
  flush(): void {
    this.#isFlushPlanned = false;
    this.#startFlush();
  }

  /** How much of an exchange has left. */
  sentOf(exchange: Exchange): SentState {
    return this.isUploading(exchange) ? "partial" : this.#pipeline.sentOf(exchange.turn);
  }

  /** Sends nothing more. */
  close(): void {
    this.#state = "closed";
    this.#upload?.stop();
    this.#upload = null;
  }

  /** Waits until the write that goes on, if any, has ended. */
  settled(): Promise<void> {
    if (this.#unwritten === null) return Promise.resolve();
    return new Promise((resolve) => this.#onSettled.push(resolve));
  }

  /** @internal Behind a write that goes on one piece waits for its end, no more. */
  hasRoomFor(bytes: Uint8Array): boolean {
    return this.#unwritten === null && this.#writer.hasRoomFor(bytes);
  }

  /** @internal */
  sendPiece(exchange: Exchange, bytes: Uint8Array): boolean {
    this.#sendData(exchange, bytes);
    return this.#writer.hasLargePiece;
  }

  /** @internal */
  flushWithTurn(): void {
    if (this.#isFlushPlanned || this.#unwritten !== null) return;
    this.#isFlushPlanned = true;
    nextTurn(() => this.flush());
  }

  /** @internal */
  async flushed(): Promise<void> {
    for (;;) {
      this.#startFlush();
      if (this.#unwritten === null) return;
      await this.settled();
    }
  }

  /** @internal */
  sendEnd(trailers: readonly Field[] | undefined): void {
    this.#writer.send({ type: "end", trailers });
  }

  /** @internal */
  onUploaded(): void {
    this.#upload = null;
  }

  /** @internal */
  onUploadFailed(exchange: Exchange, error: Error): void {
    this.#owner.onUploadFailed(exchange, error);
  }

  #startFlush(): void {
    if (this.#unwritten !== null || this.#state !== "open" || !this.#writer.hasOutput) return;
    const output = this.#writer.takeOutput();
    this.#totals.bytesSent += output.length;
    this.#pipeline.onWriting();
    this.writingSince = turnNow();
    this.#write(output);
  }

  #write(bytes: Uint8Array<ArrayBuffer>): void {
    this.#unwritten = bytes;
    // Functions that are made once a connection: most writes are whole at once, and an async
    // function around each cost as much again as the promise that the platform gives.
    try {
      this.#stream.write(bytes).then(this.#onWritten, this.#onFailed);
    } catch (error) {
      this.#onFailed(error);
    }
  }

  readonly #onWritten = (count: number): void => {
    const bytes = this.#unwritten!;
    if (this.#tap.isOn) tellBytes(this.#tap, "out", this.#owner, count);
    if (count < bytes.length) {
      // The peer is slow, not dead.
      this.writingSince = turnNow();
      return this.#write(bytes.subarray(count));
    }
    this.#writer.onSent();
    if (this.#tap.isOn) this.#tellWaits();
    this.#pipeline.onWritten(turnNow());
    this.#unwritten = null;
    this.#startFlush();
    if (this.#unwritten === null) this.#settle();
  };

  readonly #onFailed = (error: unknown): void => {
    this.#unwritten = null;
    if (this.#state === "open") {
      this.#state = "broken";
      this.#owner.onSendFailed(ioError(error, "send"));
    }
    this.#settle();
  };

  #settle(): void {
    this.writingSince = -1;
    if (this.#onSettled.length === 0) return;
    const callbacks = this.#onSettled;
    this.#onSettled = [];
    for (const callback of callbacks) callback();
  }

  #sendData(exchange: Exchange, bytes: Uint8Array): void {
    this.#writer.send({ type: "data", bytes });
    if (!this.#tap.isOn) return;
    tellPart(this.#tap, "out", "body", this.#owner, exchange, "", bytes.length);
  }

  #tellRequest(exchange: Exchange): void {
    const { method, path, fields, bodyLength } = exchange.plan;
    const lines = fields.text.split("\r\n").slice(0, -1);
    // The writer adds them.
    if (expectsContinue(exchange.plan)) lines.push("Expect: 100-continue");
    if (bodyLength === "chunked") lines.push("Transfer-Encoding: chunked");
    else if (bodyLength > 0) lines.push(`Content-Length: ${bodyLength}`);
    tellHead(this.#tap, "out", this.#owner, exchange, `${method} ${path} HTTP/1.1`, lines);
  }

  /** Everything up to here has left: those whose end it is wait for their answers now. */
  #tellWaits(): void {
    for (const exchange of this.#pipeline) {
      if (exchange.sentAt > 0 || this.#pipeline.sentOf(exchange.turn) === "none") continue;
      tellStep(this.#tap, "await", this.#owner.target, "", exchange, this.#owner);
    }
  }
}

/** Whether a body is written together with its head. */
function leavesWithHead({ body, extras }: RequestPlan): boolean {
  return body!.bytes !== null &&
    (extras === null || (extras.expectContinueMs === 0 && extras.trailers === null));
}
