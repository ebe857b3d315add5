/**
 * One request on its way to the head of its answer: where it is, and whose wait ends with it.
 *
 * An exchange ends exactly once, with a response or with an error. Whoever drops it (a connection
 * that died, a line that it left) says how much was sent; what follows from that is decided here.
 *
 * @module
 */

import {
  type BrokenError,
  LasaError,
  type SentState,
  TimeoutError,
  type TimeoutPhase,
} from "../errors.ts";
import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import { clockNow, turnNow } from "../thread/clock.ts";
import { type Frame, frames } from "../thread/frame.ts";
import {
  type AbandonReason,
  abortedBy,
  park,
  type Waiter,
  type WaitPlace,
} from "../thread/wait.ts";
import type { Connection } from "./connection.ts";
import type { RequestPlan } from "./plan.ts";
import { letGoUnsent } from "./request_body.ts";
import type { HttpResponse } from "./response.ts";
import { backoffMs, isFinal } from "./retry.ts";
import type { Settings } from "./settings.ts";
import { tellStep } from "./steps.ts";
import type { Target } from "./target.ts";

/** What an exchange asks of the pool. */
export interface ExchangeOwner {
  /** Puts it in line. */
  enqueue(exchange: Exchange): void;
  /** Puts it to the front of the line: it had its turn, and lost it. */
  requeue(exchange: Exchange): void;
  /** Takes it out of the line: it does not want a connection any more. */
  dequeue(exchange: Exchange): void;
  /** It rests before it is sent again. */
  rest(exchange: Exchange): void;
  /** It rests no longer. */
  endRest(exchange: Exchange): void;
  /** Whether a retry is within the target's budget, or free; it is counted then. */
  tryRetry(target: Target, isFree: boolean): boolean;
  /** How requests are sent again, and who is told. */
  readonly settings: Pick<Settings, "retry" | "hooks" | "tap">;
}

/** What follows from answers that do not end a request: redirects, and attempts that they ask for. */
export interface AnswerCourse {
  /** Whether such an answer can be the last. */
  isLast(response: HttpResponse): boolean;
  /** Leads on from it; gives the answer that the caller gets. */
  goOn(plan: RequestPlan, response: HttpResponse): Promise<HttpResponse>;
}

/**
 * Whether an exchange may have been what its connection ended of: `none` where it was only in the wrong
 * place, `stale` where a kept connection ended before a byte of its answer came.
 */
export type Blame = "none" | "stale" | "own";

/** Where an exchange is. */
export type ExchangeState = "new" | "queued" | "resting" | "in flight" | "answered" | "over";

/** Losses that were nobody's fault; more than these, and something is wrong after all. */
const MAX_BLAMELESS_LOSSES = 100;

/** One request, from being asked for to the head of its answer. */
export class Exchange extends Alarm implements WaitPlace {
  plan: RequestPlan;
  readonly waiter: Waiter<HttpResponse>;
  /** Its number within its client. */
  id = 0;
  state: ExchangeState = "new";
  /** The connection that carries it. */
  connection: Connection | null = null;
  /** Its number in that connection's pipeline. */
  turn = 0;
  /** When it was asked for. */
  readonly startedAt: number = turnNow();
  /** When its last byte was handed to the system; 0 before. */
  sentAt = 0;
  /** How often it has been sent again. */
  retries = 0;
  /** @internal */
  queueNext: Exchange | null = null;
  /** @internal */
  queuePrevious: Exchange | null = null;
  readonly #owner: ExchangeOwner;
  readonly #course: AnswerCourse | null;
  /** The plan as the caller made it, and whose code that was: the course goes on by them. */
  readonly #asked: RequestPlan;
  readonly #frame: Frame | undefined;
  #blamelessLosses = 0;
  /** How much of it had left before, on connections that were lost: a later failure tells that too. */
  #sentBefore: SentState = "none";

  /**
   * Makes a request that waits to be submitted.
   *
   * @param plan What to send.
   * @param owner Who carries it.
   * @param course What leads on from its answer before the caller gets one; `null` for nothing.
   */
  constructor(plan: RequestPlan, owner: ExchangeOwner, course: AnswerCourse | null) {
    super();
    this.plan = this.#asked = plan;
    this.#owner = owner;
    this.#course = course;
    this.#frame = course === null ? undefined : frames.getStore();
    const leftMs = plan.deadlineAt === Infinity ? Infinity : plan.deadlineAt - clockNow();
    this.waiter = park<HttpResponse>(this, { timeoutMs: leftMs, signal: plan.signal });
  }

  /** Whether nobody waits for its answer any more. */
  get isAbandoned(): boolean {
    return this.state === "over";
  }

  /** What is waited on. */
  get waitingOn(): string {
    return `the answer to ${this.plan.method} ${this.plan.url}`;
  }

  /** Enters the line, with the time that it may spend there. */
  onQueued(): void {
    this.state = "queued";
    const ms = this.plan.timeouts.queue;
    if (ms !== Infinity) setAlarm(this, ms);
  }

  /** Leaves the line for a connection. */
  onAssigned(connection: Connection): void {
    if (this.alarmList !== null) clearAlarm(this);
    this.state = "in flight";
    this.connection = connection;
    this.sentAt = 0;
  }

