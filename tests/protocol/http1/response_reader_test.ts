import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { RemoteProtocolError } from "../../../src/errors.ts";
import { ResponseReader } from "../../../src/protocol/http1/response_reader.ts";
import { bytes, splitsOf, text } from "../../support/bytes.ts";
import { readPieces } from "../../support/responses.ts";
import { testWithSharedData } from "../../support/shared_data.ts";
import {
  incompleteResponses,
  rejectedResponses,
  responseVectors,
  type Told,
} from "../../vectors/http1_responses.ts";

/** Takes out of what was told only what the vector speaks of. */
function asAsked(told: readonly Told[], asked: readonly Told[]): Told[] {
  return told.map((one, at) => {
    const want = asked[at];
    if (typeof one !== "object" || typeof want !== "object") return one;
    return Object.fromEntries(
      Object.entries(one).filter(([key]) => key in want || key === "response" || key === "data"),
    ) as Told;
  });
}

for (const { name, methods, input, ends, events, trailing } of responseVectors) {
  Deno.test(`the response reader reads ${name}, the same at every split`, () => {
    const whole = readPieces([input], { methods, ends });
    assertEquals(asAsked(whole.told, events), events);
    for (const pieces of splitsOf(input)) {
      const { told, error } = readPieces(pieces, { methods, ends });
      assertStrictEquals(error, null);
      assertEquals(told, whole.told);
    }
  });

  if (!ends) {
    Deno.test(`the response reader reads ${name}, whatever bytes trail behind it`, () => {
      const whole = readPieces([input], { methods });
      const more = "HTTP/1.1 418 Next\r\nContent-Length: 0\r\n\r\n";
      const expected: readonly Told[] = trailing ??
        [{ response: 418, reason: "Next", fields: [["content-length", "0"]], keepsAlive: true }, {
          end: [],
        }];
      const last = whole.told.at(-1);
      const isTunnel = typeof last === "object" && "tunnel" in last;
      const all = isTunnel
        ? [...whole.told.slice(0, -1), { tunnel: last.tunnel + more }]
        : [...whole.told, ...expected];
      for (const pieces of [[input + more], [input, more], [...input + more]]) {
        const { told, error } = readPieces(pieces, { methods: [...methods ?? ["GET"], "GET"] });
        assertStrictEquals(error, null);
        assertEquals(told, all);
      }
    });
  }
}

for (const [name, input] of rejectedResponses) {
  Deno.test(`the response reader refuses, ${name}`, () => {
    const trailing = "\r\nContent-Length: 0\r\n\r\n" + "x".repeat(40);
    for (const pieces of [...splitsOf(input), [input + trailing], [...input + trailing]]) {
      const { error, told } = readPieces(pieces, { ends: true });
      assertInstanceOf(error, RemoteProtocolError, JSON.stringify(pieces));
      assertEquals(error.code, "remote protocol");
      // Nothing of a body may be told that somebody else would have read otherwise.
      assert(!told.some((event) => typeof event === "object" && "end" in event));
    }
  });
}

for (const [name, input] of incompleteResponses) {
  Deno.test(`the response reader refuses a connection that ends ${name}`, () => {
    for (const pieces of splitsOf(input)) {
      const { error } = readPieces(pieces, { ends: true });
      assertInstanceOf(error, RemoteProtocolError, JSON.stringify(pieces));
      assertEquals(error.code, "incomplete");
    }
    // Without the end it only waits.
    assertStrictEquals(readPieces([input]).error, null);
  });
}

Deno.test("the response reader refuses a response that no request waits for (§9.2)", () => {
  const { error } = readPieces(["HTTP/1.1 408 Request Timeout\r\n\r\n"], { methods: [] });
  assertInstanceOf(error, RemoteProtocolError, "no request");
});

Deno.test("the response reader knows how many responses are due, and when it stands between two", () => {
  const reader = new ResponseReader();
  assertEquals([reader.pending, reader.isBetweenResponses], [0, true]);
  reader.expect("GET");
  reader.expect("HEAD");
  assertEquals([reader.pending, reader.isBetweenResponses], [2, true]);
  reader.receive(bytes("H"));
  assertEquals(reader.nextEvent(), null);
  assertEquals([reader.pending, reader.isBetweenResponses], [2, false]);
  reader.receive(bytes("TTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"));
  assertEquals(reader.nextEvent()!.type, "response");
  assertEquals([reader.pending, reader.isBetweenResponses], [2, false]);
  reader.receive(bytes("x"));
  assertEquals([reader.nextEvent()!.type, reader.nextEvent()!.type], ["data", "end"]);
  assertEquals([reader.pending, reader.isBetweenResponses], [1, true]);
});

