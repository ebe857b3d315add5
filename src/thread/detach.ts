/**
 * Detached threads: code on a thread of the system's, in a Web Worker of its own.
 *
 * A light thread shares its owner's processor; a detached one has its own, and its own memory. They
 * talk by messages, copied as `structuredClone` does.
 *
 * @module
 */

import { ClosedError, LasaError, LocalProtocolError, UnsupportedError } from "../errors.ts";
import { Channel } from "./channel.ts";
import type { DetachedMessage, DetachedStart } from "./detach_worker.ts";
import { forgetOpen, registerOpen } from "./lifetime.ts";
import { moduleUrl } from "./module_url.ts";

/** What to run detached. */
export interface DetachOptions {
  /** The thread's name. */
  name?: string;
  /** The code of a module. */
  content?: string;
  /** A module's file or URL. */
  file?: string | URL;
  /** What the code finds as its `args`. */
  args?: readonly unknown[];
}

/** How a detached thread ended. */
export type DetachedResult =
  | { readonly ok: true; readonly value: unknown; readonly thread: DetachedThread }
  | { readonly ok: false; readonly error: unknown; readonly thread: DetachedThread };

/** Code that runs on its own: its messages, and its end. */
export class DetachedThread implements AsyncIterable<unknown> {
  /** The thread's name. */
  readonly name: string;
  /** Settles when it has ended: with the value of its main function, or with its error. */
  readonly terminated: Promise<DetachedResult>;
  /** @internal Its messages come from outside all light threads. */
  readonly canWake = true;
  readonly #worker: Worker;
  readonly #messages = new Channel<unknown>(Infinity);
  #resolve!: (result: DetachedResult) => void;
  #hasEnded = false;

  /** @internal Detached threads are made by {@linkcode detach}. */
  constructor(options: DetachOptions) {
    this.name = options.name ?? "detached";
    this.terminated = new Promise((resolve) => this.#resolve = resolve);
    const url = new URL("./detach_worker.ts", import.meta.url);
    this.#worker = new Worker(url, { type: "module", name: this.name });
    this.#worker.onmessage = ({ data }: MessageEvent<DetachedMessage>) => this.#onMessage(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#end({ ok: false, error: event.error ?? new LasaError(event.message), thread: this });
    };
    const start: DetachedStart = {
      name: this.name,
      content: options.content,
      file: options.file === undefined ? undefined : moduleUrl(options.file).href,
      args: options.args ?? [],
    };
    registerOpen(this);
    try {
      this.#worker.postMessage(start);
    } catch (error) {
      this.terminate();
      throw error;
    }
  }

  /**
   * Sends it a message.
   *
   * @param value What `structuredClone` can copy.
   * @throws {ClosedError} Where it has ended.
   */
  send(value: unknown): void {
    if (this.#hasEnded) throw new ClosedError(`Cannot send to ${this.name}: it has ended`);
    this.#worker.postMessage({ value });
  }

  /** Waits for its next message. @throws {ClosedError} Where it has ended and all were taken. */
  receive(): Promise<unknown> {
    return this.#messages.receive();
  }

  /** Gives its messages one by one, until it has ended. */
  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return this.#messages[Symbol.asyncIterator]();
  }

  /** Ends it at once, whatever it is doing; says whether it was still running. */
  terminate(): boolean {
    if (this.#hasEnded) return false;
    const error = new ClosedError(`${this.name} was terminated`, { code: "terminated" });
    this.#end({ ok: false, error, thread: this });
    return true;
  }

  /** @internal */
  shutdownNow(): void {
    this.terminate();
  }

  #onMessage(message: DetachedMessage): void {
    switch (message.type) {
      case "message":
        this.#messages.trySend(message.value);
        return;
      case "end":
        return this.#end({ ok: true, value: message.value, thread: this });
      case "error":
        return this.#end({ ok: false, error: errorOf(message), thread: this });
    }
  }

  #end(result: DetachedResult): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#worker.terminate();
    forgetOpen(this);
    this.#messages.close();
    this.#resolve(result);
  }
}

/** The error as it was inside: its class is not here, but its name, text and stack are. */
function errorOf(told: Extract<DetachedMessage, { type: "error" }>): Error {
  const error = new Error(told.message);
  error.name = told.name;
  if (told.stack !== undefined) error.stack = told.stack;
  if (told.code !== undefined) Object.assign(error, { code: told.code });
  return error;
}

/**
 * Runs a module detached: on a thread of the system's, with its own memory.
 *
 * The module's default export, if it is a function, is its main function: it is called with
 * `{ name, args, send, receive, messages }`, and the value it returns ends the thread. A module
 * without one ends when it has been evaluated. Its permissions are the owner's.
 *
 * @param options A name, and the code or the file.
 * @returns The thread.
 * @throws {LocalProtocolError} Where not exactly one of `content` and `file` is given.
 * @throws {UnsupportedError} Where the host has no workers.
 *
 * @example A sum on another processor
 * ```ts
 * import { detach } from "@lasa/lasa";
 *
 * const sum = detach({
 *   name: "sum",
 *   content: `export default ({ args: [n] }) => {
 *     let sum = 0;
 *     for (let i = 1; i <= n; i++) sum += i;
 *     return sum;
 *   };`,
 *   args: [1_000],
 * });
 * const end = await sum.terminated;
 * console.log(end.ok && end.value); // 500500
 * ```
 */
export function detach(options: DetachOptions): DetachedThread {
  if (typeof Worker !== "function") {
    throw new UnsupportedError(
      "Cannot detach a thread: this host has no workers; use thread.spawn, or call another service",
    );
  }
  if ((options.content === undefined) === (options.file === undefined)) {
    throw new LocalProtocolError("Cannot detach a thread: give either content or file");
  }
  return new DetachedThread(options);
}
