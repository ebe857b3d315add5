import { assertEquals, assertMatch, assertNotMatch, assertThrows } from "@std/assert";
import { LocalProtocolError } from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";
import type { Body, RequestOptions } from "../../src/http/options.ts";
import { failure, withClient } from "../support/client.ts";
import { answering, type RawRequest, RawServer, response } from "../support/raw_server.ts";

/** What a server gets for the options. */
async function sent(options: RequestOptions, path = "/"): Promise<RawRequest> {
  let got: RawRequest | null = null;
  await using server = await RawServer.start(answering((request) => {
    got = request;
    return response("ok");
  }));
  await withClient({}, async (client) => {
    await (await client.request({ url: server.url(path), ...options })).text();
  });
  return got!;
}

/** The error of a request that must not reach the server at all. */
async function refused(options: RequestOptions, path = "/"): Promise<LocalProtocolError> {
  await using server = await RawServer.start(answering(() => response("ok")));
  let error!: LocalProtocolError;
  await withClient({}, async (client) => {
    error = await failure(
      client.request({ url: server.url(path), ...options }),
      LocalProtocolError,
    );
    assertEquals(server.received, "", "nothing has been sent");
  });
  return error;
}

Deno.test("a request without a body is a GET, one with a body a POST", async () => {
  assertEquals((await sent({})).method, "GET");
  assertEquals((await sent({ body: "x" })).method, "POST");
  assertEquals((await sent({ json: null })).method, "POST");
  assertEquals((await sent({ method: "put", body: "x" })).method, "PUT");
  assertEquals((await sent({ method: "Purge" })).method, "Purge");
});

Deno.test("each method has a call of its own", async () => {
  const methods: string[] = [];
  await using server = await RawServer.start(answering((request) => {
    methods.push(request.method);
    return request.method === "HEAD" ? response("") : response("ok");
  }));
  await withClient({}, async (client) => {
    for (const name of ["get", "head", "post", "put", "patch", "delete"] as const) {
      await (await client[name](server.url())).discard();
    }
  });
  assertEquals(methods, ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);
});

Deno.test("a request can be given as a URL, as options, or as both", async () => {
  const targets: string[] = [];
  await using server = await RawServer.start(answering((request) => {
    targets.push(`${request.method} ${request.target}`);
    return response("ok");
  }));
  await withClient({}, async (client) => {
    await client.request(server.url("/a"));
    await client.request(new URL(server.url("/b")));
    await client.request({ url: server.url("/c"), method: "PUT" });
    await client.request(server.url("/d"), { method: "DELETE" });
  });
  assertEquals(targets, ["GET /a", "GET /b", "PUT /c", "DELETE /d"]);
});

