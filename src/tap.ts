/**
 * Where layers tell what they do, for whoever listens. While nobody does, a step costs one look at a
 * flag: no event is made.
 *
 * @module
 */

/** What is told of: requests and their waits, messages, bytes on a stream. */
export type DebugLevel = "client" | "protocol" | "stream";

/** What every event carries. */
export interface DebugEventBase {
  /** When, in milliseconds on the monotonic clock. */
  readonly atMs: number;
  /** Where to: scheme, host and port, and the client IP behind a blank. */
  readonly target: string;
  /** The request's number within its client; 0 where none is concerned. */
  readonly request: number;
  /** The connection's number within its client; 0 where none is concerned. */
  readonly connection: number;
}

/** What a request goes through in its client. */
export interface ClientEvent extends DebugEventBase {
  /** Which of the three kinds it is. */
  readonly level: "client";
  /**
   * - `request`: it was asked for; `answered` or `failed` ends it.
   * - `queued`, `dequeued`: it waits in line for a connection.
   * - `dial`, `dial failed`, `connected`, `disconnected`: a connection comes and goes.
   * - `ready`, `taken`: a connection is idle.
   * - `send`: the request is handed to a connection.
   * - `await`, `await end`: it has left and waits for its answer.
   * - `read`, `read end`: its answer's body is read.
   * - `retry`, `redirect`: it is sent again, or elsewhere.
   */
  readonly type:
    | "request"
    | "failed"
    | "queued"
    | "dequeued"
    | "dial"
    | "dial failed"
    | "connected"
    | "disconnected"
    | "ready"
    | "taken"
    | "send"
    | "await"
    | "await end"
    | "read"
    | "read end"
    | "retry"
    | "redirect";
  /** What there is to say: a method and a URL, or why. */
  readonly text: string;
}

/** What of a message goes out, or has come. */
export interface ProtocolEvent extends DebugEventBase {
  /** Which of the three kinds it is. */
  readonly level: "protocol";
  /** Whether it is sent or was received. */
  readonly direction: "out" | "in";
  /** `start`: a request line or status line; `field`: a header or trailer field; `body`: some bytes of it. */
  readonly type: "start" | "field" | "body";
  /** The line or the field. */
  readonly text: string;
  /** Bytes of the body. */
  readonly bytes: number;
}

/** What a stream carries. */
export interface StreamEvent extends DebugEventBase {
  /** Which of the three kinds it is. */
  readonly level: "stream";
  /** Whether it was written or read. */
  readonly direction: "out" | "in";
  /** Bytes, or that there are no more. */
  readonly type: "bytes" | "end";
  /** How many. */
  readonly bytes: number;
}

/** A step of a client. */
export type DebugEvent = ClientEvent | ProtocolEvent | StreamEvent;

/** Hears of every step, at once: it must neither wait nor throw; what it throws counts as uncaught. */
export type DebugListener = (event: DebugEvent) => void;

/** What `debug` writes down, and where. */
export interface DebugOptions {
  /** The levels. Default: `["client"]`, the seed's `debug = true`. */
  levels?: readonly DebugLevel[];
  /** Takes a line. Default: to standard error. */
  write?: (line: string) => void;
  /** Whether the values of `Authorization`, `Cookie` and the like are written too. Default `false`. */
  secrets?: boolean;
}

/** The place of one client that its layers tell their steps to. */
export class Tap {
  /** Whether anybody listens; ask before an event is made. */
  isOn = false;
  readonly #listeners = new Set<DebugListener>();

  /**
   * Listens from now on.
   *
   * @returns Stops listening.
   */
  listen(listener: DebugListener): () => void {
    this.#listeners.add(listener);
    this.isOn = true;
    return () => {
      this.#listeners.delete(listener);
      this.isOn = this.#listeners.size > 0;
    };
  }

  /** Tells of a step. What a listener throws is reported as uncaught: it is no fault of the request's. */
  emit(event: DebugEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        reportError(error);
      }
    }
  }
}
