import { assertEquals, assertThrows } from "@std/assert";
import { RemoteProtocolError } from "../../../src/errors.ts";
import {
  type Framing,
  type FramingInput,
  parseContentLength,
  responseFraming,
} from "../../../src/protocol/http1/framing.ts";

function framing(given: Partial<FramingInput>): Framing {
  return responseFraming({
    method: "GET",
    upgradeAsked: false,
    status: 200,
    minorVersion: 1,
    contentLength: -1,
    transferEncoding: null,
    ...given,
  });
}

const NONE: Framing = { kind: "none" };
const TUNNEL: Framing = { kind: "tunnel" };
const CHUNKED: Framing = { kind: "chunked" };

// The rules of RFC 9112 §6.3, in their order.
const rules: [string, Partial<FramingInput>, Framing][] = [
  ["rule 1: a reply to HEAD", { method: "HEAD", contentLength: 5 }, NONE],
  ["rule 1: a reply to HEAD, chunked", { method: "HEAD", transferEncoding: "chunked" }, NONE],
  ["rule 1: 1xx", { status: 100, contentLength: 5 }, NONE],
  ["rule 1: 204", { status: 204, contentLength: 5 }, NONE],
  ["rule 1: 304", { status: 304, transferEncoding: "chunked" }, NONE],
  ["rule 1: 101 that was asked for", { status: 101, upgradeAsked: true }, TUNNEL],
  ["rule 1: 200 though an upgrade was asked for", { upgradeAsked: true, contentLength: 0 }, NONE],
  ["rule 2: 2xx to CONNECT", { method: "CONNECT", contentLength: 5 }, TUNNEL],
  ["rule 2: 2xx to CONNECT, chunked", { method: "CONNECT", transferEncoding: "chunked" }, TUNNEL],
  ["rule 2: 3xx to CONNECT", { method: "CONNECT", status: 302, contentLength: 5 }, {
    kind: "length",
    length: 5,
  }],
  ["rule 4: chunked", { transferEncoding: "chunked" }, CHUNKED],
  ["rule 4: chunked, whatever the case", { transferEncoding: "Chunked" }, CHUNKED],
  ["rule 6: a length", { contentLength: 7 }, { kind: "length", length: 7 }],
  ["rule 6: a length of 0", { contentLength: 0 }, NONE],
  ["rule 8: nothing", {}, { kind: "until-close" }],
  ["rule 8: nothing, under 1.0", { minorVersion: 0 }, { kind: "until-close" }],
];

for (const [name, input, expected] of rules) {
  Deno.test(`framing by §6.3 ${name}`, () => assertEquals(framing(input), expected));
}

Deno.test("framing by §6.3 rule 3: two framings are refused, whatever else is said", () => {
  for (const more of [{}, { method: "HEAD" }, { status: 204 }, { status: 304 }]) {
    assertThrows(
      () => framing({ contentLength: 5, transferEncoding: "chunked", ...more }),
      RemoteProtocolError,
      "both Content-Length and Transfer-Encoding",
    );
  }
});

Deno.test("framing by §6.3 rule 4: another coding than chunked alone is refused", () => {
  for (
    const transferEncoding of ["", "gzip", "chunked, gzip", "gzip, chunked", "chunked, chunked"]
  ) {
    assertThrows(() => framing({ transferEncoding }), RemoteProtocolError, "Transfer-Encoding is");
  }
  assertThrows(
    () => framing({ transferEncoding: "chunked", minorVersion: 0 }),
    RemoteProtocolError,
    "under HTTP/1.0",
  );
});

Deno.test("a Content-Length is digits, once or equal several times (RFC 9110 §8.6)", () => {
  const good: [string, number][] = [
    ["0", 0],
    ["42", 42],
    ["007", 7],
    ["5, 5", 5],
    ["5,5 ,\t5", 5],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ];
  for (const [text, length] of good) assertEquals(parseContentLength(text), length, text);
  const bad = [
    "",
    " ",
    "a",
    "-1",
    "+1",
    "1.5",
    "1e3",
    "0x10",
    "1 2",
    "1;2",
    "1, 2",
    "5,",
    ",5",
    "²",
  ];
  for (const text of [...bad, "9007199254740992", "9".repeat(30)]) {
    assertThrows(() => parseContentLength(text), RemoteProtocolError, "Content-Length", text);
  }
});