Deno.test("the standard fields stand in every request and give way to the caller's", async () => {
  const usual = await sent({});
  assertEquals(usual.headers["accept"], "*/*");
  assertEquals(usual.headers["accept-encoding"], "gzip, deflate, br, zstd");
  assertMatch(usual.headers["user-agent"], /^lasa\//);
  assertMatch(usual.headers["host"], /^127\.0\.0\.1:\d+$/);
  const own = await sent({
    headers: { Accept: "text/html", "USER-AGENT": "me", host: "example.org", "X-A": " padded " },
  });
  assertEquals(own.headers["accept"], "text/html");
  assertEquals(own.headers["user-agent"], "me");
  assertEquals(own.headers["host"], "example.org");
  assertEquals(own.headers["x-a"], "padded");
  assertEquals((await sent({ decompress: false })).headers["accept-encoding"], undefined);
});

Deno.test("fields are taken from Headers, pairs and objects", async () => {
  for (
    const headers of [new Headers({ "x-b": "1" }), [["x-b", "1"]] as const, { "x-b": "1" }]
  ) {
    assertEquals((await sent({ headers })).headers["x-b"], "1");
  }
});

Deno.test("the client's own fields go with every request", async () => {
  const seen: string[] = [];
  await using server = await RawServer.start(answering((request) => {
    seen.push(request.headers["x-team"]);
    return response("ok");
  }));
  await withClient({ headers: { "X-Team": "a" } }, async (client) => {
    await client.get(server.url());
    await client.get(server.url(), { headers: { "x-team": "b" } });
  });
  assertEquals(seen, ["a", "b"]);
});

Deno.test("a body of known length is sent with Content-Length, any other in chunks", async () => {
  const form = new FormData();
  form.set("name", "value");
  const known: [Body, string, string?][] = [
    ["grüße", "gr\xc3\xbc\xc3\x9fe", "text/plain;charset=UTF-8"],
    [new Uint8Array([0, 255]), "\x00\xff"],
    [new Uint8Array([65, 66]).buffer, "AB"],
    [new Blob(["blob"], { type: "text/x" }), "blob", "text/x"],
    [
      new URLSearchParams({ a: "1 2" }),
      "a=1+2",
      "application/x-www-form-urlencoded;charset=UTF-8",
    ],
    [() => "made", "made", "text/plain;charset=UTF-8"],
    ["", "", "text/plain;charset=UTF-8"],
  ];
  for (const [body, expected, type] of known) {
    const request = await sent({ body });
    assertEquals(request.body, expected);
    assertEquals(request.headers["content-length"], String(expected.length));
    assertEquals(request.headers["transfer-encoding"], undefined);
    assertEquals(request.headers["content-type"], type);
  }
  const pieces = () => [new Uint8Array([65]), new Uint8Array(0), new Uint8Array([66, 67])];
  const unknown: Body[] = [
    ReadableStream.from(pieces()),
    (async function* () {
      yield* pieces();
    })(),
    () => ReadableStream.from(pieces()),
  ];
  for (const body of unknown) {
    const request = await sent({ body });
    assertEquals(request.headers["transfer-encoding"], "chunked");
    assertEquals(request.headers["content-length"], undefined);
    assertEquals(request.body, "ABC");
    assertMatch(request.raw, /\r\n\r\n3\r\nABC\r\n0\r\n\r\n$/);
  }
  const multipart = await sent({ body: form });
  assertMatch(multipart.headers["content-type"], /^multipart\/form-data; ?boundary=/);
  const boundary = multipart.headers["content-type"].split("boundary=")[1];
  assertMatch(multipart.body, new RegExp(`^--${boundary}\r\n[^]*name="name"\r\n\r\nvalue\r\n`));
});

Deno.test("json and form say what they are", async () => {
  const json = await sent({ json: { a: [1, "ü"] } });
  assertEquals(json.body, '{"a":[1,"\xc3\xbc"]}');
  assertEquals(json.headers["content-type"], "application/json");
  assertEquals((await sent({ json: null })).body, "null");
  const form = await sent({ form: { q: "a&b" } });
  assertEquals(form.body, "q=a%26b");
  assertMatch(form.headers["content-type"], /^application\/x-www-form-urlencoded/);
  const named = await sent({ json: 1, headers: { "content-type": "application/x+json" } });
  assertEquals(named.headers["content-type"], "application/x+json");
});

Deno.test("a large body arrives whole, from a string, a blob and a stream", async () => {
  const large = "0123456789abcdef".repeat(50_000);
  for (
    const body of [
      large,
      new Blob([large]),
      ReadableStream.from([new Blob([large])].map((b) => b.bytes())),
    ]
  ) {
    assertEquals((await sent({ body: body as Body })).body === large, true);
  }
});

Deno.test("POST without a body tells a length of 0; GET tells none", async () => {
  assertEquals((await sent({ method: "POST" })).headers["content-length"], "0");
  assertEquals((await sent({ method: "GET" })).headers["content-length"], undefined);
});

Deno.test("a stream with a declared length is sent under that length", async () => {
  const body = ReadableStream.from([new Uint8Array([65, 66, 67])]);
  const request = await sent({ body, headers: { "Content-Length": "3" } });
  assertEquals(request.headers["content-length"], "3");
  assertEquals(request.headers["transfer-encoding"], undefined);
  assertEquals(request.body, "ABC");
});

Deno.test("a stream that does not keep its declared length fails, and its connection is closed", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  await withClient({}, async (client) => {
    for (const length of ["2", "4"]) {
      const body = ReadableStream.from([new Uint8Array([65, 66, 67])]);
      const error = await failure(
        client.post(server.url(), { body, headers: { "Content-Length": length } }),
        LocalProtocolError,
      );
      assertEquals(error.sent, "partial");
      assertEquals(client.stats().connections, 0);
    }
  });
});

