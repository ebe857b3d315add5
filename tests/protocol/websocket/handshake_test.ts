import { assert, assertEquals, assertThrows } from "@std/assert";
import { LimitError, LocalProtocolError, RemoteProtocolError } from "../../../src/errors.ts";
import {
  acceptKey,
  agreeingHead,
  checkAnswer,
  type ClientHandshake,
  handshakeFields,
  judgeRequest,
  refusingAnswer,
  type ServerHandshake,
} from "../../../src/protocol/websocket/handshake.ts";
import { RequestHeadReader } from "../../../src/protocol/websocket/request_head.ts";
import { bytes, splitsOf } from "../../support/bytes.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const ASKED: ClientHandshake = { key: KEY, protocols: ["chat", "superchat"], deflate: {} };

/** A request's fields, those given in place of the usual. */
function request(
  fields: Record<string, string | null> = {},
  method = "GET",
): { method: string; headers: Headers } {
  const headers = new Headers({
    Host: "example.com",
    Connection: "keep-alive, Upgrade",
    Upgrade: "WebSocket",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
  });
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  return { method, headers };
}

/** What an answer's fields say, those given in place of the usual. */
function answer(fields: Record<string, string | null> = {}): (name: string) => string | null {
  const headers = new Headers({
    Connection: "upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Accept": acceptKey(KEY),
  });
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  return (name) => headers.get(name);
}

function statusOf(asked: ReturnType<typeof request>, options?: ServerHandshake): number {
  const judged = judgeRequest(asked, options);
  return judged.ok ? 101 : judged.refusal.status;
}

