import { assertEquals, assertThrows } from "@std/assert";
import { LocalProtocolError } from "../../../src/errors.ts";
import type { RequestEvent } from "../../../src/protocol/http1/events.ts";
import { type Field, SentFields } from "../../../src/protocol/http1/headers.ts";
import { RequestWriter } from "../../../src/protocol/http1/request_writer.ts";
import { bytes, text } from "../../support/bytes.ts";
import { Random } from "../../support/random.ts";
import { readRequests } from "../../support/requests.ts";

type Head = Extract<RequestEvent, { type: "request" }>;

const HOST: Field = ["Host", "a"];

function head(given: Partial<Head> = {}): Head {
  return {
    type: "request",
    method: "GET",
    target: "/",
    fields: new SentFields([HOST]),
    bodyLength: 0,
    ...given,
  };
}

function written(...events: RequestEvent[]): string {
  const writer = new RequestWriter();
  for (const event of events) writer.send(event);
  return text(writer.takeOutput());
}

const data = (content: string): RequestEvent => ({ type: "data", bytes: bytes(content) });

// Whatever ends a line or a head for somebody, and what no header may hold.
const INJECTIONS = [
  "\r\nX: y",
  "\nX: y",
  "\rX: y",
  "\0",
  "\x0b",
  "\x7f",
  "a\r\n\r\nGET / HTTP/1.1",
];

Deno.test("a request is written as its line, its fields in order and an empty line (§3)", () => {
  const fields = new SentFields([HOST, ["X-B", " padded\t"], ["x-a", ""], ["X-B", "again"]]);
  assertEquals(
    written(head({ target: "/a?b=c", fields })),
    "GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-B: padded\r\nx-a: \r\nX-B: again\r\n\r\n",
  );
});

Deno.test("requests gather until they are taken, and leave in one piece", () => {
  const writer = new RequestWriter();
  assertEquals(writer.hasOutput, false);
  writer.send(head());
  writer.send(head({ method: "HEAD", target: "*" }));
  assertEquals(writer.hasOutput, true);
  const lines = readRequests(text(writer.takeOutput())).map(({ line }) => line);
  assertEquals(lines, ["GET / HTTP/1.1", "HEAD * HTTP/1.1"]);
  assertEquals([writer.hasOutput, writer.takeOutput().length], [false, 0]);
});

Deno.test("what was taken stays as it is while more is written", () => {
  const writer = new RequestWriter();
  writer.send(head({ target: "/first" }));
  const first = writer.takeOutput();
  const before = text(first);
  writer.send(head({ target: "/other" }));
  writer.send(head({ method: "POST", bodyLength: 3 }));
  writer.send(data("abc"));
  assertEquals(text(first), before);
});

Deno.test("a body with a length is told with it, and must have just that (RFC 9110 §8.6)", () => {
  const post = head({ method: "POST", bodyLength: 5 });
  assertEquals(readRequests(written(post, data("he"), data(""), data("llo"), { type: "end" })), [{
    line: "POST / HTTP/1.1",
    fields: [["Host", "a"], ["Content-Length", "5"]],
    body: "hello",
    trailers: [],
  }]);
  assertThrows(() => written(post, data("hello!")), LocalProtocolError, "5 are left");
  assertThrows(() => written(post, data("hell"), { type: "end" }), LocalProtocolError, "1 bytes");
  const trailers: Field[] = [["X", "y"]];
  assertThrows(
    () => written(post, data("hello"), { type: "end", trailers }),
    LocalProtocolError,
    "not chunked",
  );
});

Deno.test("a length of 0 is told where a method usually has content, and only there", () => {
  for (const method of ["POST", "PUT", "PATCH"]) {
    assertEquals(readRequests(written(head({ method })))[0].fields[1], ["Content-Length", "0"]);
  }
  for (const method of ["GET", "HEAD", "DELETE", "OPTIONS"]) {
    assertEquals(readRequests(written(head({ method })))[0].fields, [["Host", "a"]]);
  }
});

Deno.test("a length that is no number of bytes is refused", () => {
  for (const bodyLength of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assertThrows(
      () => written(head({ bodyLength })),
      LocalProtocolError,
      `length is ${bodyLength}`,
    );
  }
});

