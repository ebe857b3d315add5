/**
 * The sending half of a connection: requests in, as few writes as possible out.
 *
 * All requests of one turn of the event loop leave in one write. A body that is not at hand is
 * pulled from its source piece by piece, the next one when the last one has left. It decides
 * nothing: what could not be sent is told to the connection.
 *
 * @module
 */

import { LasaError, type SentState } from "../errors.ts";
import { RequestWriter } from "../protocol/http1/request_writer.ts";
import { ioError } from "../socket/io_error.ts";
import { type ByteStream, writeAll } from "../socket/stream.ts";
import { turnNow } from "../thread/clock.ts";
import { runOutside } from "../thread/frame.ts";
import type { Exchange } from "./exchange.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Totals } from "./totals.ts";

/** What a sender tells its connection. */
export interface SenderOwner {
  /** The stream takes no more. */
  onSendFailed(error: LasaError): void;
  /** The source of a body failed, or does not give what was announced. */
  onUploadFailed(exchange: Exchange, error: Error): void;
}

/** Writes the requests of one connection. */
export class Sender {
  /** When the write that goes on began, on the clock's scale; -1 while there is none. */
  writingSince = -1;
  readonly #stream: ByteStream;
  readonly #pipeline: Pipeline;
  readonly #totals: Totals;
  readonly #owner: SenderOwner;
  readonly #writer = new RequestWriter();
  #state: "open" | "broken" | "closed" = "open";
  #uploading: Exchange | null = null;
  #flushing: Promise<void> | null = null;
  #isFlushPlanned = false;

  constructor(stream: ByteStream, pipeline: Pipeline, totals: Totals, owner: SenderOwner) {
    this.#stream = stream;
    this.#pipeline = pipeline;
    this.#totals = totals;
    this.#owner = owner;
  }

  /** Whether another request may be sent: no body is on its way, and the stream takes bytes. */
  get isReady(): boolean {
    return this.#uploading === null && this.#state === "open";
  }

  /** Whether the stream takes no more. */
  get isBroken(): boolean {
    return this.#state === "broken";
  }

  /** Whether this one's body is still on its way. */
  isUploading(exchange: Exchange): boolean {
    return exchange === this.#uploading;
  }

  /** Sends an exchange that the pipeline has; it leaves with all others of this turn. */
  send(exchange: Exchange): void {
    const { plan } = exchange;
    this.#writer.send({
      type: "request",
      method: plan.method,
      target: plan.path,
      fields: plan.fields,
      bodyLength: plan.bodyLength,
    });
    this.#totals.requestsSent++;
    if (plan.bodyLength !== 0) {
      if (plan.body!.bytes !== null) {
        this.#writer.send({ type: "data", bytes: plan.body!.bytes });
        this.#writer.send({ type: "end" });
      } else {
        this.#uploading = exchange;
        runOutside(() => void this.#upload(exchange));
      }
    }
    if (this.#isFlushPlanned || this.#flushing !== null) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => this.#flushLater(this.#pipeline.size));
  }

  /** How much of an exchange has left. */
  sentOf(exchange: Exchange): SentState {
    return exchange === this.#uploading ? "partial" : this.#pipeline.sentOf(exchange.turn);
  }

  /** Sends nothing more. */
  close(): void {
    this.#state = "closed";
    this.#uploading = null;
  }

  /** Lets all that will be sent in this turn join in, then writes once. */
  #flushLater(size: number): void {
    if (this.#pipeline.size > size && this.#state === "open") {
      const grown = this.#pipeline.size;
      queueMicrotask(() => this.#flushLater(grown));
      return;
    }
    this.#isFlushPlanned = false;
    this.#startFlush();
  }

  #startFlush(): void {
    if (this.#flushing !== null || this.#state !== "open" || !this.#writer.hasOutput) return;
    this.#flushing = runOutside(() => this.#flush());
  }

  async #flush(): Promise<void> {
    try {
      while (this.#state === "open" && this.#writer.hasOutput) {
        const output = this.#writer.takeOutput();
        this.#totals.bytesSent += output.length;
        this.#pipeline.onWriting();
        this.writingSince = turnNow();
        await writeAll(this.#stream, output);
        this.#pipeline.onWritten(turnNow());
      }
    } catch (error) {
      if (this.#state === "open") {
        this.#state = "broken";
        this.#owner.onSendFailed(ioError(error, "send"));
      }
    } finally {
      this.#flushing = null;
      this.writingSince = -1;
    }
  }

  async #upload(exchange: Exchange): Promise<void> {
    const isCurrent = () => this.#uploading === exchange && this.#state === "open";
    try {
      for await (const bytes of exchange.plan.body!.pieces()) {
        if (!isCurrent()) return;
        if (!(bytes instanceof Uint8Array)) {
          throw new TypeError(`Cannot send the body: a piece is ${typeof bytes}, not bytes`);
        }
        this.#writer.send({ type: "data", bytes });
        await this.#flushed();
        if (!isCurrent()) return;
      }
      this.#writer.send({ type: "end" });
      await this.#flushed();
      if (!isCurrent()) return;
      this.#uploading = null;
      exchange.sentAt = turnNow();
    } catch (error) {
      if (!isCurrent()) return;
      const told = error instanceof Error ? error : new TypeError(`Cannot send the body: ${error}`);
      if (told instanceof LasaError) told.sent ??= "partial";
      this.#owner.onUploadFailed(exchange, told);
    }
  }

  /** Waits until all there is has left. */
  async #flushed(): Promise<void> {
    for (;;) {
      this.#startFlush();
      if (this.#flushing === null) return;
      await this.#flushing;
    }
  }
}
