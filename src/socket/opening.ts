import { TimeoutError } from "../errors.ts";
import { type AbandonReason, park, type Waiter, type WaitPlace } from "../thread/wait.ts";
import { ioError } from "./io_error.ts";

/** The wait for something that is being opened, which is taken back where the wait ends first. */
export class Opening implements WaitPlace {
  readonly waitingOn: string;
  /** Fires where nobody waits any more; what is being opened has to hear of it. */
  readonly controller: AbortController;
  readonly #phase: "connect" | "tls";
  readonly #timeoutMs: number;
  #waiter: Waiter<void> | null = null;

  /** @param doing What is done, for errors: `"connect to example.com:80"`. */
  constructor(
    doing: string,
    phase: "connect" | "tls",
    timeoutMs: number,
    controller: AbortController,
  ) {
    this.waitingOn = doing;
    this.controller = controller;
    this.#phase = phase;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether it is still waited for. */
  get isUnderWay(): boolean {
    return this.#waiter !== null && this.#waiter.isParked;
  }

  /**
   * Waits.
   *
   * @param opening What will be open.
   * @param take Is given it in the moment in which the wait ends: nothing can come in between.
   * @param close Closes what nobody waits for any more.
   * @param signal Ends the wait.
   */
  wait<T>(
    opening: Promise<T>,
    take: (opened: T) => void,
    close: (late: T) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const waiter = this.#waiter = park<void>(this, { timeoutMs: this.#timeoutMs, signal });
    opening.then((opened) => {
      if (!waiter.isParked) return close(opened);
      take(opened);
      waiter.wake();
    }, (error) => void waiter.fail(ioError(error, this.waitingOn)));
    return waiter.promise;
  }

  /** Ends the wait with an error. */
  giveUp(error: Error): void {
    this.#waiter?.abandon("aborted", error);
  }

  /** @internal */
  withdraw(_waiter: Waiter<unknown>, reason: AbandonReason): Error | void {
    this.controller.abort();
    if (reason !== "timeout") return;
    const message = `Cannot ${this.waitingOn}: timeout after ${this.#timeoutMs} ms`;
    return new TimeoutError(message, { phase: this.#phase });
  }
}
