/**
 * One connection: pumps bytes between a socket and the two halves of the protocol.
 *
 * Requests of one turn of the event loop leave in one write. One read is always pending, also while
 * nothing is in flight: any byte or end that comes then retires the connection, so a response that
 * nobody asked for can never be taken for the answer to the next request. It does not know how
 * requests get here or where they go when it dies; that is the pool's.
 *
 * @module
 */

import {
  BrokenError,
  type LasaError,
  LocalProtocolError,
  RemoteProtocolError,
  type SentState,
  TimeoutError,
} from "../errors.ts";
import type { ResponseEvent } from "../protocol/http1/events.ts";
import { RequestWriter } from "../protocol/http1/request_writer.ts";
import { ResponseReader } from "../protocol/http1/response_reader.ts";
import { ioError } from "../socket/io_error.ts";
import { type ByteStream, writeAll } from "../socket/stream.ts";
import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import { clockNow } from "../thread/clock.ts";
import { runOutside } from "../thread/frame.ts";
import type { Exchange } from "./exchange.ts";
import { IncomingBody } from "./incoming_body.ts";
import type { Settings } from "./options.ts";
import { Pipeline } from "./pipeline.ts";
import type { RequestPlan } from "./plan.ts";
import { HttpResponse } from "./response.ts";
import { Slab } from "./slab.ts";
import type { Target } from "./target.ts";
import type { Totals } from "./totals.ts";

/** What a connection tells the pool. */
export interface ConnectionOwner {
  /** It can take another request, perhaps because it carries none. */
  onRoom(connection: Connection): void;
  /** It is gone. */
  onClosed(connection: Connection): void;
}

/** Ends the wait for the head of the front exchange. */
class HeadersAlarm extends Alarm {
  readonly #connection: Connection;
  constructor(connection: Connection) {
    super();
    this.#connection = connection;
  }
  override onAlarm(): void {
    this.#connection.onHeadersAlarm();
  }
}

/** A connection to one target. */
export class Connection {
  readonly target: Target;
  /** When it last became idle, on the clock's scale. */
  idleSince = 0;
  readonly #owner: ConnectionOwner;
  readonly #settings: Settings;
  readonly #totals: Totals;
  readonly #stream: ByteStream;
  readonly #writer = new RequestWriter();
  readonly #reader: ResponseReader;
  readonly #pipeline = new Pipeline();
  readonly #slab = new Slab();
  readonly #alarm = new HeadersAlarm(this);
  #state: "open" | "closed" = "open";
  #body: IncomingBody | null = null;
  #flushing: Promise<void> | null = null;
  #isFlushPlanned = false;
  #uploading: Exchange | null = null;
  #isCloseAnnounced = false;
  // When the front's turn came: the answer before it had been read.
  #frontSince = 0;
  #drainLeft = 0;
  #onResume: (() => void) | null = null;