/** Takes everything. */
function taken(writer: RequestWriter): Uint8Array<ArrayBuffer>[] {
  const all: Uint8Array<ArrayBuffer>[] = [];
  while (writer.hasOutput) all.push(writer.takeOutput());
  return all;
}

/** A piece that is large enough for a write of its own. */
const large = (fill: string) => new Uint8Array(600_000).fill(fill.charCodeAt(0));

Deno.test("a chunked body is written in chunks, with trailers (§7.1)", () => {
  const start = head({ method: "PUT", bodyLength: "chunked" });
  const long = "x".repeat(300);
  const trailers: Field[] = [["Digest", "abc"], ["X", ""]];
  const output = written(start, data("ab"), data(""), data(long), { type: "end", trailers });
  assertEquals(output.includes("\r\n\r\n12e\r\nab"), true);
  assertEquals(readRequests(output), [{
    line: "PUT / HTTP/1.1",
    fields: [["Host", "a"], ["Transfer-Encoding", "chunked"]],
    body: "ab" + long,
    trailers: [["Digest", "abc"], ["X", ""]],
  }]);
  assertEquals(readRequests(written(start, { type: "end" }))[0].body, "");
});

Deno.test("pieces that are taken together are one chunk, those taken apart are not (§7.1)", () => {
  const writer = new RequestWriter();
  writer.send(head({ method: "PUT", bodyLength: "chunked" }));
  const outputs: string[] = [];
  for (const together of [["a", "b"], ["c"], ["", "d".repeat(255), "e"], []]) {
    for (const piece of together) writer.send(data(piece));
    if (together.length === 0) writer.send({ type: "end" });
    outputs.push(text(writer.takeOutput()));
  }
  assertEquals(outputs, [
    "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    "1\r\nc\r\n",
    `100\r\n${"d".repeat(255)}e\r\n`,
    "0\r\n\r\n",
  ]);
});

Deno.test("a large piece is handed on as it was given, in its place", () => {
  for (const bodyLength of ["chunked", 600_002] as const) {
    const writer = new RequestWriter();
    writer.send(head());
    writer.send(head({ method: "PUT", bodyLength }));
    const piece = large("L");
    writer.send(data("<"));
    assertEquals(writer.hasLargePiece, false);
    writer.send({ type: "data", bytes: piece });
    assertEquals(writer.hasLargePiece, true);
    writer.send(data(">"));
    writer.send({ type: "end" });
    writer.send(head({ target: "/behind" }));
    const outputs = taken(writer);
    assertEquals(outputs.indexOf(piece), 1);
    assertEquals([outputs.length, writer.hasLargePiece], [3, false]);
    const read = readRequests(outputs.map(text).join(""));
    assertEquals(read.map(({ line }) => line.split(" ")[1]), ["/", "/", "/behind"]);
    assertEquals(read[1].body === `<${"L".repeat(600_000)}>`, true);
  }
});

Deno.test("a second large piece that is not taken yet keeps its place and its bytes", () => {
  for (const bodyLength of ["chunked", 1_800_000] as const) {
    const writer = new RequestWriter();
    writer.send(head({ method: "PUT", bodyLength }));
    const pieces = ["A", "B", "C"].map(large);
    for (const bytes of pieces) writer.send({ type: "data", bytes });
    writer.send({ type: "end" });
    pieces[1].fill(0);
    const [{ body }] = readRequests(taken(writer).map(text).join(""));
    assertEquals(body === ["A", "B", "C"].map((each) => each.repeat(600_000)).join(""), true);
  }
});

Deno.test("a piece has room until a write is full", () => {
  const writer = new RequestWriter();
  const piece = new Uint8Array(64 * 1024);
  writer.send(head({ method: "PUT", bodyLength: "chunked" }));
  let count = 0;
  for (; writer.hasRoomFor(piece); count++) writer.send({ type: "data", bytes: piece });
  assertEquals(count, 15);
  assertEquals(writer.takeOutput().buffer.byteLength, 1024 * 1024);
  assertEquals(writer.hasRoomFor(piece), true);
});

