/**
 * A body that is kept while it is read.
 *
 * As a rule the caller's reading draws it: a slow caller slows the socket, and no byte is kept twice.
 * Once others wait for the same response it is drawn as fast as it comes, so that they do not wait for
 * one reader; what the reader has not taken yet then lies here, no more than the largest entry.
 *
 * @module
 */

import { type LasaError, LocalProtocolError } from "../../errors.ts";
import type { ReceivedFields } from "../../protocol/http1/headers.ts";
import { runOutside } from "../../thread/frame.ts";
import { nextTurn } from "../../thread/turn.ts";
import { park, refusal, type Waiter, type WaitPlace } from "../../thread/wait.ts";
import type { ResponseBody } from "../response_body.ts";
import type { Recording } from "./recording.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A body on its way to its caller and into a store. */
export class RecordedBody implements ResponseBody, WaitPlace {
  readonly #source: ResponseBody;
  readonly #recording: Recording;
  /** Whether the rest is read for the store, when the caller gives it up. */
  readonly #mayDrain: () => boolean;
  #isDrawn = false;
  /** Whether drawing goes on: then a piece may be on its way to its reader. */
  #isDrawing = false;
  /** Whether drawing has come to the end of it. */
  #isAllDrawn = false;
  /** A read of the caller's that had begun before drawing did. */
  #reading: Promise<unknown> | null = null;
  /** Pieces that were drawn and not read; `null` once the caller has given it up. */
  #drawn: Bytes[] | null = [];
  #reader: Waiter<Bytes | null> | null = null;
  #failure: unknown = null;
  isClaimed = false;

  /**
   * Wraps a body.
   *
   * @param source Where it comes from.
   * @param recording Where it goes.
   * @param mayDrain Whether the rest is little enough to be read when the caller gives it up.
   */
  constructor(source: ResponseBody, recording: Recording, mayDrain: () => boolean) {
    this.#source = source;
    this.#recording = recording;
    this.#mayDrain = mayDrain;
    source.whenOver(() => {
      if (!source.hasEnded) return recording.abort();
      // All of it is here: it is kept also where its caller looks at the head alone. One who reads it
      // at once, as most do, has done so by then.
      nextTurn(() => this.draw());
    });
  }

  get waitingOn(): string {
    return "the body of an answer";
  }

  get hasEnded(): boolean {
    return this.#source.hasEnded && !this.#isDrawn;
  }

  get error(): LasaError | null {
    return this.#source.error;
  }

  get trailers(): ReceivedFields {
    return this.#source.trailers;
  }

  /** Whether it is still being kept. */
  get isRecording(): boolean {
    return this.#recording.isOpen;
  }

  claim(): void {
    if (this.isClaimed) {
      throw new LocalProtocolError("Cannot read the body: it has been read already");
    }
    this.isClaimed = true;
    if (!this.#isDrawn) this.#source.claim();
  }

  takeWhole(): Bytes | null {
    if (this.#isDrawn) return null;
    const whole = this.#source.takeWhole();
    if (whole === null) return null;
    this.#recording.add(whole);
    this.#recording.finish();
    return whole;
  }

  async read(): Promise<Bytes | null> {
    if (!this.#isDrawn) return await this.#readOn();
    const error = refusal();
    if (error !== null) {
      this.cancel();
      throw error;
    }
    if (this.#drawn === null) {
      throw new LocalProtocolError("Cannot read the body: it was cancelled");
    }
    if (this.#drawn.length > 0) return this.#drawn.shift()!;
    if (this.#failure !== null) throw this.#failure;
    if (this.#isAllDrawn) return null;
    // It grew too large to be kept: from here on it is drawn by its reader again.
    if (!this.#isDrawing) return await this.#source.read();
    this.#reader = park(this);
    return await this.#reader.promise;
  }

  /** Draws all of it, whoever reads. */
  draw(): void {
    if (this.#isDrawn || !this.#recording.isOpen) return;
    this.#isDrawn = this.#isDrawing = true;
    if (!this.#source.isClaimed) this.#source.claim();
    runOutside(() => void this.#drawAll());
  }

  cancel(): void {
    if (this.#isDrawn) {
      this.#drawn = null;
      this.#reader?.fail(new LocalProtocolError("Cannot read the body: it was cancelled"));
      this.#reader = null;
      // Others wait for it.
      if (!this.#recording.isOpen) this.#source.cancel();
      return;
    }
    if (this.#recording.isOpen) {
      if (this.#keepRest()) return;
      this.#recording.abort();
    }
    this.#source.cancel();
  }

  whenOver(callback: () => void): void {
    this.#source.whenOver(callback);
  }

  /** @internal */
  withdraw(): void {
    this.#reader = null;
    this.cancel();
  }

  /** Keeps what the caller does not want, where it is here already or soon will be. */
  #keepRest(): boolean {
    if (this.#source.hasEnded) {
      const rest = this.#source.takeWhole();
      if (rest === null) return false;
      this.#recording.add(rest);
      this.#recording.finish();
      return true;
    }
    if (this.#source.error !== null || !this.#mayDrain()) return false;
    this.draw();
    this.#drawn = null;
    return true;
  }

  async #readOn(): Promise<Bytes | null> {
    let piece: Bytes | null;
    const reading = this.#source.read();
    this.#reading = reading;
    try {
      piece = await reading;
    } catch (error) {
      this.#recording.abort();
      throw error;
    } finally {
      this.#reading = null;
    }
    if (piece === null) {
      this.#recording.finish();
    } else {
      const adding = this.#recording.add(piece);
      if (adding !== null) await adding;
    }
    return piece;
  }

  async #drawAll(): Promise<void> {
    try {
      await this.#reading?.catch(() => {});
      while (this.#recording.isOpen || this.#reader !== null) {
        const piece = await this.#source.read();
        if (piece === null) {
          this.#isAllDrawn = true;
          this.#recording.finish();
          this.#reader?.wake(null);
          return;
        }
        const adding = this.#recording.add(piece);
        // Before the caller gets it, who may write to it.
        if (adding !== null) await adding;
        const reader = this.#reader;
        this.#reader = null;
        if (reader !== null) reader.wake(piece);
        else this.#drawn?.push(piece);
      }
    } catch (error) {
      this.#failure = error;
      this.#recording.abort();
      this.#reader?.fail(error);
    } finally {
      this.#isDrawing = false;
    }
    // Nobody reads it, and it is not kept either.
    if (this.#drawn === null) this.#source.cancel();
  }
}
