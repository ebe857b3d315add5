/**
 * What one connection teaches of its target: whether it takes requests behind one another, and whether
 * it keeps connections at all, this one to begin with. From the same comes whose doing an unexpected
 * end may be.
 *
 * @module
 */

import { parseKeepAlive } from "../protocol/http1/keep_alive.ts";
import type { ResponseHead } from "../protocol/http1/response_head.ts";
import { turnNow } from "../thread/clock.ts";
import type { Blame, Exchange } from "./exchange.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Target } from "./target.ts";

/** How long before its server an idle connection is closed: an answer, and a request, take their time. */
const KEEP_ALIVE_MARGIN_MS = 2_000;

/** Watches one connection. */
export class Lessons {
  /** Whether the last answer leaves the connection to others. */
  keepsAlive = true;
  /** Milliseconds for which the connection may be idle: less than its server allows. */
  idleMs: number;
  readonly #mostIdleMs: number;
  readonly #target: Target;
  readonly #pipeline: Pipeline;
  #keepAliveTold = "";
  #answers = 0;
  // The turn of the last request that was sent behind another.
  #lastBehind = -1;
  // The request that was sent behind another to see what happens.
  #trial: Exchange | null = null;

  /** @param mostIdleMs For how long the connection may be idle, whatever its server allows. */
  constructor(target: Target, pipeline: Pipeline, mostIdleMs: number) {
    this.idleMs = this.#mostIdleMs = mostIdleMs;
    this.#target = target;
    this.#pipeline = pipeline;
  }

  /** Whether requests may be sent behind others here. */
  get mayPipeline(): boolean {
    return this.#target.pipelining.isOpen || this.#trial !== null;
  }

  /** Milliseconds that this one may take to be answered, beside its own timeout. */
  boundOf(exchange: Exchange): number {
    return exchange === this.#trial ? this.#target.pipelining.trialMs : Infinity;
  }

  /** A request goes behind another. */
  onBehind(exchange: Exchange): void {
    this.#lastBehind = exchange.turn;
    const { pipelining } = this.#target;
    if (pipelining.state === "trusted" || this.#trial !== null) return;
    pipelining.onTrial();
    this.#trial = exchange;
  }

  /** The head of an answer has come; says whether a trial has ended well with it. */
  onAnswer(front: Exchange, head: ResponseHead): boolean {
    this.keepsAlive = head.keepsAlive;
    if (head.keepAlive !== null && head.keepAlive !== this.#keepAliveTold) {
      this.#onKeepAlive(head.keepAlive);
    }
    const { pipelining } = this.#target;
    if (pipelining.state === "trusted" || head.minorVersion === 0) return false;
    const now = turnNow();
    if (front === this.#trial) {
      this.#trial = null;
      pipelining.onTrialAnswered(now);
      return true;
    }
    // An answer can come before the write of its request has said that it is done.
    if (head.keepsAlive) pipelining.onAnswer(front.sentAt === 0 ? 0 : now - front.sentAt, now);
    return false;
  }

  /** An answer has ended; says whether the connection will not outlive it, whatever it says. */
  onAnswerEnd(): boolean {
    const { keeping } = this.#target;
    if (++this.#answers === 2) keeping.onKept();
    return keeping.isOnce(turnNow());
  }

  /** Time is up for this one; where it was the trial, that has failed. */
  onLate(exchange: Exchange): void {
    if (exchange !== this.#trial) return;
    this.#trial = null;
    this.#target.pipelining.onTrialBroken(turnNow());
  }

  /** The connection ends for a reason that says nothing. */
  onClose(): void {
    if (this.#trial !== null) this.#target.pipelining.onTrialEnded();
    this.#trial = null;
  }

  /**
   * The peer ended it without a word of warning: whose doing that may be.
   *
   * @param isUnanswered Whether nothing of the front's answer had come.
   */
  blame(isUnanswered: boolean): Blame {
    if (this.keepsAlive && this.#noteBreak()) return "none";
    if (!isUnanswered || this.#answers === 0) return "own";
    if (this.#answers === 1) this.#target.keeping.onLost(turnNow());
    return "stale";
  }

  /** The server says how long it keeps the connection; who calls too late calls nobody. */
  #onKeepAlive(value: string): void {
    this.#keepAliveTold = value;
    const { timeoutMs, max } = parseKeepAlive(value);
    this.idleMs = Math.min(this.#mostIdleMs, timeoutMs - KEEP_ALIVE_MARGIN_MS);
    if (max === 0) this.keepsAlive = false;
  }

  /** Whether a trial may have been the reason. */
  #noteBreak(): boolean {
    const { front } = this.#pipeline;
    if (front === null || front.turn > this.#lastBehind) return false;
    if (this.#pipeline.sentOf(this.#lastBehind) === "none") return false;
    const { pipelining } = this.#target;
    if (this.#trial === null) {
      pipelining.onBroken(turnNow());
      return false;
    }
    this.#trial = null;
    pipelining.onTrialBroken(turnNow());
    return true;
  }
}
