/**
 * A connection under a session: pumps bytes between its stream and the protocol, and ends it in good
 * order.
 *
 * It reads as it is told to, one read at a time; the frames of one turn of the event loop leave in one
 * write. Nobody waits here: the session is told what happened.
 *
 * @module
 */

import { ClosedError, type LasaError } from "../errors.ts";
import type { Connection } from "../protocol/websocket/connection.ts";
import { ioError } from "../socket/io_error.ts";
import { type ByteStream, writeAll } from "../socket/stream.ts";
import { Alarm, clearAlarm, setAlarm } from "../thread/alarms.ts";
import { runOutside } from "../thread/frame.ts";
import { type Closeable, forgetOpen, registerOpen } from "../thread/lifetime.ts";
import { nextTurn } from "../thread/turn.ts";

/** What a link tells its session. */
export interface LinkOwner {
  /** Something was received, or nothing more will be. */
  onReceived(): void;
  /** A write has left. */
  onWritten(): void;
  /** It is gone. */
  onClosed(): void;
}

// Bytes that a peer may still send while the connection is being ended; one that goes on is cut off.
const MAX_DRAIN_BYTES = 16 * 1024 * 1024;

const DRAIN_ROOM_BYTES = 4 * 1024;

/** A connection whose handshake is done. */
export class Link extends Alarm implements Closeable {
  /** `"ending"`: what is written leaves, and the peer's end is waited for. */
  state: "open" | "ending" | "closed" = "open";
  /** Why it is gone, where that was not in good order. */
  error: LasaError | null = null;
  /** How often something was received. */
  readCount = 0;
  /** Bytes that have left. */
  written = 0;
  /** The protocol. */
  readonly core: Connection;
  /** What carries the bytes. */
  readonly stream: ByteStream;
  readonly #isServer: boolean;
  #owner: LinkOwner;
  #isReading = false;
  #isUnref = false;
  #hasEnded = false;
  #writing = 0;
  #isFlushPlanned = false;
  #drained = 0;
  #hasSentEnd = false;

  constructor(stream: ByteStream, core: Connection, isServer: boolean, owner: LinkOwner) {
    super();
    this.stream = stream;
    this.core = core;
    this.#isServer = isServer;
    this.#owner = owner;
    registerOpen(this);
  }

  /** Bytes that were sent and have not left. */
  get bufferedAmount(): number {
    return this.core.outputSize + this.#writing;
  }

  /** Whether the peer has ended its side. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Hands it over to another session. */
  handOver(owner: LinkOwner): void {
    this.#owner = owner;
  }

  /** Has the platform read, where it is not reading already. */
  startRead(): void {
    if (this.#isUnref) {
      this.#isUnref = false;
      this.stream.ref();
    }
    this.#read();
  }

  /** Likewise though nobody waits for it, so that the process may end meanwhile. */
  readAhead(): void {
    if (!this.#isUnref && this.state !== "closed") {
      this.#isUnref = true;
      this.stream.unref();
    }
    runOutside(() => this.#read());
  }

  /** Lets what was sent leave, with all else that is sent in this turn of the event loop. */
  flush(): void {
    if (this.#isFlushPlanned || this.#writing > 0 || this.state === "closed") return;
    this.#isFlushPlanned = true;
    nextTurn(() => this.#flushNow());
  }

  /** Ends it in good order, within a time: all leaves, then the peer ends or is cut off. */
  end(withinMs: number): void {
    if (this.state !== "open") return;
    this.state = "ending";
    clearAlarm(this);
    setAlarm(this, withinMs);
    this.flush();
  }

  /** Waits for the peer's close frame no longer than a time. */
  expectEnd(withinMs: number): void {
    if (this.state === "open" && this.alarmList === null) setAlarm(this, withinMs);
  }

  /** Closes it at once. */
  close(error: LasaError | null = null): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.error = error;
    clearAlarm(this);
    forgetOpen(this);
    this.stream.close();
    this.core.abandon();
    this.#owner.onClosed();
  }

  /** Closes it at once, with a close frame if the system takes it without waiting. */
  closeWith(code: number, error: LasaError): void {
    if (this.state === "open" && this.core.isOpen && this.#writing === 0) {
      this.core.sendClose(code);
      // The platform tries a write before it returns; what becomes of it nobody will ask.
      this.stream.write(this.core.takeOutput()!).catch(() => {});
    }
    this.close(error);
  }

  /** @internal The time to end in good order is over. */
  override onAlarm(): void {
    this.close();
  }

  /** @internal Closes it with everything else that is open. */
  shutdownNow(): void {
    this.closeWith(1001, new ClosedError("everything was shut down"));
  }

  #read(): void {
    if (this.#isReading || this.#hasEnded || this.state === "closed") return;
    this.#isReading = true;
    const isWanted = this.state === "open";
    const room = isWanted ? this.core.room() : new Uint8Array(DRAIN_ROOM_BYTES);
    this.stream.read(room).then(
      (count) => this.#onRead(count, isWanted),
      (error) => this.#onReadFailed(error),
    );
  }

  #onRead(count: number | null, isWanted: boolean): void {
    this.#isReading = false;
    if (this.state === "closed") return;
    if (count === null) {
      this.#hasEnded = true;
      this.core.receiveEnd();
    } else {
      this.readCount++;
      if (isWanted) this.core.commit(count);
    }
    if (this.state === "open") return this.#owner.onReceived();
    this.#drained += count ?? 0;
    if (this.#drained > MAX_DRAIN_BYTES) this.close();
    else this.#goOnEnding();
  }

  #onReadFailed(error: unknown): void {
    this.#isReading = false;
    if (this.state === "closed") return;
    // What the peer tells by a reset no longer matters once both have said that all is done.
    this.close(this.state === "ending" ? null : ioError(error, "receive"));
  }

  #flushNow(): void {
    this.#isFlushPlanned = false;
    if (this.#writing === 0 && this.state !== "closed") runOutside(() => void this.#write());
  }

  async #write(): Promise<void> {
    const { core } = this;
    try {
      for (let bytes = core.takeOutput(); bytes !== null; bytes = core.takeOutput()) {
        this.#writing = bytes.length;
        const count = await this.stream.write(bytes);
        if (count < bytes.length) await writeAll(this.stream, bytes.subarray(count));
        this.#writing = 0;
        this.written += bytes.length;
        core.release();
        this.#owner.onWritten();
      }
      if (this.state === "ending") this.#goOnEnding();
    } catch (error) {
      this.close(ioError(error, "send"));
    }
  }

  /** RFC 6455 §7.1.1: the server ends first; whoever waits for the other's end drops what still comes. */
  #goOnEnding(): void {
    if (this.state !== "ending" || this.bufferedAmount > 0 || this.#isFlushPlanned) return;
    if (this.#hasEnded) return this.close();
    if (this.#isServer && !this.#hasSentEnd) {
      this.#hasSentEnd = true;
      // To close with bytes unread would reset the connection, and our close frame might be lost.
      this.stream.closeWrite().catch(() => {});
    }
    this.startRead();
  }
}
