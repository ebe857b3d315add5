/**
 * The sending half of a connection: requests in, as few writes as possible out.
 *
 * All requests of one turn of the event loop leave in one write. A body that is not at hand is
 * pulled from its source piece by piece; those of one turn leave in one write too. One that the
 * server is to ask for waits until it does. It decides nothing: what could not be sent is told to the
 * connection.
 *
 * @module
 */

import { LasaError, type SentState } from "../errors.ts";
import type { Field } from "../protocol/http1/headers.ts";
import { RequestWriter } from "../protocol/http1/request_writer.ts";
import { ioError } from "../socket/io_error.ts";
import type { Tap } from "../tap.ts";
import type { ByteStream } from "../socket/stream.ts";
import { clockNow, turnNow } from "../thread/clock.ts";
import { runOutside } from "../thread/frame.ts";
import { nextTurn } from "../thread/turn.ts";
import { ContinueWait } from "./continue_wait.ts";
import type { Exchange } from "./exchange.ts";
import { expectsContinue } from "./extras.ts";
import type { Pipeline } from "./pipeline.ts";
import type { RequestPlan } from "./plan.ts";
import type { RequestBody } from "./request_body.ts";
import { pairsOf } from "./settings.ts";
import { type Carrier, tellBytes, tellHead, tellPart, tellStep } from "./steps.ts";
import type { Totals } from "./totals.ts";
import { type Flushable, flushAtTurnEnd, noteRequest } from "./turn_end.ts";

/**
 * Milliseconds after which what a source gave leaves although it gives more in the same turn: all
 * that is in memory fills a write sooner, and no peer shall wait for one that computes.
 */
const LONGEST_GATHERING_MS = 5;

/** What a sender tells its connection. */
export interface SenderOwner extends Carrier {
  /** The stream takes no more. */
  onSendFailed(error: LasaError): void;
  /** The source of a body failed, or does not give what was announced. */
  onUploadFailed(exchange: Exchange, error: Error): void;
}