Deno.test("the accept key is the RFC's own (RFC 6455 §1.3)", () => {
  assertEquals(acceptKey(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

Deno.test("a request that is as it should be is agreed to", () => {
  const judged = judgeRequest(request());
  assert(judged.ok);
  assertEquals(judged, {
    ok: true,
    agreement: { protocol: "", extensions: "", deflate: null },
    key: KEY,
  });
  assertEquals(
    agreeingHead(judged.key, judged.agreement, [["X-Server", "lasa"]]),
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Server: lasa\r\n\r\n",
  );
});

Deno.test("a request that is not is refused with the status that tells why", () => {
  const cases: [number, ReturnType<typeof request>][] = [
    [405, request({}, "POST")],
    [426, request({ Upgrade: null })],
    [426, request({ Upgrade: "h2c" })],
    [426, request({ Connection: "keep-alive" })],
    [426, request({ "Sec-WebSocket-Version": "8" })],
    [400, request({ Host: null })],
    [400, request({ Host: "a, b" })],
    [400, request({ "Sec-WebSocket-Key": null })],
    [400, request({ "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25j" })],
    [400, request({ "Sec-WebSocket-Key": "!".repeat(24) })],
    [400, request({ "Sec-WebSocket-Protocol": "a b" })],
    [400, request({ "Sec-WebSocket-Extensions": "a b" })],
    [400, request({ "Content-Length": "5" })],
    [400, request({ "Transfer-Encoding": "chunked" })],
    [101, request({ "Content-Length": "0" })],
    [101, request({ Upgrade: "h2c, websocket" })],
  ];
  for (const [status, asked] of cases) assertEquals(statusOf(asked), status);
  const judged = judgeRequest(request({ "Sec-WebSocket-Version": "8" }));
  assert(!judged.ok);
  assertEquals(judged.refusal.headers, { "Sec-WebSocket-Version": "13" });
  const text = refusingAnswer(judged.refusal);
  assert(text.startsWith("HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\n"));
  assert(text.endsWith("\r\n\r\nthe version is not 13\n"));
});

Deno.test("the origin is checked where the server says which it lets in", () => {
  const origins = ["https://good.test"];
  assertEquals(statusOf(request({ Origin: "https://good.test" }), { origins }), 101);
  assertEquals(statusOf(request({ Origin: "https://evil.test" }), { origins }), 403);
  assertEquals(statusOf(request(), { origins }), 403);
});

Deno.test("the subprotocol is the server's best of those asked for, not an echo", () => {
  const asked = request({ "Sec-WebSocket-Protocol": "superchat, chat" });
  const chosen = (protocols?: string[]) => {
    const judged = judgeRequest(asked, { protocols });
    return judged.ok && judged.agreement.protocol;
  };
  assertEquals(chosen(["chat", "superchat"]), "chat");
  assertEquals(chosen(["other", "superchat"]), "superchat");
  assertEquals(chosen(["Chat"]), "");
  assertEquals(chosen(), "");
});

Deno.test("a client asks for what it wants, and for nothing that makes no sense", () => {
  assertEquals(handshakeFields({ ...ASKED, origin: "https://a.test" }), [
    ["Sec-WebSocket-Key", KEY],
    ["Sec-WebSocket-Version", "13"],
    ["Sec-WebSocket-Protocol", "chat, superchat"],
    ["Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"],
    ["Origin", "https://a.test"],
  ]);
  for (const protocols of [["a b"], [""], ["a", "a"], ["a,b"]]) {
    assertThrows(() => handshakeFields({ ...ASKED, protocols }), LocalProtocolError);
  }
});

Deno.test("a client takes no answer but one to what it asked", () => {
  assertEquals(checkAnswer(ASKED, answer({ "Sec-WebSocket-Protocol": "chat" })), {
    protocol: "chat",
    extensions: "",
    deflate: null,
  });
  const wrong: Record<string, string | null>[] = [
    { Upgrade: null },
    { Upgrade: "h2c" },
    { Connection: null },
    { Connection: "close" },
    { "Sec-WebSocket-Accept": null },
    { "Sec-WebSocket-Accept": acceptKey("AAAAAAAAAAAAAAAAAAAAAA==") },
    { "Sec-WebSocket-Protocol": "other" },
    { "Sec-WebSocket-Protocol": "chat, superchat" },
    { "Sec-WebSocket-Extensions": "x-other" },
    { "Sec-WebSocket-Extensions": "permessage-deflate, permessage-deflate" },
    { "Sec-WebSocket-Extensions": "permessage-deflate; unknown" },
    { "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=16" },
    { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" },
    { "Sec-WebSocket-Extensions": "not well formed" },
  ];
  for (const fields of wrong) {
    assertThrows(() => checkAnswer(ASKED, answer(fields)), RemoteProtocolError);
  }
  const deflate = { "Sec-WebSocket-Extensions": "permessage-deflate" };
  assertThrows(
    () => checkAnswer({ ...ASKED, deflate: null }, answer(deflate)),
    RemoteProtocolError,
  );
});

Deno.test("a request's head is read the same at every split, and what is behind it is left", () => {
  const head = "GET /chat?x=1 HTTP/1.1\r\nHost: a.test\r\nX-Two:  b \r\nX-Two: c\r\n\r\n";
  for (const pieces of splitsOf(head + "rest")) {
    const reader = new RequestHeadReader();
    let read = reader.next();
    const rest: string[] = [];
    for (const piece of pieces) {
      if (read !== null) rest.push(piece);
      else {
        reader.receive(bytes(piece));
        read = reader.next();
      }
    }
    assertEquals([read!.head.method, read!.head.target], ["GET", "/chat?x=1"]);
    assertEquals([...read!.head.headers], [["host", "a.test"], ["x-two", "b, c"]]);
    assertEquals(new TextDecoder().decode(read!.rest) + rest.join(""), "rest");
  }
});

Deno.test("a head that could be read in two ways is refused, and so is an endless one", () => {
  const bad = [
    "GET / HTTP/1.0\r\n\r\n",
    "GET  / HTTP/1.1\r\n\r\n",
    "GET / HTTP/2\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "GET / HTTP/1.1\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\nno colon\r\n\r\n",
    "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n",
    "GET / HTTP/1.1\r\nA: \0\r\n\r\n",
    "\x16\x03\x01\r\n\r\n",
  ];
  for (const head of bad) {
    const reader = new RequestHeadReader();
    reader.receive(bytes(head));
    assertThrows(() => reader.next(), RemoteProtocolError, undefined, head);
  }
  const endless = new RequestHeadReader(100);
  endless.receive(bytes("GET / HTTP/1.1\r\nA: " + "b".repeat(100)));
  assertEquals(assertThrows(() => endless.next(), LimitError).limit, "maxHeaderBytes");
});
