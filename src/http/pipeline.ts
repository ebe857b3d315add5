import type { SentState } from "../errors.ts";
import type { Exchange } from "./exchange.ts";

/**
 * The exchanges that one connection carries, in order. Two turns are the whole discipline: requests
 * leave in the order of the first, answers come in the order of the second (RFC 9112 §9.3.2).
 */
export class Pipeline {
  #ring: (Exchange | null)[] = new Array(16).fill(null);
  /** The number of the next request to be sent. */
  #sendTurn = 0;
  /** The number of the request whose answer is being read, or comes next. */
  #receiveTurn = 0;
  /** Requests below this number were handed to the system, in part or whole. */
  #writingTurn = 0;
  /** Requests below this number have left. */
  #writtenTurn = 0;

  /** How many are in flight. */
  get size(): number {
    return this.#sendTurn - this.#receiveTurn;
  }

  /** The one whose answer is being read, or comes next. */
  get front(): Exchange | null {
    return this.size === 0 ? null : this.#at(this.#receiveTurn);
  }

  /** The one that was sent last. */
  get last(): Exchange | null {
    return this.size === 0 ? null : this.#at(this.#sendTurn - 1);
  }

  /** Adds one behind all others. */
  push(exchange: Exchange): void {
    if (this.size === this.#ring.length) this.#grow();
    exchange.turn = this.#sendTurn;
    this.#ring[this.#sendTurn++ & (this.#ring.length - 1)] = exchange;
  }

  /** Takes the one whose answer has ended. */
  shift(): Exchange {
    const slot = this.#receiveTurn++ & (this.#ring.length - 1);
    const exchange = this.#ring[slot]!;
    this.#ring[slot] = null;
    return exchange;
  }

  /** All of them, in order. */
  *[Symbol.iterator](): Generator<Exchange> {
    for (let turn = this.#receiveTurn; turn < this.#sendTurn; turn++) yield this.#at(turn);
  }

  /** Takes all, in order. */
  takeAll(): Exchange[] {
    const all: Exchange[] = [];
    while (this.size > 0) all.push(this.shift());
    return all;
  }

  /** Notes that everything so far is being written. */
  onWriting(): void {
    this.#writingTurn = this.#sendTurn;
  }

  /** Notes that what was being written has left, and gives the exchanges that have with it. */
  onWritten(now: number): void {
    for (let turn = this.#writtenTurn; turn < this.#writingTurn; turn++) {
      if (turn >= this.#receiveTurn) this.#at(turn).sentAt = now;
    }
    this.#writtenTurn = this.#writingTurn;
  }

  /** How much of an exchange's head has left. */
  sentOf(turn: number): SentState {
    if (turn < this.#writtenTurn) return "all";
    return turn < this.#writingTurn ? "partial" : "none";
  }

  #at(turn: number): Exchange {
    return this.#ring[turn & (this.#ring.length - 1)]!;
  }

  #grow(): void {
    const ring = new Array(2 * this.#ring.length).fill(null);
    for (let turn = this.#receiveTurn; turn < this.#sendTurn; turn++) {
      ring[turn & (ring.length - 1)] = this.#at(turn);
    }
    this.#ring = ring;
  }
}
