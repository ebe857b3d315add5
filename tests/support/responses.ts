/** Reading responses for tests. @module */

import { RemoteProtocolError } from "../../src/errors.ts";
import type { ResponseEvent } from "../../src/protocol/http1/events.ts";
import type { ReaderLimits } from "../../src/protocol/http1/limits.ts";
import { ResponseReader } from "../../src/protocol/http1/response_reader.ts";
import type { Told } from "../vectors/http1_responses.ts";
import { bytes, text } from "./bytes.ts";

/** Everything that a reader has told. */
export interface Reading {
  readonly told: Told[];
  readonly events: ResponseEvent[];
  readonly error: unknown;
}

/** What to read, and how. */
export interface ReadOptions {
  methods?: readonly string[];
  ends?: boolean;
  limits?: Partial<ReaderLimits>;
}

/** Reads pieces, one after another, and tells in short what came out; data that follows data joins it. */
export function readPieces(pieces: readonly string[], options: ReadOptions = {}): Reading {
  const reader = new ResponseReader(options.limits);
  for (const method of options.methods ?? ["GET"]) {
    reader.expect(method.replace("+", ""), method.startsWith("+"));
  }
  const told: Told[] = [];
  const events: ResponseEvent[] = [];
  // A reader that goes on without taking a byte or ending anything would go on for ever.
  let most = 20 + 4 * pieces.reduce((sum, piece) => sum + piece.length + 1, 0);
  let tunnel = null as { tunnel: string } | null;
  const drain = () => {
    for (let event = reader.nextEvent(); event !== null; event = reader.nextEvent()) {
      events.push(event);
      if (--most < 0) throw new Error("The reader does not come to an end");
      const short = tell(event);
      const last = told.at(-1);
      if (
        typeof short === "object" && "data" in short && typeof last === "object" && "data" in last
      ) {
        last.data += short.data;
      } else {
        told.push(short);
      }
      if (event.type === "closed") return;
      if (event.type === "tunnel") {
        tunnel = short as { tunnel: string };
        return;
      }
    }
  };
  try {
    for (const piece of pieces) {
      // What comes behind a tunnel's first bytes is not the reader's any more.
      if (tunnel !== null) tunnel.tunnel += piece;
      else reader.receive(bytes(piece)), drain();
    }
    if (options.ends) {
      reader.receiveEnd();
      drain();
    }
  } catch (error) {
    if (error instanceof RemoteProtocolError) told.push("error");
    return { told, events, error };
  }
  return {
    told: told.filter((one, at) => one !== "closed" || told[at - 1] !== "closed"),
    events,
    error: null,
  };
}

/** Every field, every head in full, so that whole events can be compared. */
function tell(event: ResponseEvent): Told {
  switch (event.type) {
    case "informational":
      return {
        informational: event.head.status,
        fields: event.head.fields.all.map(([n, v]) => [n, v]),
      };
    case "response": {
      const { status, reason, fields, keepsAlive } = event.head;
      return { response: status, reason, fields: fields.all.map(([n, v]) => [n, v]), keepsAlive };
    }
    case "data":
      return { data: text(event.bytes) };
    case "end":
      return { end: event.trailers.all.map(([name, value]) => [name, value]) };
    case "tunnel":
      return { tunnel: text(event.rest) };
    case "closed":
      return "closed";
  }
}
