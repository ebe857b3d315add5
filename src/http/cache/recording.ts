/**
 * A response on its way into a store while its caller reads it.
 *
 * Nothing is kept unless all of it came: an answer that breaks off, is given up or grows too large
 * leaves no trace.
 *
 * @module
 */

import type { Keeping, StoredCut } from "./keeping.ts";
import type { CacheStore, EntryWriter, Eventually } from "./store.ts";

/** What is recorded, and where it goes. */
export interface RecordingPlan extends Keeping {
  readonly store: CacheStore;
  /** Called once: with what the store still does, where it does it later, and whether it is kept. */
  onEnd(isKept: boolean, recording: Recording): void;
  /** Called when the store begins to make it findable. */
  onCommitting(committing: Promise<unknown>): void;
}

/** One response being kept. */
export class Recording {
  readonly #plan: RecordingPlan;
  readonly #limit: number;
  #writer: EntryWriter | null = null;
  /** What the store has still to do, one thing after the other; `null` for nothing. */
  #tail: Promise<void> | null = null;
  #received = 0;
  #state: "open" | "finishing" | "over" = "open";
  /** Whether more came than the store takes. */
  isTooLarge = false;

  /** Begins. */
  constructor(plan: RecordingPlan) {
    this.#plan = plan;
    const { before, after } = plan;
    this.#limit = plan.store.maxEntryBytes - lengthOf(before) - lengthOf(after);
    this.#then(() => this.#begin());
  }

  /** Whether what comes is still being kept. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  /** Adds a piece; what it gives, if anything, is done once the store can take more. */
  add(piece: Uint8Array): Promise<void> | null {
    if (this.#state !== "open") return null;
    this.#received += piece.length;
    if (this.#received > this.#limit) {
      this.isTooLarge = true;
      this.abort();
      return null;
    }
    this.#then(() => this.#writer!.write(piece));
    return this.#tail;
  }

  /** All has come. */
  finish(): void {
    if (this.#state !== "open") return;
    this.#state = "finishing";
    const { before, after, headOf, replaced, onCommitting } = this.#plan;
    if (after !== null) this.#then(() => this.#copy(after));
    const length = this.#received + lengthOf(before) + lengthOf(after);
    this.#then(() =>
      this.#state === "finishing" ? this.#writer!.commit(headOf(length), replaced) : undefined
    );
    if (this.#tail === null) return this.#end(true);
    const committing = this.#tail.then(() => this.#end(true));
    onCommitting(committing);
  }

  /** Nothing of it is to be kept. */
  abort(): void {
    if (this.#state === "over") return;
    const writer = this.#writer;
    this.#end(false);
    if (this.#tail === null) {
      const aborting = writer?.abort();
      if (aborting instanceof Promise) this.#tail = aborting.catch(() => {});
    } else {
      this.#tail = this.#tail.then(() => this.#writer?.abort()).catch(() => {});
    }
    if (this.#tail !== null) this.#plan.onCommitting(this.#tail);
  }

  #begin(): Eventually<void> {
    const writer = this.#plan.store.write(this.#plan.key);
    if (writer instanceof Promise) return writer.then((each) => this.#beginWith(each));
    return this.#beginWith(writer);
  }

  #beginWith(writer: EntryWriter): Eventually<void> {
    this.#writer = writer;
    const { before } = this.#plan;
    if (before !== null) return this.#copy(before);
  }

  async #copy({ entry, start, end }: StoredCut): Promise<void> {
    const bytes = await this.#plan.store.open(entry, start, end);
    if (bytes === null) return this.abort();
    if (bytes instanceof Uint8Array) return await this.#writer!.write(bytes);
    for (let piece = await bytes.read(); piece !== null; piece = await bytes.read()) {
      await this.#writer!.write(piece);
    }
  }

  #then(step: () => Eventually<void>): void {
    if (this.#tail !== null) {
      const tail = this.#tail.then(() => this.#state === "over" ? undefined : step());
      this.#tail = tail.catch(() => this.abort());
      return;
    }
    try {
      const doing = step();
      if (doing instanceof Promise) this.#tail = doing.catch(() => this.abort());
    } catch {
      // A store that cannot keep it (a full disk) is no reason for the caller to go without.
      this.abort();
    }
  }

  #end(isKept: boolean): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#plan.onEnd(isKept, this);
  }
}

function lengthOf(cut: StoredCut | null): number {
  return cut === null ? 0 : cut.end - cut.start;
}
