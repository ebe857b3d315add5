/**
 * The receiving half of a connection: bytes in, to where they belong.
 *
 * Those of a body go to its reader, into his own memory where they can, or nowhere where nobody wants
 * them; what else the response reader makes of them is told to the connection. One read is always
 * pending, but for two cases: while more lies in a body than its reader has taken, and behind the head
 * that ends HTTP. It decides nothing of what an answer, or its end, means.
 *
 * @module
 */

import { BrokenError, type LasaError } from "../errors.ts";
import type { ResponseEvent } from "../protocol/http1/events.ts";
import type { ReceivedFields } from "../protocol/http1/headers.ts";
import type { ResponseReader } from "../protocol/http1/response_reader.ts";
import { ioError } from "../socket/io_error.ts";
import type { ByteStream } from "../socket/stream.ts";
import type { Tap } from "../tap.ts";
import { atTurnEnd } from "../thread/turn.ts";
import type { Blame } from "./exchange.ts";
import type { BodySource, IncomingBody } from "./incoming_body.ts";
import type { Pipeline } from "./pipeline.ts";
import { Slab } from "./slab.ts";
import { type Carrier, tellBytes, tellPart } from "./steps.ts";
import type { Totals } from "./totals.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes of a body for which a read of their own is worth its while. */
const LEAST_DIRECT_BYTES = 16 * 1024;

/** What is told to the connection; the rest stays here. */
export type AnswerEvent = Exclude<ResponseEvent, { type: "data" | "tunnel" }>;

/** What an intake asks of its connection, and tells it. */
export interface IntakeOwner extends Carrier {
  /** Whether to read on. */
  readonly isOpen: boolean;
  /** Whether bytes that come can be part of an answer. */
  readonly isAnswerDue: boolean;
  /** Takes an event; says whether to look for the next. */
  onEvent(event: AnswerEvent): boolean;
  /** More of a body is to come; its reader keeps the time. */
  onBodyDue(): void;
  /** A body was given up: {@linkcode Intake.drain} or close. */
  onBodyCancelled(body: IncomingBody): void;
  /** The peer speaks another protocol, of which these bytes came; nothing is read any more. */
  onTunnel(rest: Bytes): Promise<void>;
  /** A read failed, or what it brought makes no sense; `told` is the failure as lasa's error. */
  onReadFailed(error: unknown, told: LasaError): void;
  /** Ends it. */
  close(error: LasaError, blame: Blame): void;
}

/** Reads what comes on one connection. */
export class Intake implements BodySource {
  /** The body that is being read; `null` where there is none, or nobody ever wanted it. */
  body: IncomingBody | null = null;
  readonly #stream: ByteStream;
  readonly #reader: ResponseReader;
  readonly #pipeline: Pipeline;
  readonly #totals: Totals;
  readonly #tap: Tap;
  readonly #owner: IntakeOwner;
  readonly #slab = new Slab();
  // Bytes that are still to be read away, of a body that nobody wants.
  #drainLeft = 0;
  #onResume: (() => void) | null = null;

  constructor(
    stream: ByteStream,
    reader: ResponseReader,
    pipeline: Pipeline,
    totals: Totals,
    tap: Tap,
    owner: IntakeOwner,
  ) {
    this.#stream = stream;
    this.#reader = reader;
    this.#pipeline = pipeline;
    this.#totals = totals;
    this.#tap = tap;
    this.#owner = owner;
  }

