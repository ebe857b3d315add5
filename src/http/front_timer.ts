/**
 * The time that the front of a pipeline may take: to be sent, then to be answered.
 *
 * One alarm serves all requests of a connection. It is not moved with each of them: where it goes
 * off too early it is set again for what is left, so that most requests cost it nothing. It keeps
 * the process alive as long as it is set; a connection that waits for nothing has none.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import { clockNow, turnNow } from "../thread/clock.ts";
import type { Exchange } from "./exchange.ts";
import type { Pipeline } from "./pipeline.ts";
import type { RequestPlan } from "./plan.ts";
import type { Sender } from "./sender.ts";

/** Who is told that time is up. */
export interface FrontTimerOwner {
  /** The front has not been sent, or not been answered, in time. */
  onFrontLate(front: Exchange, error: TimeoutError): void;
  /**
   * The front was sent to see whether it would be answered, and was not within its bound; or nobody
   * wants the rest of its answer, which did not come within that.
   */
  onBoundLate(front: Exchange): void;
}

/** Keeps the time of one connection's front exchange. */
export class FrontTimer extends Alarm {
  readonly #pipeline: Pipeline;
  readonly #sender: Sender;
  readonly #owner: FrontTimerOwner;
  /** Milliseconds that the front may take to be answered, or to be drained, where that is less than its own timeout. */
  boundMs = Infinity;
  /** When it became the front's turn to be answered; 0 where it always was. */
  #turnAt = 0;

  constructor(pipeline: Pipeline, sender: Sender, owner: FrontTimerOwner) {
    super();
    this.#pipeline = pipeline;
    this.#sender = sender;
    this.#owner = owner;
  }

  /** A request joins the pipeline. */
  onSend(plan: RequestPlan): void {
    if (this.#pipeline.size === 1) {
      this.#turnAt = 0;
      this.boundMs = Infinity;
    }
    // A stamp will do: when it goes off the time is asked for.
    if (this.alarmList === null) setAlarm(this, firstLook(plan), turnNow());
  }

  /** The wait for the front begins here: the answer before it is read, or its own is to be drained. */
  onTurn(plan: RequestPlan, boundMs = Infinity): void {
    const ms = Math.min(firstLook(plan), boundMs);
    this.boundMs = boundMs;
    this.#turnAt = turnNow();
    if (this.alarmList !== null) {
      // Good enough where it goes off no later than the front's time can be up.
      if (this.dueAt <= this.#turnAt + ms) return;
      clearAlarm(this);
    }
    setAlarm(this, ms, this.#turnAt);
  }

  /** Nothing is waited for, or somebody else keeps the time. */
  stop(): void {
    clearAlarm(this);
  }

  /** @internal The front's time may be up, or another is the front by now. */
  override onAlarm(): void {
    const { front } = this.#pipeline;
    if (front === null) return;
    const { send, headers } = front.plan.timeouts;
    const isSent = this.#sender.sentOf(front) === "all";
    // A source that gives nothing has all the time it wants; a peer that takes nothing has not.
    const since = isSent ? Math.max(front.sentAt, this.#turnAt) : this.#sender.writingSince;
    const ms = isSent ? Math.min(headers, this.boundMs) : send;
    const leftMs = since >= 0 ? since + ms - clockNow() : firstLook(front.plan);
    if (leftMs > 0 && !this.#sender.isBroken) return setAlarm(this, Math.min(leftMs, LONGEST_MS));
    if (isSent && this.boundMs < headers) return this.#owner.onBoundLate(front);
    const what = isSent ? "no answer" : "the peer took nothing";
    this.#owner.onFrontLate(
      front,
      new TimeoutError(`Cannot ${front.plan.method} ${front.plan.url}: ${what} within ${ms} ms`, {
        phase: isSent ? "headers" : "send",
        sent: this.#sender.sentOf(front),
      }),
    );
  }
}

/** Also what has no end has an alarm: it keeps the process alive. */
const LONGEST_MS = 2 ** 30;

/** When to look at the front first. */
function firstLook({ timeouts }: RequestPlan): number {
  return Math.min(timeouts.headers, timeouts.send, LONGEST_MS);
}
