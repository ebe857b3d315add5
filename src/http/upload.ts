/**
 * A body that is not at hand on its way from its source to the sender of its connection.
 *
 * It is pulled piece by piece, in the context of its source, and only as fast as the stream takes
 * it: there is what the system was not yet given, one write of 1 MiB at most or a piece that is
 * larger, and the piece that came while that was on its way. To keep the wire busy meanwhile is up
 * to the system's own buffer. One that the server is to ask for waits until it does.
 *
 * @module
 */

import { LasaError } from "../errors.ts";
import type { Field } from "../protocol/http1/headers.ts";
import { clockNow, turnNow } from "../thread/clock.ts";
import { runOutside } from "../thread/frame.ts";
import { ContinueWait } from "./continue_wait.ts";
import type { Exchange } from "./exchange.ts";
import { expectsContinue } from "./extras.ts";
import type { RequestPlan } from "./plan.ts";
import { letGoUnsent, type RequestBody } from "./request_body.ts";
import { pairsOf } from "./settings.ts";

/**
 * Milliseconds after which what a source gave leaves although it gives more in the same turn: all
 * that is in memory fills a write sooner, and no peer shall wait for one that computes.
 */
const LONGEST_GATHERING_MS = 5;

/** Where a body leaves. */
export interface Outlet {
  /** Whether the stream takes bytes. */
  readonly isOpen: boolean;
  /** Whether a piece may join what is there. Where it may not, that has to leave first. */
  hasRoomFor(bytes: Uint8Array): boolean;
  /** Adds a piece; says whether its bytes must stay as they are until all has left. */
  sendPiece(exchange: Exchange, bytes: Uint8Array): boolean;
  /** Has what is there leave when the turn has ended, so that the pieces of a turn are one write. */
  flushWithTurn(): void;
  /** Has what is there leave at once; settles when all of it has. */
  flushed(): Promise<void>;
  /** Ends the body. */
  sendEnd(trailers: readonly Field[] | undefined): void;
  /** All of the body has left. */
  onUploaded(): void;
  /** The source failed, or does not give what was announced. */
  onUploadFailed(exchange: Exchange, error: Error): void;
}

/** The body of one exchange on its way. */
export class Upload {
  /** Whose body it is. */
  readonly exchange: Exchange;
  readonly #outlet: Outlet;
  // The server's word, while the body waits for it.
  #wait: ContinueWait | null;
  // Where the body comes from, while it is asked for pieces.
  #source: PieceIterator | null = null;
  #isStopped = false;

  constructor(exchange: Exchange, outlet: Outlet) {
    this.exchange = exchange;
    this.#outlet = outlet;
    this.#wait = expectsContinue(exchange.plan) ? new ContinueWait() : null;
  }

  /** Begins, in the context of the source; once. */
  start(): void {
    this.exchange.plan.body!.inContext(() => void this.#run());
  }

  /** Whether the body waits until the server wants it. */
  get isHeld(): boolean {
    return this.#wait !== null && !this.#wait.isOver;
  }

  /** The server wants the body that waits. */
  onContinue(): void {
    this.#wait?.end("go");
  }

  /** The server has answered without it: the body that waits is never sent. */
  withhold(): void {
    this.#wait?.end("give up");
  }

  /** Sends nothing more. */
  stop(): void {
    this.#isStopped = true;
    this.#wait?.end("keep");
    // It may be waited for in vain: a source that has nothing to give learns of the end only so.
    if (this.#source !== null) void letGo(this.exchange.plan.body!, this.#source);
    this.#source = null;
  }

  get #isGoing(): boolean {
    return !this.#isStopped && this.#outlet.isOpen;
  }

  async #run(): Promise<void> {
    const { plan } = this.exchange;
    try {
      if (this.#wait !== null && !await this.#mayGo(this.#wait)) return;
      await this.#sendPieces(plan.body!);
      if (!this.#isGoing) return;
      this.#source = null;
      const trailers = plan.extras === null ? undefined : await trailersOf(plan);
      if (!this.#isGoing) return;
      this.#outlet.sendEnd(trailers);
      await this.#outlet.flushed();
      if (!this.#isGoing) return;
      this.#outlet.onUploaded();
      this.exchange.sentAt = turnNow();
    } catch (error) {
      if (!this.#isGoing) return;
      const told = error instanceof Error ? error : new TypeError(`Cannot send the body: ${error}`);
      if (told instanceof LasaError) told.sent ??= "partial";
      runOutside(() => this.#outlet.onUploadFailed(this.exchange, told));
    }
  }

  async #sendPieces(body: RequestBody): Promise<void> {
    const outlet = this.#outlet;
    outlet.flushWithTurn();
    let since = clockNow();
    const source = this.#source = iteratorOf(body);
    for (let next = await source.next(); !next.done; next = await source.next()) {
      if (!this.#isGoing) return;
      const bytes = next.value;
      if (!(bytes instanceof Uint8Array)) {
        throw new TypeError(`Cannot send the body: a piece is ${typeof bytes}, not bytes`);
      }
      if (!outlet.hasRoomFor(bytes)) {
        await outlet.flushed();
        if (!this.#isGoing) return;
      }
      const isInUse = outlet.sendPiece(this.exchange, bytes);
      // Whoever is asked for the next piece may use the memory of the last one for it.
      if (isInUse || clockNow() - since >= LONGEST_GATHERING_MS) {
        await outlet.flushed();
        since = clockNow();
        if (!this.#isGoing) return;
      } else outlet.flushWithTurn();
    }
  }

  /** Waits until the server wants the body, or has said nothing for long enough. */
  async #mayGo(wait: ContinueWait): Promise<boolean> {
    await this.#outlet.flushed();
    const { body, extras } = this.exchange.plan;
    wait.start(extras!.expectContinueMs);
    const result = await wait.over;
    this.#wait = null;
    if (result === "give up") letGoUnsent(body);
    return result === "go" && this.#outlet.isOpen;
  }
}

type PieceIterator = AsyncIterator<Uint8Array> | Iterator<Uint8Array>;

function iteratorOf(body: RequestBody): PieceIterator {
  const pieces = body.pieces();
  return Symbol.asyncIterator in pieces
    ? pieces[Symbol.asyncIterator]()
    : pieces[Symbol.iterator]();
}

/** Lets go of a source that nobody will ask again; what it says to that matters to nobody. */
async function letGo(body: RequestBody, source: PieceIterator): Promise<void> {
  try {
    await body.inContext(() => source.return?.());
  } catch {
    // So be it.
  }
}

/** The fields behind the body, which the caller may know only now. */
async function trailersOf({ extras }: RequestPlan): Promise<readonly Field[] | undefined> {
  const { trailers } = extras!;
  if (trailers === null) return undefined;
  return pairsOf(typeof trailers === "function" ? await trailers() : trailers);
}