  constructor(
    target: Target,
    stream: ByteStream,
    settings: Settings,
    totals: Totals,
    owner: ConnectionOwner,
  ) {
    this.target = target;
    this.#stream = stream;
    this.#settings = settings;
    this.#totals = totals;
    this.#owner = owner;
    this.#reader = new ResponseReader(settings.reader);
    // Waiting for nothing must not keep the process alive; an exchange in flight does, by its alarm.
    stream.unref();
    // The loop belongs to the connection, not to the thread whose request opened it.
    runOutside(() => void this.#readLoop());
  }

  /** Whether it can still carry anything. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** How many requests are in flight. */
  get load(): number {
    return this.#pipeline.size;
  }

  /** Whether a request may be sent on it now. */
  hasRoomFor(plan: RequestPlan): boolean {
    if (this.#state !== "open" || this.#uploading !== null) return false;
    const { size } = this.#pipeline;
    if (size === 0) return true;
    // Nothing goes behind what may not be repeated, and what may not is never behind anything.
    return plan.mayPipeline && this.target.pipelining === "trusted" &&
      size <= this.#settings.maxPipelinedRequests && this.#pipeline.last!.plan.mayPipeline &&
      this.#body === null;
  }

  /** Sends a request. */
  send(exchange: Exchange): void {
    const { plan } = exchange;
    exchange.onAssigned(this);
    if (this.#pipeline.size === 0) this.#frontSince = 0;
    this.#pipeline.push(exchange);
    this.#reader.expect(plan.method);
    this.#writer.send({
      type: "request",
      method: plan.method,
      target: plan.path,
      fields: plan.fields,
      bodyLength: plan.bodyLength,
    });
    this.#totals.requestsSent++;
    if (plan.bodyLength !== 0) {
      if (plan.body!.bytes !== null) {
        this.#writer.send({ type: "data", bytes: plan.body!.bytes });
        this.#writer.send({ type: "end" });
      } else {
        this.#uploading = exchange;
        runOutside(() => void this.#upload(exchange));
      }
    }
    if (!this.#isFlushPlanned && this.#flushing === null) {
      this.#isFlushPlanned = true;
      queueMicrotask(() => this.#flushLater(this.#pipeline.size));
    }
    if (this.#alarm.alarmList === null) setAlarm(this.#alarm, this.#alarmMs(plan));
  }

  /** How much of an exchange has left. */
  sentOf(exchange: Exchange): SentState {
    if (exchange === this.#uploading) return "partial";
    return this.#pipeline.sentOf(exchange.turn);
  }

  /** Nobody waits for this exchange's answer any more. */
  onAbandoned(exchange: Exchange): void {
    // An upload that stops half-way leaves nothing that another request could follow; and where
    // nobody waits for any answer, a new connection costs less than waiting for them.
    if (exchange === this.#uploading || this.#isForNobody) {
      this.close(new BrokenError("the request before it was given up"));
    }
  }

  /** Reads on: there is room in the body again. */
  resume(): void {
    const resume = this.#onResume;
    this.#onResume = null;
    resume?.();
  }

  /** Drains what is left of a body that nobody wants, or closes where that is too much. */
  onBodyCancelled(body: IncomingBody): void {
    if (body !== this.#body) return;
    this.#drainLeft = this.#settings.maxDrainBytes;
    const front = this.#pipeline.front;
    if (front !== null && front === this.#uploading) {
      return this.close(new BrokenError("the answer before it was given up"));
    }
    this.resume();
  }

  /** The front's head has not come in time, or another request is the front by now. */
  onHeadersAlarm(): void {
    const front = this.#pipeline.front;
    if (front === null) return;
    const ms = front.plan.timeouts.headers;
    const since = Math.max(front.sentAt, this.#frontSince);
    const isWaiting = front.state !== "answered" && front !== this.#uploading;
    const leftMs = isWaiting && since > 0 ? since + ms - clockNow() : this.#alarmMs(front.plan);
    if (leftMs > 0) return setAlarm(this.#alarm, leftMs);
    front.fail(
      new TimeoutError(
        `Cannot ${front.plan.method} ${front.plan.url}: no answer within ${ms} ms`,
        { phase: "headers", sent: this.sentOf(front) },
      ),
    );
    this.close(new BrokenError("the answer before it did not come in time"));
  }

  /**
   * Closes it; what is in flight is dropped.
   *
   * @param error Why, for those that are dropped.
   * @param isFrontBlameless Whether the front, too, has no part in it.
   */
  close(error: LasaError, isFrontBlameless = false): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#stream.close();
    clearAlarm(this.#alarm);
    const dropped = this.#pipeline.takeAll();
    const states = dropped.map((exchange) => this.sentOf(exchange));
    this.#uploading = null;
    const body = this.#body;
    this.#body = null;
    this.resume();
    this.#owner.onClosed(this);
    body?.fail(bodyError(error));
    dropped.forEach((exchange, place) => {
      if (exchange.state === "answered") exchange.state = "over";
      // The front may be what the server choked on; those behind it were only in the wrong place.
      exchange.drop(error, states[place], place > 0 || isFrontBlameless);
    });
  }

  /** Closes it because its owner wants so: what is in flight fails with the owner's reason. */
  closeFor(error: LasaError): void {
    for (const exchange of this.#pipeline) exchange.fail(error);
    this.close(error);
  }

  get #isForNobody(): boolean {
    for (const exchange of this.#pipeline) if (!exchange.isAbandoned) return false;
    return true;
  }

  #alarmMs(plan: RequestPlan): number {
    // Without an end there is still an alarm: it keeps the process alive while an answer is due.
    return Math.min(plan.timeouts.headers, 2 ** 30);
  }

  /** Lets all that will be sent in this turn join in, then writes once. */
  #flushLater(size: number): void {
    if (this.#pipeline.size > size && this.#state === "open") {
      const grown = this.#pipeline.size;
      queueMicrotask(() => this.#flushLater(grown));
      return;
    }
    this.#isFlushPlanned = false;
    if (this.#state === "open") this.#flush();
  }

  /** Writes until there is nothing left to write. */
  #flush(): Promise<void> {
    return this.#flushing ??= this.#writeAll().finally(() => this.#flushing = null);
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#state === "open" && this.#writer.hasOutput) {
        const output = this.#writer.takeOutput();
        this.#totals.bytesSent += output.length;
        this.#pipeline.onWriting();
        await writeAll(this.#stream, output);
        this.#pipeline.onWritten(clockNow());
      }
    } catch (error) {
      this.close(ioError(error, "send"));
    }
  }

  async #upload(exchange: Exchange): Promise<void> {
    const isCurrent = () => this.#uploading === exchange && this.#state === "open";
    try {
      for await (const bytes of exchange.plan.body!.pieces()) {
        if (!isCurrent()) return;
        if (!(bytes instanceof Uint8Array)) {
          throw new TypeError(`Cannot send the body: a piece is ${typeof bytes}, not bytes`);
        }
        this.#writer.send({ type: "data", bytes });
        await this.#flushed(exchange);
        if (!isCurrent()) return;
      }
      this.#writer.send({ type: "end" });
      await this.#flushed(exchange);
    } catch (error) {
      if (!isCurrent()) return;
      const told = error instanceof Error ? error : new LocalProtocolError(String(error));
      this.#uploading = null;
      exchange.fail(told);
      this.close(new BrokenError("the upload before it failed"));
      return;
    }
    if (!isCurrent()) return;
    this.#uploading = null;
    exchange.sentAt = clockNow();
  }

  /** Writes what there is, within the send timeout. */
  async #flushed(exchange: Exchange): Promise<void> {
    const ms = exchange.plan.timeouts.send;
    const alarm = new SendAlarm(() => {
      exchange.fail(
        new TimeoutError(
          `Cannot ${exchange.plan.method} ${exchange.plan.url}: the peer took nothing for ${ms} ms`,
          { phase: "send", sent: "partial" },
        ),
      );
      this.close(new BrokenError("the request before it could not be sent in time"));
    });
    if (ms !== Infinity) setAlarm(alarm, ms);
    try {
      while (this.#state === "open" && (this.#flushing !== null || this.#writer.hasOutput)) {
        await this.#flush();
      }
    } finally {
      clearAlarm(alarm);
    }
  }

  async #readLoop(): Promise<void> {
    try {
      while (this.#state === "open") {
        const count = await this.#stream.read(this.#slab.room());
        if (this.#state !== "open") return;
        if (this.#pipeline.size === 0) {
          return this.close(new BrokenError("the server closed the idle connection"));
        }
        if (count === null) {
          this.#reader.receiveEnd();
        } else {
          this.#totals.bytesReceived += count;
          this.#reader.receive(this.#slab.take(count));
        }
        this.#readEvents();
        if (this.#body?.isFull && this.#state === "open") {
          await new Promise<void>((resolve) => this.#onResume = resolve);
        }
      }
    } catch (error) {
      const told = ioError(error, "receive");
      if (error === told && told.code !== "incomplete") {
        // What the front got is no answer to take; asking again would bring the same.
        const front = this.#pipeline.front;
        if (front !== null && front.state === "in flight") {
          told.sent = this.sentOf(front);
          front.fail(told);
        }
      }
      this.close(told);
    }
  }

  #readEvents(): void {
    for (;;) {
      const event = this.#reader.nextEvent();
      if (event === null) return;
      if (!this.#onEvent(event)) return;
    }
  }

  #onEvent(event: ResponseEvent): boolean {
    switch (event.type) {
      case "data":
        if (this.#body === null || this.#body.isCancelled) return this.#drain(event.bytes.length);
        this.#body.push(event.bytes);
        return true;
      case "end":
        return this.#endResponse(event);
      case "response":
        this.#startResponse(event);
        return true;
      case "informational":
        return true;
      case "tunnel":
      case "closed":
        // Behind an answer that announced the close nothing has been looked at (RFC 9112 §9.6).
        this.close(
          new BrokenError("connection closed by the server", { code: "closed" }),
          this.#isCloseAnnounced,
        );
        return false;
    }
  }

  #startResponse({ head }: Extract<ResponseEvent, { type: "response" }>): void {
    const front = this.#pipeline.front!;
    this.#totals.responses++;
    if (head.minorVersion > 0 && head.keepsAlive) this.target.pipelining = "trusted";
    this.#isCloseAnnounced = !head.keepsAlive;
    if (front.isAbandoned) {
      this.#drainLeft = this.#settings.maxDrainBytes;
      return;
    }
    const { plan } = front;
    const body = head.framing.kind === "none" ? null : new IncomingBody(
      this,
      { idleMs: plan.timeouts.body, deadlineAt: plan.deadlineAt },
      this.#settings.maxBufferedBytes,
    );
    this.#body = body;
    front.answer(new HttpResponse(front, head, body, this.#settings));
  }

  #endResponse({ trailers }: Extract<ResponseEvent, { type: "end" }>): boolean {
    const front = this.#pipeline.shift();
    front.state = "over";
    this.#body?.end(trailers);
    this.#body = null;
    const next = this.#pipeline.front;
    this.#frontSince = next === null ? 0 : clockNow();
    if (next !== null && next.plan.timeouts !== front.plan.timeouts) {
      clearAlarm(this.#alarm);
      setAlarm(this.#alarm, this.#alarmMs(next.plan));
    }
    // An answer that comes before the request has been sent is the last one (RFC 9112 §9.5).
    if (this.#uploading === front) {
      this.close(new BrokenError("the server answered before it was sent"));
      return false;
    }
    if (front.plan.closes) {
      this.close(new BrokenError("the request before it closed the connection"), true);
      return false;
    }
    this.#afterResponse();
    return this.#state === "open";
  }

  #afterResponse(): void {
    if (this.#state !== "open") return;
    if (this.#pipeline.size === 0) clearAlarm(this.#alarm);
    this.#owner.onRoom(this);
  }

  #drain(count: number): boolean {
    this.#drainLeft -= count;
    if (this.#drainLeft >= 0) return true;
    this.close(new BrokenError("the answer before it was given up"), true);
    return false;
  }
}

class SendAlarm extends Alarm {
  override readonly onAlarm: () => void;
  constructor(onAlarm: () => void) {
    super();
    this.onAlarm = onAlarm;
  }
}

/** Tells a reader of a body why there is no more of it. */
function bodyError(error: LasaError): LasaError {
  if (error instanceof RemoteProtocolError) return error;
  return new BrokenError(`Cannot read the body: ${error.message}`, {
    code: error.code,
    sent: "all",
    cause: error,
  });
}
