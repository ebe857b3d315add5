import { assertEquals, assertThrows } from "@std/assert";
import { LocalProtocolError } from "../../../src/errors.ts";
import { SentFields } from "../../../src/protocol/http1/headers.ts";
import { RequestWriter } from "../../../src/protocol/http1/request_writer.ts";
import { trailerFields } from "../../../src/protocol/http1/trailers.ts";
import { text } from "../../support/bytes.ts";

Deno.test("trailers that are no affair of the head are taken (RFC 9110 §6.5.1)", () => {
  // RFC 9530 §4: a digest is what trailers are for.
  const { text } = trailerFields([["Content-Digest", "sha-256=:x:"], ["X-Took", "3"]]);
  assertEquals(text, "Content-Digest: sha-256=:x:\r\nX-Took: 3\r\n");
});

Deno.test("trailers that frame, route, admit or decode are refused, however they are written", () => {
  const names = [
    "Content-Length",
    "TRANSFER-ENCODING",
    "host",
    "Connection",
    "Authorization",
    "Cookie",
    "Content-Type",
    "Content-Encoding",
    "Content-Range",
    "Trailer",
    "TE",
    "Expect",
    "If-Match",
    "Range",
    "Cache-Control",
  ];
  for (const name of names) {
    assertThrows(() => trailerFields([["X", "y"], [name, "1"]]), LocalProtocolError, name);
  }
});

Deno.test("the writer asks for 100 Continue only where a body follows (RFC 9110 §10.1.1)", () => {
  const head = {
    type: "request",
    method: "PUT",
    target: "/",
    fields: new SentFields([]),
    expectsContinue: true,
  } as const;
  const writer = new RequestWriter();
  assertThrows(() => writer.send({ ...head, bodyLength: 0 }), LocalProtocolError);
  writer.send({ ...head, bodyLength: 2 });
  assertEquals(
    text(writer.takeOutput()),
    "PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
  );
});
