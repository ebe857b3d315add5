/**
 * What is known of how a target takes requests that come behind one another.
 *
 * Most servers answer them in order; some drop them, close, or answer out of step. So nothing is
 * believed: the first answer comes by itself, then one connection tries, and only where the first
 * request behind another is answered do all others follow. Knows no socket and no clock: it is told
 * what happened, and when.
 *
 * A server that is started anew breaks its connections too. A break of a trusted target therefore asks
 * for a new trial and no more; pipelining rests only where a trial breaks, or where trust breaks for the
 * third time with no ten quiet seconds between. What still bothers the author: a page that is slow by
 * itself, sent as the trial, looks like one that was dropped.
 *
 * @module
 */

/** Breaks with less than this between them, in milliseconds, are of one trouble. */
const CALM_MS = 10_000;
/** Breaks of a trusted target in one trouble; then it is no accident. */
const MOST_BREAKS = 3;
const FIRST_REST_MS = 60_000;
const LONGEST_REST_MS = 3_600_000;
/** What a trial may take at least: shorter than a server's hiccup is no verdict. */
const LEAST_TRIAL_MS = 2_000;
/** How much slower than the first answer a trial may be. */
const TRIAL_FACTOR = 10;

/** How far a target is trusted. */
export type PipeliningState = "untried" | "trying" | "on trial" | "trusted" | "broken";

/** One target's record. */
export class PipeliningRecord {
  /** Whether a connection that is not on trial may take a request behind another. */
  isOpen = false;
  #state: PipeliningState = "untried";
  #firstAnswerMs = 0;
  #restMs = FIRST_REST_MS;
  #restsUntil = 0;
  #trustedAt = 0;
  #lastBreakAt = -Infinity;
  #breaks = 0;

  /** How far it is trusted. */
  get state(): PipeliningState {
    return this.#state;
  }

  /** Whether any connection may take a request behind another. */
  get mayPipeline(): boolean {
    return this.isOpen || this.#state === "on trial";
  }

  /** Milliseconds that a trial may take once it is its turn to be answered. */
  get trialMs(): number {
    return Math.max(LEAST_TRIAL_MS, TRIAL_FACTOR * this.#firstAnswerMs);
  }

  /**
   * A target that is not trusted has answered a request, and keeps the connection.
   *
   * @param tookMs How long that took.
   * @param now Milliseconds on any scale that does not go back.
   */
  onAnswer(tookMs: number, now: number): void {
    const isRested = this.#state === "broken" && now >= this.#restsUntil;
    if (this.#state !== "untried" && !isRested) return;
    this.#firstAnswerMs = tookMs;
    this.#become("trying");
  }

  /** A request was sent behind another before the target is trusted: no other connection does so now. */
  onTrial(): void {
    this.#become("on trial");
  }

  /** The trial was answered in its turn. */
  onTrialAnswered(now: number): void {
    if (this.#state !== "on trial") return;
    this.#trustedAt = now;
    this.#become("trusted");
  }

  /** The trial ended for another reason, which says nothing. */
  onTrialEnded(): void {
    if (this.#state === "on trial") this.#become("trying");
  }

  /** The trial broke: its connection ended, or nothing sensible came. */
  onTrialBroken(now: number): void {
    // Where it was trusted and its last trouble is long over, one more may be an accident too.
    if (this.#breaks === 0 || now - this.#lastBreakAt < CALM_MS) return this.#rest(now);
    this.#count(now);
    this.#become("trying");
  }

  /** A trusted target's connection ended with requests unanswered that were sent behind others. */
  onBroken(now: number): void {
    // What was sent before trust was lost belongs to the break that lost it.
    if (this.#state !== "trusted") return;
    this.#count(now);
    if (now - this.#trustedAt >= LONGEST_REST_MS) this.#restMs = FIRST_REST_MS;
    if (this.#breaks >= MOST_BREAKS) return this.#rest(now);
    this.#become("trying");
  }

  #count(now: number): void {
    this.#breaks = now - this.#lastBreakAt < CALM_MS ? this.#breaks + 1 : 1;
    this.#lastBreakAt = now;
  }

  #rest(now: number): void {
    this.#restsUntil = now + this.#restMs;
    this.#restMs = Math.min(2 * this.#restMs, LONGEST_REST_MS);
    this.#breaks = 0;
    this.#become("broken");
  }

  #become(state: PipeliningState): void {
    this.#state = state;
    this.isOpen = state === "trusted" || state === "trying";
  }
}