Deno.test("the memory of what was sent serves again, and a body's is let go with its end", () => {
  const writer = new RequestWriter();
  const piece: RequestEvent = { type: "data", bytes: new Uint8Array(300_000) };
  writer.send(head({ method: "PUT", bodyLength: "chunked" }));
  writer.send(piece);
  const { buffer } = writer.takeOutput();
  writer.onSent();
  for (let round = 0; round < 3; round++) {
    writer.send(piece);
    assertEquals(writer.takeOutput().buffer === buffer, true);
    writer.onSent();
  }
  writer.send({ type: "end" });
  writer.takeOutput();
  writer.onSent();
  writer.send(head());
  assertEquals(writer.takeOutput().buffer.byteLength, 4096);
});

Deno.test("requests with large pieces need no more memory from one to the next", () => {
  const writer = new RequestWriter();
  const bytes = large("x");
  for (let round = 0; round < 100; round++) {
    writer.send(head({ method: "PUT", bodyLength: bytes.length }));
    writer.send({ type: "data", bytes });
    writer.send({ type: "end" });
    const [start] = taken(writer);
    assertEquals(start.buffer.byteLength, 4096);
  }
});

Deno.test("a trailer that is refused leaves the body open and nothing half written", () => {
  const writer = new RequestWriter();
  writer.send(head({ method: "PUT", bodyLength: "chunked" }));
  const bad: Field[] = [["Good", "x"], ["Bad", "x\r\ny"]];
  assertThrows(() => writer.send({ type: "end", trailers: bad }), LocalProtocolError);
  assertEquals(writer.isInBody, true);
  writer.send(data("more"));
  writer.send({ type: "end" });
  const [{ body, trailers }] = readRequests(text(writer.takeOutput()));
  assertEquals([body, trailers], ["more", []]);
});

Deno.test("pieces out of their order are refused", () => {
  const post = head({ method: "POST", bodyLength: 1 });
  assertThrows(() => written(data("x")), LocalProtocolError, "no body was announced");
  assertThrows(() => written({ type: "end" }), LocalProtocolError, "none was announced");
  assertThrows(() => written(head(), data("x")), LocalProtocolError, "no body was announced");
  assertThrows(() => written(head(), { type: "end" }), LocalProtocolError, "none was announced");
  assertThrows(() => written(post, head()), LocalProtocolError, "has not ended");
  assertThrows(
    () => written(post, data("x"), { type: "end" }, { type: "end" }),
    LocalProtocolError,
    "none was announced",
  );
});

Deno.test("the writer knows whether it is in a body", () => {
  const writer = new RequestWriter();
  writer.send(head());
  assertEquals(writer.isInBody, false);
  writer.send(head({ method: "POST", bodyLength: 1 }));
  assertEquals(writer.isInBody, true);
  writer.send(data("x"));
  assertEquals(writer.isInBody, true);
  writer.send({ type: "end" });
  assertEquals(writer.isInBody, false);
});

Deno.test("a header that would end its line is refused, in heads and trailers (RFC 9110 §5.5)", () => {
  for (const injection of [...INJECTIONS, "\u0100", "€"]) {
    for (const value of [injection, `a${injection}`, `a${injection}b`]) {
      assertThrows(
        () => new SentFields([["X", value]]),
        LocalProtocolError,
        "Cannot send the header X",
      );
      const trailers: Field[] = [["X", value]];
      assertThrows(
        () => written(head({ bodyLength: "chunked" }), { type: "end", trailers }),
        LocalProtocolError,
      );
    }
  }
});

Deno.test("a header whose name is no token is refused (RFC 9110 §5.1)", () => {
  for (const name of ["", "a b", "a:", ":a", "a\r\nb", "ä", "a\0", "(a)", "a\t", " a"]) {
    assertThrows(() => new SentFields([[name, "x"]]), LocalProtocolError, "not a token");
  }
});

Deno.test("a header that would frame the body a second time is refused (§6)", () => {
  for (
    const name of ["Content-Length", "content-length", "Transfer-Encoding", "TRANSFER-ENCODING"]
  ) {
    assertThrows(() => new SentFields([[name, "5"]]), LocalProtocolError, name);
    const trailers: Field[] = [[name, "5"]];
    assertThrows(
      () => written(head({ bodyLength: "chunked" }), { type: "end", trailers }),
      LocalProtocolError,
    );
  }
});

