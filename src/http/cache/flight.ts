/**
 * Several requests for one thing that is not there: one goes, the others wait for what it brings.
 *
 * @module
 */

import { TimeoutError } from "../../errors.ts";
import {
  type AbandonReason,
  park,
  refusal,
  type Waiter,
  type WaitPlace,
} from "../../thread/wait.ts";
import type { StoredHead } from "./entry.ts";
import type { RecordedBody } from "./recorded_body.ts";
import { matchesVary } from "./vary.ts";
import type { CacheRequest } from "./wish.ts";

/** What those who waited do now. */
export type Landing =
  /** Look again: it is there. */
  | "again"
  /** Go too: what came is not for them. */
  | "alone"
  /** Look again, and one of them goes: the first one gave up. */
  | "instead";

/** A request that others wait for. */
export class Flight implements WaitPlace {
  readonly #followers = new Map<Waiter<Landing>, CacheRequest>();
  #head: StoredHead | null = null;
  #body: RecordedBody | null = null;
  readonly #onLanded: (flight: Flight) => void;

  /** Begins; what is given is called before those who wait go on. */
  constructor(onLanded: (flight: Flight) => void) {
    this.#onLanded = onLanded;
  }

  get waitingOn(): string {
    return "another request's answer";
  }

  /** Waits for the end, on behalf of a request like the one that went. */
  follow(request: CacheRequest): Promise<Landing> {
    const error = refusal(request.signal);
    if (error !== null) return Promise.reject(error);
    if (this.#head !== null && !matchesVary(this.#head, request)) return Promise.resolve("alone");
    const { signal, timeoutMs } = request;
    const waiter = park<Landing>(this, { signal, timeoutMs });
    this.#followers.set(waiter, request);
    this.#body?.draw();
    return waiter.promise;
  }

  /** The head has come and is being kept: those whom it does not answer go now. */
  carry(head: StoredHead, body: RecordedBody | null): void {
    this.#head = head;
    this.#body = body;
    for (const [waiter, request] of this.#followers) {
      if (matchesVary(head, request)) continue;
      this.#followers.delete(waiter);
      waiter.wake("alone");
    }
    if (this.#followers.size > 0) body?.draw();
  }

  /** Ends the wait of all who are left. */
  land(how: Landing): void {
    this.#onLanded(this);
    for (const waiter of this.#followers.keys()) waiter.wake(how);
    this.#followers.clear();
  }

  /** @internal */
  withdraw(waiter: Waiter<unknown>, reason: AbandonReason): Error | void {
    const request = this.#followers.get(waiter as Waiter<Landing>);
    this.#followers.delete(waiter as Waiter<Landing>);
    if (reason !== "timeout" || request === undefined) return;
    const { method, url } = request;
    return new TimeoutError(
      `Cannot ${method} ${url}: timeout of the whole exchange (waiting for another's answer)`,
      { phase: "queue", sent: "none" },
    );
  }
}