Deno.test("a body whose source fails ends its request with the source's error", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  await withClient({}, async (client) => {
    const body = (async function* () {
      yield new Uint8Array([65]);
      await Promise.resolve();
      throw new URIError("the disk is gone");
    })();
    const error = await client.post(server.url(), { body }).catch((error) => error);
    assertEquals([error.name, error.message], ["URIError", "the disk is gone"]);
    assertEquals(client.stats().connections, 0);
  });
});

Deno.test("a declared length that the body does not have is refused", async () => {
  await refused({ body: "abc", headers: { "Content-Length": "4" } });
  await refused({ body: "abc", headers: { "Content-Length": "+3" } });
  await refused({ method: "GET", headers: { "Content-Length": "1" } });
});

Deno.test("what would break out of a head is refused and nothing is sent", async () => {
  await refused({ headers: { "X-A": "1\r\nX-B: 2" } });
  await refused({ headers: { "X-A": "1\n2" } });
  await refused({ headers: { "X-A": "1\0" } });
  await refused({ headers: [["X-A: 1\r\nX-B", "2"]] });
  await refused({ headers: [["X A", "2"]] });
  await refused({ headers: { "X-A": "\u{1f600}" } });
  await refused({ method: "GET /evil HTTP/1.1\r\nX: " });
  await refused({ method: "" });
  await refused({ headers: { "Transfer-Encoding": "chunked" } });
  await refused({ headers: [["Host", "a"], ["host", "b"]] });
  await refused({ method: "CONNECT" });
  await refused({ method: "TRACE", body: "x" });
  await refused({ body: "x", json: 1 });
});

Deno.test("control characters in a URL never reach the request line", async () => {
  const request = await sent({}, "/a\r\nX-Evil: 1/ü?q=\r\nb c");
  assertEquals(request.target, "/aX-Evil:%201/%C3%BC?q=b%20c");
  assertNotMatch(request.raw, /\nX-Evil/);
});

Deno.test("fields that a client would send with every request are checked when it is made", () => {
  for (const [name, value] of [["X-A", "1\r\n"], ["Host", "a"], ["Content-Length", "1"]]) {
    assertThrows(() => new Client({ headers: { [name]: value } }), LocalProtocolError);
  }
});

Deno.test("a URL with credentials, of another scheme, or none at all is refused", async () => {
  await withClient({}, async (client) => {
    for (const url of ["http://user@127.0.0.1/", "http://u:p@127.0.0.1/", "ftp://a/", "//a/", ""]) {
      await failure(client.get(url), LocalProtocolError);
    }
    await failure(client.request({} as { url: string }), LocalProtocolError);
  });
});

Deno.test("an extended client sends the headers of both, its own over their namesakes", async () => {
  await using server = await RawServer.start(
    answering(({ headers }) => response(`${headers["x-a"]} ${headers["x-b"]} ${headers["x-c"]}`)),
  );
  await withClient({ headers: { "X-A": "1", "X-B": "2" } }, async (client) => {
    const extended = client.extend({ headers: { "x-b": "3", "X-C": "4" } });
    assertEquals(await (await extended.get(server.url())).text(), "1 3 4");
    await extended.closeAll();
  });
});