Deno.test("a method that is no token is refused (RFC 9110 §9.1)", () => {
  for (const method of ["", "GET ", " GET", "GE T", "GET\r\n", "GÄT", "GET/", ...INJECTIONS]) {
    assertThrows(() => written(head({ method })), LocalProtocolError, "not a token");
  }
  assertEquals(written(head({ method: "M-SEARCH" })).startsWith("M-SEARCH / "), true);
});

Deno.test("a target with a blank, a control or what is not ASCII is refused (§3.2)", () => {
  for (const target of ["", " ", "/a b", "/\t", "/ä", "/ HTTP/1.1\r\nX: y", ...INJECTIONS]) {
    assertThrows(() => written(head({ target })), LocalProtocolError, "must be escaped");
  }
});

Deno.test("a refused request leaves nothing behind", () => {
  const writer = new RequestWriter();
  writer.send(head({ target: "/good" }));
  assertThrows(() => writer.send(head({ target: "/bad one" })), LocalProtocolError);
  writer.send(head({ target: "/next" }));
  const lines = readRequests(text(writer.takeOutput())).map(({ line }) => line);
  assertEquals(lines, ["GET /good HTTP/1.1", "GET /next HTTP/1.1"]);
});

Deno.test("a value beyond ASCII leaves one byte a character, never as UTF-8 (RFC 9110 §5.5)", () => {
  const fields = new SentFields([["X", "gr\xfc\xdfe \xff"]]);
  const output = written(
    head({ fields }),
    head({ method: "POST", bodyLength: 2, fields }),
    data("\xc3\xa4"),
  );
  assertEquals(output.match(/X: gr\xfc\xdfe \xff\r\n/g)!.length, 2);
  assertEquals(output.endsWith("\r\n\r\n\xc3\xa4"), true);
});

Deno.test("what the writer wrote, a server reads back equal, whatever was written when", () => {
  const random = new Random(9110);
  const writer = new RequestWriter();
  let output = "";
  const sent: unknown[] = [];
  // All of it, or what one write would hold.
  const take = () => {
    do {
      const part = writer.takeOutput();
      output += text(part);
      if (random.below(2) > 0) {
        writer.onSent();
        part.fill(0);
      }
    } while (writer.hasOutput && random.below(3) > 0);
  };
  for (let round = 0; round < 400; round++) {
    const method = random.of(["GET", "POST", "PUT", "DELETE", "X-Y"]);
    const target = "/" + random.text("abc?&=%2F;", random.below(60));
    const own = Array.from({ length: random.below(5) }, (): Field => [
      "X-" + random.text("abcXYZ-_", 1 + random.below(9)),
      random.text('abc ,;="\\\t\xe4\xff', random.below(30)).trim(),
    ]);
    const pieces = Array.from(
      { length: random.below(4) },
      () =>
        random.below(100) === 0
          ? random.text("\r\n0ab\0\xff", 10).repeat(60_000)
          : random.text("\r\n0ab\0\xff", random.below(3000)),
    );
    const body = pieces.join("");
    const isChunked = random.below(2) === 0;
    const bodyLength = isChunked ? "chunked" : body.length;
    const trailers: Field[] = isChunked && random.below(2) === 0
      ? [["T", random.text("tu", 3)]]
      : [];
    writer.send({ type: "request", method, target, fields: new SentFields(own), bodyLength });
    if (bodyLength !== 0) {
      for (const piece of pieces) {
        writer.send(data(piece));
        if (random.below(3) === 0) take();
      }
      writer.send({ type: "end", trailers: trailers.length > 0 ? trailers : undefined });
    }
    if (random.below(4) === 0) take();
    sent.push({ line: `${method} ${target} HTTP/1.1`, own, body, trailers });
  }
  while (writer.hasOutput) take();
  const read = readRequests(output).map(({ line, fields, body, trailers }) => ({
    line,
    own: fields.filter(([name]) => name.startsWith("X-")),
    body,
    trailers,
  }));
  assertEquals(read, sent);
});
