/**
 * The other side of `detach`: loads the module inside the worker and speaks with the owner.
 *
 * @module
 */

import { Channel } from "./channel.ts";

/** What the owner says first. */
export interface DetachedStart {
  readonly name: string;
  readonly content: string | undefined;
  readonly file: string | undefined;
  readonly args: readonly unknown[];
}

/** What the worker says. */
export type DetachedMessage =
  | { readonly type: "message"; readonly value: unknown }
  | { readonly type: "end"; readonly value: unknown }
  | {
    readonly type: "error";
    readonly name: string;
    readonly message: string;
    readonly stack: string | undefined;
    readonly code: string | undefined;
  };

/** What the main function of a detached module is called with. */
export interface DetachedContext {
  /** The thread's name. */
  readonly name: string;
  /** What the owner gave along. */
  readonly args: readonly unknown[];
  /** Sends the owner a message. */
  send(value: unknown): void;
  /** Waits for the owner's next message. */
  receive(): Promise<unknown>;
  /** The owner's messages. */
  readonly messages: AsyncIterable<unknown>;
}

interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: DetachedMessage): void;
  close(): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
}

const scope = self as unknown as WorkerScope;

function tell(error: unknown): void {
  const known = error instanceof Error ? error : new Error(String(error));
  scope.postMessage({
    type: "error",
    name: known.name,
    message: known.message,
    stack: known.stack,
    code: (known as { code?: string }).code,
  });
}

async function main(start: DetachedStart, inbox: Channel<unknown>): Promise<unknown> {
  const url = start.file ??
    URL.createObjectURL(new Blob([start.content!], { type: "application/typescript" }));
  const module = await import(url);
  if (typeof module.default !== "function") return module.default;
  const context: DetachedContext = {
    name: start.name,
    args: start.args,
    send: (value) => scope.postMessage({ type: "message", value }),
    receive: () => inbox.receive(),
    messages: inbox,
  };
  return await module.default(context);
}

// Only inside a worker: the module is also imported for its types.
if (typeof Window === "undefined" && typeof scope.postMessage === "function") {
  const inbox = new Channel<unknown>(Infinity);
  scope.addEventListener("error", (event) => {
    event.preventDefault();
    tell((event as ErrorEvent).error);
  });
  scope.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    tell((event as PromiseRejectionEvent).reason);
  });
  // A worker that closes itself does so without a word to its owner.
  const closeNow = scope.close.bind(scope);
  const close = () => {
    scope.postMessage({ type: "end", value: undefined });
    closeNow();
  };
  Object.assign(scope, { close });
  Object.assign(Deno, { exit: close });
  scope.onmessage = ({ data }) => {
    scope.onmessage = ({ data }) => void inbox.trySend(data.value);
    main(data as DetachedStart, inbox).then(
      (value) => scope.postMessage({ type: "end", value }),
      tell,
    ).catch(tell);
  };
}