Deno.test("the response reader keeps count over thousands of requests that were sent ahead", () => {
  const reader = new ResponseReader();
  const response = bytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  for (let n = 0; n < 2_000; n++) reader.expect(n % 2 === 0 ? "GET" : "HEAD");
  for (let n = 0; n < 1_500; n++) {
    reader.receive(response);
    assertEquals([reader.nextEvent()!.type, reader.nextEvent()!.type], ["response", "end"]);
    assertEquals(reader.nextEvent(), null);
  }
  assertEquals(reader.pending, 500);
});

Deno.test("the response reader gives body bytes as views, without copying them", () => {
  const reader = new ResponseReader();
  reader.expect("GET");
  const input = bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  reader.receive(input);
  reader.nextEvent();
  const event = reader.nextEvent()!;
  assert(event.type === "data");
  assertStrictEquals(event.bytes.buffer, input.buffer);
  assertEquals(text(event.bytes), "hello");
});

Deno.test("the response reader's head gives its fields by name, as Headers, and its framing", () => {
  const { events } = readPieces([
    "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Encoding: gzip\r\n" +
    "Content-Length: 7\r\n\r\n",
  ]);
  const [event] = events;
  assert(event.type === "response");
  const { head } = event;
  assertEquals(head.fields.get("set-cookie"), "a=1, b=2");
  assertEquals(head.fields.get("absent"), null);
  assertEquals(head.fields.toHeaders().getSetCookie(), ["a=1", "b=2"]);
  assertEquals([head.isEncoded, head.minorVersion], [true, 1]);
  assertEquals(head.framing, { kind: "length", length: 7 });
});

interface Graded {
  id: string;
  title: string;
  cls: string;
  input_b64: string;
  status: number | null;
  body_b64: string | null;
  headers: [string, string][];
}

testWithSharedData(
  "the response reader passes the graded cases",
  "http1_responses.json",
  (json) => {
    const graded = (JSON.parse(json) as Graded[]).filter(({ cls }) =>
      ["accept", "reject-head", "reject-body"].includes(cls)
    );
    assertEquals(graded.length, 52);
    for (const { id, title, cls, input_b64, status, body_b64, headers } of graded) {
      const input = atob(input_b64);
      for (const pieces of [[input], [...input]]) {
        // What is said about the first response; those behind it belong to requests of their own.
        const { told, error } = readPieces(pieces, { ends: true, methods: ["GET", "GET", "GET"] });
        const head = told.find((event) => typeof event === "object" && "response" in event);
        const end = told.findIndex((event) => typeof event === "object" && "end" in event);
        const name = `${id} ${title}`;
        if (cls === "reject-head") {
          assertEquals([head, error instanceof RemoteProtocolError], [undefined, true], name);
          continue;
        }
        if (cls === "reject-body") {
          assertEquals([end, error instanceof RemoteProtocolError], [-1, true], name);
          continue;
        }
        assert(typeof head === "object" && "response" in head && end >= 0, name);
        const body = told.slice(0, end).map((one) =>
          typeof one === "object" && "data" in one ? one.data : ""
        );
        assertEquals(head.response, status, name);
        assertEquals(body.join(""), atob(body_b64!), name);
        const lower = headers.map(([field, value]) => [field.toLowerCase(), value]);
        // The fields on record are those of the first head, which may be a 100's.
        const first = told[0];
        assert(typeof first === "object" && "fields" in first, name);
        assertEquals(first.fields as string[][], lower, name);
      }
    }
  },
);

Deno.test("the response reader tells what comes next is the body's alone, and takes it as read", () => {
  const cases = [
    { head: "Content-Length: 9\r\n\r\n", last: "", left: [9, 5, 0] },
    { head: "Transfer-Encoding: chunked\r\n\r\n9\r\n", last: "\r\n0\r\n\r\n", left: [9, 5, 0] },
    { head: "\r\n", last: null, left: [Infinity, Infinity, Infinity] },
  ];
  for (const { head, last, left } of cases) {
    const reader = new ResponseReader();
    reader.expect("GET");
    assertEquals(reader.plainLeft, 0);
    reader.receive(bytes(`HTTP/1.1 200 OK\r\n${head}`));
    reader.nextEvent();
    assertEquals(reader.nextEvent(), null);
    const told = [reader.plainLeft];
    for (const count of [4, 5]) {
      reader.passBody(count);
      told.push(reader.plainLeft);
    }
    assertEquals(told, left);
    if (last === null) reader.receiveEnd();
    else if (last !== "") reader.receive(bytes(last));
    assertEquals(reader.nextEvent()!.type, "end");
  }
});
