import type { Exchange } from "./exchange.ts";

/** Exchanges of one priority, in their order; anyone may leave from the middle. */
class Line {
  priority: number;
  head: Exchange | null = null;
  tail: Exchange | null = null;

  constructor(priority: number) {
    this.priority = priority;
  }
}

/** Exchanges that wait: by priority, and first come, first served within one. */
export class ExchangeQueue {
  /** The most urgent first. Nearly always there is one. */
  readonly #lines: Line[] = [];
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** The one whose turn is next. */
  get first(): Exchange | null {
    return this.#lines.length === 0 ? null : this.#lines[0].head;
  }

  /** The priority of the one whose turn is next; of nobody, the least there is. */
  get priority(): number {
    return this.#size === 0 ? -Infinity : this.#lines[0].priority;
  }

  /** Puts one behind all others of its priority. */
  push(exchange: Exchange): void {
    const line = this.#lineFor(exchange);
    exchange.queuePrevious = line.tail;
    if (line.tail === null) line.head = exchange;
    else line.tail.queueNext = exchange;
    line.tail = exchange;
    this.#size++;
  }

  /** Puts one back before all others of its priority: it had its turn, and lost it. */
  unshift(exchange: Exchange): void {
    const line = this.#lineFor(exchange);
    exchange.queueNext = line.head;
    if (line.head === null) line.tail = exchange;
    else line.head.queuePrevious = exchange;
    line.head = exchange;
    this.#size++;
  }

  /** Takes one that is in this line out of it. */
  remove(exchange: Exchange): void {
    const line = this.#lineFor(exchange);
    if (exchange.queuePrevious === null) line.head = exchange.queueNext;
    else exchange.queuePrevious.queueNext = exchange.queueNext;
    if (exchange.queueNext === null) line.tail = exchange.queuePrevious;
    else exchange.queueNext.queuePrevious = exchange.queuePrevious;
    exchange.queueNext = exchange.queuePrevious = null;
    this.#size--;
    // The last one is kept: nearly all have the same priority.
    if (line.head === null && this.#lines.length > 1) {
      this.#lines.splice(this.#lines.indexOf(line), 1);
    }
  }

  #lineFor({ plan: { priority } }: Exchange): Line {
    const lines = this.#lines;
    if (this.#size === 0 && lines.length === 1) {
      lines[0].priority = priority;
      return lines[0];
    }
    let at = 0;
    while (at < lines.length && lines[at].priority > priority) at++;
    if (at < lines.length && lines[at].priority === priority) return lines[at];
    const line = new Line(priority);
    lines.splice(at, 0, line);
    return line;
  }
}
