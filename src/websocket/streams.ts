import type { Message } from "./assembler.ts";

/** What the streams of a session ask of it. */
interface StreamSession {
  receive(): Promise<Message | null>;
  sendText(text: string): Promise<number>;
  sendBinary(data: Uint8Array): Promise<number>;
  close(code?: number): Promise<void>;
}

/** A session's messages as a stream. */
export function readableOf(
  session: StreamSession & AsyncIterable<Message>,
): ReadableStream<string | Uint8Array<ArrayBuffer>> {
  const messages = session[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await messages.next();
      if (done) controller.close();
      else controller.enqueue(value.data);
    },
    cancel: () => session.close(),
  }, { highWaterMark: 0 });
}

/** What a session sends as a stream; aborting it tells the peer that this end failed. */
export function writableOf(session: StreamSession): WritableStream<string | Uint8Array> {
  return new WritableStream({
    write: async (chunk) =>
      void await (typeof chunk === "string" ? session.sendText(chunk) : session.sendBinary(chunk)),
    close: () => session.close(),
    abort: () => session.close(1011),
  });
}
