import type { Exchange } from "./exchange.ts";

/** Exchanges in line; anyone may leave from the middle. */
export class ExchangeQueue {
  #head: Exchange | null = null;
  #tail: Exchange | null = null;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** The one whose turn is next. */
  get first(): Exchange | null {
    return this.#head;
  }

  /** Puts one at the end of the line. */
  push(exchange: Exchange): void {
    exchange.queuePrevious = this.#tail;
    if (this.#tail === null) this.#head = exchange;
    else this.#tail.queueNext = exchange;
    this.#tail = exchange;
    this.#size++;
  }

  /** Puts one back to the front: it had its turn, and lost it through no fault of its own. */
  unshift(exchange: Exchange): void {
    exchange.queueNext = this.#head;
    if (this.#head === null) this.#tail = exchange;
    else this.#head.queuePrevious = exchange;
    this.#head = exchange;
    this.#size++;
  }

  /** Takes one that is in this line out of it. */
  remove(exchange: Exchange): void {
    if (exchange.queuePrevious === null) this.#head = exchange.queueNext;
    else exchange.queuePrevious.queueNext = exchange.queueNext;
    if (exchange.queueNext === null) this.#tail = exchange.queuePrevious;
    else exchange.queueNext.queuePrevious = exchange.queuePrevious;
    exchange.queueNext = exchange.queuePrevious = null;
    this.#size--;
  }
}
