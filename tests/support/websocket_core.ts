/** Ends of connections without any socket, for tests. @module */

import { concat } from "../../src/bytes/concat.ts";
import { Connection, type ConnectionOptions } from "../../src/protocol/websocket/connection.ts";
import { type ReadFrame, readFrames } from "./websocket_frames.ts";

/** Everything that an end has to send, as bytes of their own. */
export function takeAll(end: Connection): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (let part = end.takeOutput(); part !== null; part = end.takeOutput()) {
    parts.push(part.slice());
    end.release();
  }
  return concat(parts);
}

/** What an end that sends back every message has sent. */
export interface Echoed {
  readonly frames: readonly ReadFrame[];
  readonly error: unknown;
}

/** Feeds bytes, so many at a time, to an end that answers pings and closes and sends messages back. */
export function echoThrough(
  role: "client" | "server",
  bytes: Uint8Array,
  step: number,
  options: Partial<ConnectionOptions> = {},
): Echoed {
  const end = new Connection({
    role,
    maskKey: role === "client" ? () => 0x4d3c2b1a : null,
    ...options,
  });
  const parts: Uint8Array[] = [];
  let error: unknown = null;
  let kind: "text" | "binary" = "text";
  let pieces: (string | Uint8Array)[] = [];
  const answer = () => {
    for (let frame = end.nextEvent(); frame !== null; frame = end.nextEvent()) {
      switch (frame.type) {
        case "ping":
          if (end.isOpen) end.send("pong", frame.data);
          continue;
        case "pong":
          continue;
        case "close":
          end.answerClose();
          continue;
        case "text":
        case "binary":
          kind = frame.type;
          pieces = [];
      }
      pieces.push(frame.data);
      if (frame.again) continue;
      end.send(kind, kind === "text" ? pieces.join("") : concat(pieces as Uint8Array[]));
    }
  };
  for (let at = 0; at < bytes.length; at += step) {
    end.receive(bytes.subarray(at, at + step));
    try {
      answer();
    } catch (thrown) {
      error ??= thrown;
    }
    parts.push(takeAll(end));
  }
  return { frames: readFrames(concat(parts)).frames, error };
}