  /** Ends with an answer. */
  answer(response: HttpResponse): void {
    this.state = "answered";
    const course = this.#course;
    if (course === null || course.isLast(response)) return void this.waiter.wake(response);
    // A connection hands it in: what follows is the caller's again.
    const goOn = () => course.goOn(this.#asked, response);
    this.waiter.wakeWith(frames.run(this.#frame, goOn));
  }

  /** Ends with an error, unless it has ended. */
  fail(error: Error): void {
    if (this.state === "over") return;
    if (this.state === "resting") this.#owner.endRest(this);
    this.state = "over";
    if (this.alarmList !== null) clearAlarm(this);
    if (error instanceof LasaError && this.#sentBefore !== "none") {
      error.sent = this.#mostSent(error.sent ?? "none");
    }
    const { tap } = this.#owner.settings;
    if (tap.isOn) tellStep(tap, "failed", this.plan.target, error.message, this);
    letGoUnsent(this.plan.body);
    this.waiter.fail(error);
  }

  /**
   * Is dropped by a connection that is gone, or could not be had.
   *
   * @param error Why.
   * @param sent How much of it had left.
   * @param blame Whether it may have been its own doing.
   */
  drop(error: LasaError, sent: SentState, blame: Blame): void {
    if (this.state === "over") return;
    this.connection = null;
    this.#sentBefore = this.#mostSent(sent);
    if (sent === "none" || this.plan.isRepeatable) {
      if (blame === "none" && this.#blamelessLosses < MAX_BLAMELESS_LOSSES) {
        this.#blamelessLosses++;
        return this.#owner.requeue(this);
      }
      if (!isFinal(error) && this.retries < this.plan.maxRetries) {
        // A kept connection that has ended says nothing of how well its server is.
        const isFree = blame === "stale";
        if (this.#owner.tryRetry(this.plan.target, isFree)) return this.#retry(error, sent);
        const told = this.#told(error, sent);
        told.message += " (not sent again: the target's retry budget is spent)";
        return this.fail(told);
      }
    }
    this.fail(this.#told(error, sent));
  }

  /** @internal Gives up before the answer: timed out, killed, aborted. */
  withdraw(_waiter: Waiter<unknown>, reason: AbandonReason): Error | void {
    const { state, connection } = this;
    const sentNow = connection?.sentOf(this) ?? "none";
    const phase = this.#phase(sentNow);
    const sent = this.#mostSent(sentNow);
    this.state = "over";
    if (this.alarmList !== null) clearAlarm(this);
    if (state === "queued") this.#owner.dequeue(this);
    if (state === "resting") this.#owner.endRest(this);
    if (state === "in flight") connection!.onAbandoned(this);
    letGoUnsent(this.plan.body);
    const { tap } = this.#owner.settings;
    if (tap.isOn) tellStep(tap, "failed", this.plan.target, reason, this, connection);
    const doing = `Cannot ${this.plan.method} ${this.plan.url}`;
    switch (reason) {
      case "timeout":
        return new TimeoutError(`${doing}: timeout of the whole exchange (${phase})`, {
          phase,
          sent,
        });
      case "deadline":
        return new TimeoutError(`${doing}: the deadline has passed (${phase})`, {
          phase: "deadline",
          sent,
        });
      case "aborted":
        return Object.assign(abortedBy(this.plan.signal!), { sent });
      case "killed":
        return;
    }
  }

  /** @internal Its time in line, or its rest before the next attempt, is over. */
  override onAlarm(): void {
    if (this.state === "resting") {
      this.#owner.endRest(this);
      return this.#owner.enqueue(this);
    }
    this.#owner.dequeue(this);
    const ms = this.plan.timeouts.queue;
    this.fail(
      new TimeoutError(
        `Cannot ${this.plan.method} ${this.plan.url}: no connection was free within ${ms} ms`,
        { phase: "queue", sent: this.#sentBefore },
      ),
    );
  }

  /** Goes again: at once where a kept connection may have gone stale, else after a rest. */
  #retry(error: LasaError, sent: SentState): void {
    const { retry, hooks, tap } = this.#owner.settings;
    const delayMs = this.retries++ === 0 && sent !== "none" ? 0 : backoffMs(retry, this.retries);
    if (tap.isOn) {
      const text = `in ${Math.ceil(delayMs)} ms: ${error.message}`;
      tellStep(tap, "retry", this.plan.target, text, this);
    }
    if (delayMs === 0 && hooks.beforeRetry === undefined) return this.#owner.requeue(this);
    this.state = "resting";
    this.#owner.rest(this);
    if (hooks.beforeRetry === undefined) return setAlarm(this, delayMs);
    const { method, url } = this.plan;
    const event = { method, url, attempt: this.retries, delayMs, error: this.#told(error, sent) };
    this.plan.inContext!(async () => await hooks.beforeRetry!(event)).then(
      (goesOn) => {
        // It may have been given up meanwhile.
        if (this.state !== "resting") return;
        if (goesOn === false) this.fail(event.error);
        else setAlarm(this, delayMs);
      },
      (thrown) => this.fail(thrown),
    );
  }

  #mostSent(sent: SentState): SentState {
    const before = this.#sentBefore;
    return before === "all" || sent === "none" ? before : sent;
  }

  #phase(sent: SentState): TimeoutPhase {
    if (this.state !== "in flight") {
      const { dialing, handshakes } = this.plan.target;
      return dialing === 0 ? "queue" : handshakes === 0 ? "connect" : "tls";
    }
    return sent === "all" ? "headers" : "send";
  }

  /** The same failure, told for this request. */
  #told(error: LasaError, sent: SentState): LasaError {
    const message = `Cannot ${this.plan.method} ${this.plan.url}: ${error.message}`;
    if (error instanceof TimeoutError) {
      return new TimeoutError(message, { phase: error.phase, sent, cause: error });
    }
    const Kind = error.constructor as typeof BrokenError;
    return new Kind(message, { code: error.code, sent, cause: error.cause ?? error });
  }
}