/** Writes the requests of one connection. */
export class Sender implements Flushable {
  /** When the write that goes on began or last got on, on the clock's scale; -1 while there is none. */
  writingSince = -1;
  readonly #stream: ByteStream;
  readonly #pipeline: Pipeline;
  readonly #totals: Totals;
  readonly #tap: Tap;
  readonly #owner: SenderOwner;
  readonly #writer = new RequestWriter();
  #state: "open" | "broken" | "closed" = "open";
  #uploading: Exchange | null = null;
  #continueWait: ContinueWait | null = null;
  // Where the body on its way comes from.
  #source: PieceIterator | null = null;
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
    return this.#uploading === null && this.#state === "open";
  }

  /** Whether the stream takes no more. */
  get isBroken(): boolean {
    return this.#state === "broken";
  }

  /** Whether this one's body is still on its way. */
  isUploading(exchange: Exchange): boolean {
    return exchange === this.#uploading;
  }

  /** Whether a body waits until the server wants it. */
  get isHoldingBody(): boolean {
    return this.#continueWait !== null && !this.#continueWait.isOver;
  }

  /** The server wants the body that waits. */
  onContinue(): void {
    this.#continueWait?.end("go");
  }

  /** The server has answered without it: the body that waits is never sent, nor is anything else. */
  withholdBody(): void {
    this.#continueWait?.end("give up");
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
        this.#sendBody(exchange, plan.body!.bytes!);
        this.#writer.send({ type: "end" });
      } else {
        this.#uploading = exchange;
        if (expectsContinue(plan)) this.#continueWait = new ContinueWait();
        plan.body!.inContext(() => void this.#upload(exchange));
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
    return exchange === this.#uploading ? "partial" : this.#pipeline.sentOf(exchange.turn);
  }

  /** Sends nothing more. */
  close(): void {
    this.#state = "closed";
    this.#continueWait?.end("keep");
    // It may be waited for in vain: a source that has nothing to give learns of the end only so.
    if (this.#source !== null) void letGo(this.#uploading!.plan.body!, this.#source);
    this.#uploading = this.#source = null;
  }

  /** Waits until the write that goes on, if any, has ended. */
  settled(): Promise<void> {
    if (this.#unwritten === null) return Promise.resolve();
    return new Promise((resolve) => this.#onSettled.push(resolve));
  }

  /** Writes when the turn has ended, so that what a source gives in one turn leaves in one write. */
  #flushWithTurn(): void {
    if (this.#isFlushPlanned || this.#unwritten !== null) return;
    this.#isFlushPlanned = true;
    nextTurn(() => {
      this.#isFlushPlanned = false;
      this.#startFlush();
    });
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

  /**
   * Sends a body, in the context of its source. What was pulled and not yet taken by the system is
   * one write, of 1 MiB at most or a piece that is larger, and the piece that came while it was on
   * its way. To keep the wire busy meanwhile is up to the system's own buffer.
   */
  async #upload(exchange: Exchange): Promise<void> {
    const { plan } = exchange;
    const isCurrent = () => this.#uploading === exchange && this.#state === "open";
    try {
      if (this.#continueWait !== null && !await this.#mayGo(this.#continueWait, plan)) return;
      this.#flushWithTurn();
      let since = clockNow();
      const source = this.#source = iteratorOf(plan.body!);
      for (let next = await source.next(); !next.done; next = await source.next()) {
        if (!isCurrent()) return;
        const bytes = next.value;
        if (!(bytes instanceof Uint8Array)) {
          throw new TypeError(`Cannot send the body: a piece is ${typeof bytes}, not bytes`);
        }
        if (this.#unwritten !== null || !this.#writer.hasRoomFor(bytes)) {
          await this.#flushed();
          if (!isCurrent()) return;
        }
        this.#sendBody(exchange, bytes);
        // Whoever is asked for the next piece may use the memory of the last one for it.
        if (this.#writer.hasLargePiece || clockNow() - since >= LONGEST_GATHERING_MS) {
          await this.#flushed();
          since = clockNow();
          if (!isCurrent()) return;
        } else this.#flushWithTurn();
      }
      if (!isCurrent()) return;
      this.#source = null;
      const trailers = plan.extras === null ? undefined : await trailersOf(plan);
      if (!isCurrent()) return;
      this.#writer.send({ type: "end", trailers });
      await this.#flushed();
      if (!isCurrent()) return;
      this.#uploading = null;
      exchange.sentAt = turnNow();
    } catch (error) {
      if (!isCurrent()) return;
      const told = error instanceof Error ? error : new TypeError(`Cannot send the body: ${error}`);
      if (told instanceof LasaError) told.sent ??= "partial";
      runOutside(() => this.#owner.onUploadFailed(exchange, told));
    }
  }

  #sendBody(exchange: Exchange, bytes: Uint8Array): void {
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

  /** Waits until the server wants the body, or has said nothing for long enough. */
  async #mayGo(wait: ContinueWait, plan: RequestPlan): Promise<boolean> {
    await this.#flushed();
    wait.start(plan.extras!.expectContinueMs);
    const result = await wait.over;
    this.#continueWait = null;
    if (result === "give up" && !plan.body!.isReplayable) {
      await letGo(plan.body!, iteratorOf(plan.body!));
    }
    return result === "go" && this.#state === "open";
  }

  /** Waits until all there is has left. */
  async #flushed(): Promise<void> {
    for (;;) {
      this.#startFlush();
      if (this.#unwritten === null) return;
      await this.settled();
    }
  }
}

/** Whether a body is written together with its head. */
function leavesWithHead({ body, extras }: RequestPlan): boolean {
  return body!.bytes !== null &&
    (extras === null || (extras.expectContinueMs === 0 && extras.trailers === null));
}

type PieceIterator = AsyncIterator<Uint8Array> | Iterator<Uint8Array>;

function iteratorOf(body: RequestBody): PieceIterator {
  const pieces = body.pieces();
  return Symbol.asyncIterator in pieces
    ? pieces[Symbol.asyncIterator]()
    : pieces[Symbol.iterator]();
}

/** Lets go of a source that nobody will ask again; what it says to that matters to nobody. */
async function letGo(body: RequestBody, source: PieceIterator): Promise<void> {
  try {
    await body.inContext(() => source.return?.());
  } catch {
    // So be it.
  }
}

/** The fields behind the body, which the caller may know only now. */
async function trailersOf({ extras }: RequestPlan): Promise<readonly Field[] | undefined> {
  const { trailers } = extras!;
  if (trailers === null) return undefined;
  return pairsOf(typeof trailers === "function" ? await trailers() : trailers);
}
