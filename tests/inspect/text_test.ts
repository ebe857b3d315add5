import { assertEquals } from "@std/assert";
import { textOf, textWriter } from "../../src/inspect/text.ts";
import type { ClientEvent, DebugEvent, ProtocolEvent } from "../../src/tap.ts";

const BASE = { atMs: 12.34, target: "http://a.example", request: 7, connection: 3 };

function step(type: ClientEvent["type"]): DebugEvent {
  return { ...BASE, level: "client", type, text: "GET http://a.example/" };
}

function part(direction: "in" | "out", type: ProtocolEvent["type"], text: string): DebugEvent {
  return { ...BASE, level: "protocol", direction, type, text, bytes: 5 };
}

Deno.test("events are written with the seed's marks", () => {
  const mark = (event: DebugEvent) => textOf(event).slice(21).split(" ")[0];
  const client = ["request", "queued", "dequeued", "connected", "disconnected"] as const;
  assertEquals(client.map((type) => mark(step(type))), [
    "+RQ",
    "+WAIT_CO",
    "-WAIT_CO",
    "+CO",
    "-CO",
  ]);
  const more = ["ready", "taken", "send", "await", "await end", "read", "read end"] as const;
  assertEquals(more.map((type) => mark(step(type))), [
    "+READY",
    "-READY",
    "+SEND_RQ",
    "+WAIT_RS",
    "-WAIT_RS",
    "+READ_RS",
    "-READ_RS",
  ]);
  const types = ["start", "field", "body"] as const;
  assertEquals(types.map((type) => mark(part("out", type, ""))), ["=>", "->", ">>"]);
  assertEquals(types.map((type) => mark(part("in", type, ""))), ["<=", "<-", "<<"]);
});

Deno.test("a line tells when, which request, which connection, and what", () => {
  assertEquals(
    textOf(step("send")),
    "     12.3 #7    @3   +SEND_RQ http://a.example GET http://a.example/",
  );
  assertEquals(textOf(part("out", "body", "")), "     12.3 #7    @3   >>       5 bytes");
  const end: DebugEvent = { ...BASE, level: "stream", direction: "in", type: "end", bytes: 0 };
  assertEquals(textOf({ ...end, request: 0 }), "     12.3       @3   S<       end");
});

Deno.test("secrets are not written unless told", () => {
  for (const name of ["Authorization", "cookie", "Set-Cookie", "Proxy-Authorization"]) {
    const event = part("out", "field", `${name}: s3cret`);
    assertEquals(textOf(event).endsWith(`${name}: (not shown)`), true);
    assertEquals(textOf(event, true).endsWith(`${name}: s3cret`), true);
  }
});

Deno.test("a writer keeps to its levels, the client's own unless told", () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  textWriter({ write })(part("out", "start", "GET / HTTP/1.1"));
  textWriter({ write })(step("request"));
  assertEquals(lines.length, 1);
  textWriter({ write, levels: ["protocol"] })(part("out", "start", "GET / HTTP/1.1"));
  textWriter({ write, levels: ["protocol"] })(step("request"));
  assertEquals([lines.length, lines[1].endsWith("=>       GET / HTTP/1.1")], [2, true]);
});