  /** Reads until the connection is closed, or is no longer one of HTTP. */
  async run(): Promise<void> {
    const owner = this.#owner;
    try {
      while (owner.isOpen) {
        const direct = this.#directRoom();
        const count = await this.#stream.read(direct ?? this.#slab.room());
        if (!owner.isOpen) return;
        if (this.#tap.isOn) tellBytes(this.#tap, "in", owner, count ?? -1);
        if (!owner.isAnswerDue) {
          const what = count === null ? "closed the idle connection" : "sent what nobody asked for";
          return owner.close(new BrokenError(`the server ${what}`), "none");
        }
        if (count === null) {
          this.#reader.receiveEnd();
        } else {
          this.#totals.bytesReceived += count;
          if (direct === null) this.#reader.receive(this.#slab.take(count));
          else if (!this.#onDirect(count)) return;
        }
        let event = this.#reader.nextEvent();
        while (event !== null && this.#onEvent(event)) event = this.#reader.nextEvent();
        if (event !== null && event.type === "tunnel") return await owner.onTunnel(event.rest);
        const { body } = this;
        if (body === null || !body.isOpen) continue;
        owner.onBodyDue();
        if (!body.isAwaited) await this.#untilWanted(body);
      }
    } catch (error) {
      owner.onReadFailed(error, ioError(error, "receive"));
    }
  }

  /** Reads on: there is room in the body again, or nothing more to wait for. */
  resume(): void {
    const resume = this.#onResume;
    this.#onResume = null;
    resume?.();
  }

  /** @internal Nobody wants the rest of a body. */
  onBodyCancelled(body: IncomingBody): void {
    if (body === this.body) this.#owner.onBodyCancelled(body);
  }

  /** Reads the rest of a body away, and ends the connection where that is more than so many bytes. */
  drain(most: number): void {
    this.#drainLeft = most;
    this.resume();
  }

  /** All of the body has come. */
  endBody(trailers: ReceivedFields): void {
    this.body?.end(trailers);
    this.body = null;
  }

  /** The connection was closed, for this reason. */
  close(error: LasaError): void {
    const { body } = this;
    this.body = null;
    this.resume();
    body?.fail(error);
  }

  /**
   * Memory of the body's reader, where he waits and what comes next is his alone; `null` where it must
   * be looked at here. Nothing is copied then, and no memory of the connection's is used up: into a
   * caller's buffer of 64 KiB 256 MiB came at 6,400 MB/s so, as fast as fetch, and at 3,100 by way of slabs.
   */
  #directRoom(): Bytes | null {
    const { body } = this;
    if (body === null || !body.isAwaited) return null;
    const left = this.#reader.plainLeft;
    // Behind so little there is more to be had with the same read: the next chunk, or answer.
    const isLast = left === this.#reader.bodyLeft && this.#pipeline.size === 1;
    return left === 0 || left < LEAST_DIRECT_BYTES && !isLast ? null : body.room(left);
  }

  /** Bytes came into the memory of the body's reader; says whether to go on. */
  #onDirect(count: number): boolean {
    this.#reader.passBody(count);
    if (this.#tap.isOn) this.#tellBody(count);
    // Given up meanwhile: its memory was lent for that read alone, and nobody else has it.
    if (!this.body!.isOpen) return this.#onDrained(count);
    this.body!.onFilled(count);
    return true;
  }

  #onEvent(event: ResponseEvent): boolean {
    switch (event.type) {
      case "data":
        if (this.#tap.isOn) this.#tellBody(event.bytes.length);
        if (this.body === null || !this.body.isOpen) return this.#onDrained(event.bytes.length);
        this.body.push(event.bytes);
        return true;
      case "tunnel":
        return false;
      default:
        return this.#owner.onEvent(event);
    }
  }

  /**
   * Waits for somebody to read on. One who does so before the turn is over brings his own memory; else
   * what may be buffered is read ahead.
   */
  #untilWanted(body: IncomingBody): Promise<void> {
    return new Promise<void>((resolve) => {
      this.#onResume = resolve;
      atTurnEnd(() => {
        if (this.#onResume !== resolve) return;
        body.onRest();
        if (!body.isFull) this.resume();
      });
    });
  }

  #onDrained(count: number): boolean {
    this.#drainLeft -= count;
    if (this.#drainLeft >= 0) return true;
    const why = new BrokenError("the answer before it was given up", { code: "closed" });
    this.#owner.close(why, "none");
    return false;
  }

  #tellBody(bytes: number): void {
    tellPart(this.#tap, "in", "body", this.#owner, this.#pipeline.front, "", bytes);
  }
}
