import { Alarm } from "./alarms.ts";

/** Something that stands in a queue to be woken once: a parked wait, or one case of a `select`. */
export abstract class QueueEntry<T> extends Alarm {
  /** What a sender brought along. */
  item: unknown = undefined;
  /** @internal */
  queueNext: QueueEntry<T> | null = null;
  /** @internal */
  queuePrevious: QueueEntry<T> | null = null;

  /** The case of a `select` that waits for time overrides it; nobody else sets this alarm. */
  override onAlarm(): void {}

  /** Ends it with a value; says whether it was still waiting. */
  abstract wake(value: T): boolean;
  /** Ends it with an error; says whether it was still waiting. */
  abstract fail(error: unknown): boolean;
}

/** Entries in the order in which they came; anyone may leave from the middle. */
export class WaitQueue<T> {
  #head: QueueEntry<T> | null = null;
  #tail: QueueEntry<T> | null = null;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** The one who has waited longest. */
  get first(): QueueEntry<T> | null {
    return this.#head;
  }

  /** Appends a entry. */
  push(entry: QueueEntry<T>): void {
    entry.queuePrevious = this.#tail;
    if (this.#tail === null) this.#head = entry;
    else this.#tail.queueNext = entry;
    this.#tail = entry;
    this.#size++;
  }

  /** Takes the one who has waited longest. */
  shift(): QueueEntry<T> | null {
    const entry = this.#head;
    if (entry !== null) this.remove(entry);
    return entry;
  }

  /** Takes a entry that is in this queue out of it. */
  remove(entry: QueueEntry<T>): void {
    if (entry.queuePrevious === null) this.#head = entry.queueNext;
    else entry.queuePrevious.queueNext = entry.queueNext;
    if (entry.queueNext === null) this.#tail = entry.queuePrevious;
    else entry.queueNext.queuePrevious = entry.queuePrevious;
    entry.queueNext = entry.queuePrevious = null;
    this.#size--;
  }
}
