/**
 * Steps of a client as lines of text, with the seed's marks: `+RQ`, `±CO`, `=>`, `<<` and so on.
 *
 * @module
 */

import type { ClientEvent, DebugEvent, DebugListener, DebugOptions } from "../tap.ts";

// SEMANTICS.md 41; what the seed's client has no step for has a mark of the same kind.
const CLIENT_MARKS: Record<ClientEvent["type"], string> = {
  "request": "+RQ",
  "failed": "-RQ",
  "queued": "+WAIT_CO",
  "dequeued": "-WAIT_CO",
  "dial": "+DIAL",
  "dial failed": "-DIAL",
  "connected": "+CO",
  "disconnected": "-CO",
  "ready": "+READY",
  "taken": "-READY",
  "send": "+SEND_RQ",
  "await": "+WAIT_RS",
  "await end": "-WAIT_RS",
  "read": "+READ_RS",
  "read end": "-READ_RS",
  "retry": "~RQ",
  "redirect": "~TO",
};

const OUT = { start: "=>", field: "->", body: ">>" } as const;
const IN = { start: "<=", field: "<-", body: "<<" } as const;

const SECRETS = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key):.*/is;

/** Writes an event as one line. */
export function textOf(event: DebugEvent, showsSecrets = false): string {
  const who = (event.request > 0 ? `#${event.request}` : "").padEnd(5);
  const where = (event.connection > 0 ? `@${event.connection}` : "").padEnd(4);
  const head = `${event.atMs.toFixed(1).padStart(9)} ${who} ${where} ${markOf(event).padEnd(8)}`;
  return `${head} ${restOf(event, showsSecrets)}`.trimEnd();
}

function markOf(event: DebugEvent): string {
  switch (event.level) {
    case "client":
      return CLIENT_MARKS[event.type];
    case "protocol":
      return (event.direction === "out" ? OUT : IN)[event.type];
    case "stream":
      return event.direction === "out" ? "S>" : "S<";
  }
}

function restOf(event: DebugEvent, showsSecrets: boolean): string {
  switch (event.level) {
    case "client":
      return `${event.target} ${event.text}`;
    case "protocol":
      if (event.type === "body") return `${event.bytes} bytes`;
      return showsSecrets ? event.text : event.text.replace(SECRETS, "$1: (not shown)");
    case "stream":
      return event.type === "end" ? "end" : `${event.bytes} bytes`;
  }
}

/**
 * A listener that writes lines.
 *
 * @param options The levels, and where the lines go.
 */
export function textWriter(options: DebugOptions = {}): DebugListener {
  const levels = new Set(options.levels ?? ["client"]);
  const write = options.write ?? ((line: string) => console.error(line));
  return (event) => {
    if (levels.has(event.level)) write(textOf(event, options.secrets));
  };
}
