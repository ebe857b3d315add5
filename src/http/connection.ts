/**
 * One connection: gives each answer that comes to the request whose turn it is, and ends where the
 * two could come apart.
 *
 * Requests leave by its {@linkcode Sender}, what comes is read by its {@linkcode Intake}, also while
 * nothing is in flight: any byte or end that comes then retires the connection, so a response that
 * nobody asked for can never be taken for the answer to the next request. It does not know how
 * requests get here or where they go when it dies; that is the pool's. Where both sides agree to speak
 * something else, its stream is the caller's.
 *
 * @module
 */

import {
  BrokenError,
  ClosedError,
  type LasaError,
  LimitError,
  RemoteProtocolError,
  type SentState,
  TimeoutError,
} from "../errors.ts";
import type { ReceivedFields } from "../protocol/http1/headers.ts";
import type { ResponseHead } from "../protocol/http1/response_head.ts";
import { ResponseReader } from "../protocol/http1/response_reader.ts";
import type { ByteStream } from "../socket/stream.ts";
import { TcpSocket } from "../socket/tcp.ts";
import { runOutside } from "../thread/frame.ts";
import { type Closeable, forgetOpen, registerOpen } from "../thread/lifetime.ts";
import type { Blame, Exchange } from "./exchange.ts";
import { withoutExpectation } from "./extras.ts";
import { FrontTimer, type FrontTimerOwner } from "./front_timer.ts";
import { IncomingBody } from "./incoming_body.ts";
import { type AnswerEvent, Intake, type IntakeOwner } from "./intake.ts";
import { Lessons } from "./lessons.ts";
import type { Settings } from "./settings.ts";
import { tellAnswer, tellStep } from "./steps.ts";
import { Pipeline } from "./pipeline.ts";
import type { RequestPlan } from "./plan.ts";
import { HttpResponse } from "./response.ts";
import { Sender, type SenderOwner } from "./sender.ts";
import { checkSwitch, farEnd } from "./switching.ts";
import type { Target } from "./target.ts";
import type { Totals } from "./totals.ts";

/** Milliseconds that the rest of an unwanted answer may take; a new connection costs less. */
const DRAIN_MS = 1_000;

/** What a connection tells the pool. */
export interface ConnectionOwner {
  /** It can take another request, perhaps because it carries none. */
  onRoom(connection: Connection): void;
  /** It is gone. */
  onClosed(connection: Connection): void;
}

/** A connection to one target. */
export class Connection implements SenderOwner, IntakeOwner, FrontTimerOwner, Closeable {
  readonly target: Target;
  /** Its number within its client. */
  id = 0;
  /** Whether it stands among its target's idle ones; the pool's note. */
  isIdle = false;
  /** When it last became idle, on the clock's scale. */
  idleSince = 0;
  readonly #owner: ConnectionOwner;
  readonly #settings: Settings;
  readonly #totals: Totals;
  readonly #stream: ByteStream;
  readonly #reader: ResponseReader;
  readonly #pipeline = new Pipeline();
  readonly #sender: Sender;
  readonly #intake: Intake;
  readonly #timer: FrontTimer;
  readonly #lessons: Lessons;
  #state: "open" | "closed" | "released" = "open";
  // Why the stream takes no more, where it was a write that found out.
  #sendError: LasaError | null = null;
  // Of the answer that ends HTTP on this connection.
  #lastHead: ResponseHead | null = null;

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
    this.#sender = new Sender(stream, this.#pipeline, totals, settings.tap, this);
    this.#intake = new Intake(stream, this.#reader, this.#pipeline, totals, settings.tap, this);
    this.#timer = new FrontTimer(this.#pipeline, this.#sender, this);
    this.#lessons = new Lessons(target, this.#pipeline, settings.idleTimeoutMs);
    // Waiting for nothing must not keep the process alive; an exchange in flight does, by its alarm.
    stream.unref();
    registerOpen(this);
    // The loop belongs to the connection, not to the thread whose request opened it.
    runOutside(() => void this.#intake.run());
  }

  /** Whether it can still carry anything. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Milliseconds for which it may be idle. */
  get idleMs(): number {
    return this.#lessons.idleMs;
  }

  /** How many requests are in flight. */
  get load(): number {
    return this.#pipeline.size;
  }

  /** Whether a request may be sent on it now. */
  hasRoomFor(plan: RequestPlan): boolean {
    if (this.#state !== "open" || !this.#sender.isReady) return false;
    const { size } = this.#pipeline;
    if (size === 0) return true;
    // Nothing goes behind what may not be repeated, and what may not is never behind anything.
    return plan.mayPipeline && this.#lessons.mayPipeline &&
      size <= this.#settings.maxPipelinedRequests && this.#pipeline.last!.plan.mayPipeline &&
      this.#intake.body === null;
  }

  /** Sends a request. */
  send(exchange: Exchange): void {
    exchange.onAssigned(this);
    this.#pipeline.push(exchange);
    if (this.#pipeline.size > 1) this.#lessons.onBehind(exchange);
    const { method, extras } = exchange.plan;
    this.#reader.expect(method, extras !== null && extras.upgrade !== null);
    this.#sender.send(exchange);
    this.#timer.onSend(exchange.plan);
  }

  /** How much of an exchange has left. */
  sentOf(exchange: Exchange): SentState {
    return this.#sender.sentOf(exchange);
  }

  /** Nobody waits for this exchange's answer any more. */
  onAbandoned(exchange: Exchange): void {
    // An upload that stops half-way leaves nothing that another request could follow; and where
    // nobody waits for any answer, a new connection costs less than waiting for them.
    if (this.#sender.isUploading(exchange) || this.#isForNobody) {
      this.close(new BrokenError("the request before it was given up"));
    }
  }

  /** @internal Drains what is left of a body that nobody wants, or closes where that is too much. */
  onBodyCancelled(body: IncomingBody): void {
    const front = this.#pipeline.front!;
    if (this.#sender.isUploading(front)) {
      return this.close(new BrokenError("the answer before it was given up"));
    }
    const { maxDrainBytes } = this.#settings;
    const isAlone = this.#pipeline.size === 1;
    const isLate = isAlone && body.error instanceof TimeoutError;
    // Nothing is won with a rest that does not come, is too much, or is the last on its connection.
    if (
      isLate || !this.#lessons.keepsAlive || front.plan.closes ||
      this.#reader.bodyLeft > maxDrainBytes
    ) {
      this.#retire("the answer before it was given up");
      return;
    }
    // From here on it is this connection that waits for the rest, no longer and not without end; long
    // only for those behind it, which would have to be sent again.
    this.#timer.onTurn(front.plan, isAlone ? DRAIN_MS : Infinity);
    this.#intake.drain(maxDrainBytes);
  }

  /** @internal */
  onFrontLate(front: Exchange, error: TimeoutError): void {
    front.fail(error);
    this.#lessons.onLate(front);
    this.close(new BrokenError("the exchange before it did not end in time"));
  }

  /** @internal Whoever was sent to try it goes elsewhere, and so do all others. */
  onBoundLate(front: Exchange): void {
    this.#lessons.onLate(front);
    const why = front.state === "answered"
      ? "the answer before it was given up, and did not end"
      : "the server did not answer a request behind another";
    this.close(new BrokenError(why), "none");
  }

  /** @internal The peer may have answered before it closed (RFC 9112 §9.5): the reader decides. */
  onSendFailed(error: LasaError): void {
    this.#sendError = error;
    // A read of a broken stream ends at once, behind what had come before.
    if (this.#pipeline.size === 0) this.close(error);
  }

  /** @internal A request that is not whole cannot be followed by another. */
  onUploadFailed(exchange: Exchange, error: Error): void {
    exchange.fail(error);
    this.close(new BrokenError("the upload before it failed"));
  }

  /**
   * Closes it; what is in flight is dropped.
   *
   * @param error Why, for those that are dropped.
   * @param blame Whether it may be the front's doing; those behind it were only in the wrong place.
   */
  close(error: LasaError, blame: Blame = "own"): void {
    if (this.#state !== "open") return;
    this.#state = "closed";
    forgetOpen(this);
    const { tap } = this.#settings;
    if (tap.isOn) tellStep(tap, "disconnected", this.target, error.message, null, this);
    this.#lessons.onClose();
    this.#stream.close();
    this.#timer.stop();
    const dropped = this.#pipeline.takeAll();
    const states = dropped.map((exchange) => this.sentOf(exchange));
    this.#sender.close();
    this.#intake.close(error);
    // From last to first: each that goes again goes to the front of the line.
    for (let place = dropped.length - 1; place >= 0; place--) {
      const exchange = dropped[place];
      if (exchange.state === "answered") exchange.state = "over";
      exchange.drop(error, states[place], place > 0 ? "none" : blame);
    }
    this.#owner.onClosed(this);
  }

  /** Closes it because its owner wants so: what is in flight fails with the owner's reason. */
  closeFor(error: ClosedError): void {
    for (const exchange of this.#pipeline) {
      exchange.fail(new ClosedError(error.message, { sent: this.sentOf(exchange) }));
    }
    this.close(error);
  }

  /** @internal Closes it with everything else that is open. */
  shutdownNow(): void {
    this.closeFor(new ClosedError("everything was shut down"));
  }

  get #isForNobody(): boolean {
    for (const exchange of this.#pipeline) if (!exchange.isAbandoned) return false;
    return true;
  }

  /** @internal Somebody has asked. */
  get isAnswerDue(): boolean {
    const { front } = this.#pipeline;
    return front !== null && this.sentOf(front) !== "none";
  }

  /** @internal */
  onBodyDue(): void {
    this.#timer.stop();
  }

  /** @internal */
  onReadFailed(error: unknown, told: LasaError): void {
    const blame = told instanceof LimitError
      ? "own"
      : this.#lessons.blame(this.#reader.isBetweenResponses);
    // The system tells of a reset once: where the write was told, the read sees a mere end.
    if (told.code === "incomplete" && this.#sendError !== null) {
      return this.close(this.#sendError, blame);
    }
    const { front } = this.#pipeline;
    const isAnswered = error === told && told.code !== "incomplete";
    if (isAnswered && front?.state === "in flight" && blame !== "none") {
      // What the front got is no answer to take; asking again would bring the same.
      told.sent = this.sentOf(front);
      front.fail(told);
    }
    this.close(told, blame);
  }

  /** @internal */
  onEvent(event: AnswerEvent): boolean {
    switch (event.type) {
      case "end":
        return this.#endResponse(event.trailers);
      case "response":
        return this.#startResponse(event.head);
      case "informational":
        return this.#onInformational(event.head);
      case "closed": {
        const error = new BrokenError("connection closed by the server", { code: "closed" });
        this.close(error, this.#lessons.blame(true));
        return false;
      }
    }
  }

  #onInformational(head: ResponseHead): boolean {
    if (head.status === 100) {
      this.#sender.onContinue();
      return true;
    }
    const front = this.#pipeline.front!;
    const { extras } = front.plan;
    if (extras === null || extras.onInformational === null || front.isAbandoned) return true;
    try {
      extras.onInformational({ status: head.status, headers: head.fields.toHeaders() });
    } catch (error) {
      // The caller's own failure: the answer is drained, and the connection stays.
      front.fail(error as Error);
      if (!this.#sender.isUploading(front)) return true;
      return this.#retire("the request before it was given up");
    }
    return true;
  }

  #startResponse(head: ResponseHead): boolean {
    const front = this.#pipeline.front!;
    this.#totals.responses++;
    const { tap } = this.#settings;
    if (tap.isOn) tellAnswer(tap, this, front, head);
    if (this.#sender.isHoldingBody) {
      if (head.status === 417) return this.#repeatWithoutExpectation(front);
      this.#sender.withholdBody();
    }
    if (head.framing.kind === "tunnel") {
      if (!this.#sender.isReady) {
        throw new RemoteProtocolError("Cannot switch protocols: the request had not left");
      }
      checkSwitch(front.plan, head);
      this.#lastHead = head;
      return true;
    }
    if (this.#lessons.onAnswer(front, head)) this.#timer.boundMs = Infinity;
    if (front.isAbandoned) {
      this.#intake.drain(this.#settings.maxDrainBytes);
      return true;
    }
    const body = head.framing.kind === "none"
      ? null
      : new IncomingBody(this.#intake, front.plan, this.#settings.maxBufferedBytes);
    this.#intake.body = body;
    front.answer(new HttpResponse(front, head, body, this.#settings));
    return true;
  }

  /** RFC 9110 §15.5.18: nothing of the body was sent, so it may go again as it stands. */
  #repeatWithoutExpectation(front: Exchange): false {
    this.#pipeline.shift();
    front.plan = withoutExpectation(front.plan);
    front.drop(new BrokenError("the server does not do expectations"), "none", "none");
    return this.#retire("a body was announced on it and not sent");
  }

  /** @internal Hands the stream to the caller: no read is pending that could take a byte along. */
  async onTunnel(rest: Uint8Array<ArrayBuffer>): Promise<void> {
    // The answer can come before the write of its request has said that it is done.
    await this.#sender.settled();
    if (this.#state !== "open") return;
    if (this.#sendError !== null) return this.close(this.#sendError);
    this.#state = "released";
    const front = this.#pipeline.shift();
    forgetOpen(this);
    this.#timer.stop();
    this.#sender.close();
    this.#stream.ref();
    const socket = TcpSocket.over(this.#stream, rest, farEnd(front.plan));
    front.answer(new HttpResponse(front, this.#lastHead!, null, this.#settings, socket));
    front.state = "over";
    this.#owner.onClosed(this);
  }

  #endResponse(trailers: ReceivedFields): boolean {
    const ended = this.#pipeline.shift();
    ended.state = "over";
    const isLast = this.#lessons.onAnswerEnd();
    const { tap } = this.#settings;
    if (tap.isOn) tellStep(tap, "read end", this.target, "", ended, this);
    this.#intake.endBody(trailers);
    // Behind an answer that announces the close nothing is looked at (RFC 9112 §9.6), and one that
    // comes before the request has left is the last (§9.5).
    if (!this.#lessons.keepsAlive || ended.plan.closes || !this.#sender.isReady) {
      return this.#retire("connection closed by the server");
    }
    if (isLast) return this.#retire("the server closes behind each answer");
    // Nobody asked for what lies behind the last answer due: it answers no later request.
    if (!this.isAnswerDue && !this.#reader.isBetweenResponses) {
      return this.#retire("the server sent what nobody asked for");
    }
    const { front } = this.#pipeline;
    if (front === null) this.#timer.stop();
    else this.#timer.onTurn(front.plan, this.#lessons.boundOf(front));
    this.#owner.onRoom(this);
    return this.#state === "open";
  }

  #retire(why: string): false {
    this.close(new BrokenError(why, { code: "closed" }), "none");
    return false;
  }
}
