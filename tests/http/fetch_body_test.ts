import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { RemoteProtocolError } from "../../src/errors.ts";
import { turns } from "../support/clock.ts";
import { echo, type Seen, withServer } from "../support/fetch.ts";
import { answering, RawServer, response as rawResponse } from "../support/raw_server.ts";
import { runProgram } from "../support/program.ts";
import { root } from "../support/sources.ts";
import { withClient } from "../support/client.ts";

const encoder = new TextEncoder();

/** A request's body as a stream of these pieces, each in a turn of its own. */
function slowStream(...pieces: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      await turns(2);
      controller.enqueue(encoder.encode(pieces.shift()));
      if (pieces.length === 0) controller.close();
    },
  });
}

/** What the server should see of each kind of body: the text, its type and its length. */
const BODIES: [name: string, body: () => BodyInit, type: string | undefined][] = [
  ["a string", () => "äbc", "text/plain;charset=UTF-8"],
  ["bytes", () => encoder.encode("äbc"), undefined],
  ["a part of a buffer", () => encoder.encode("<äbc>").subarray(1, 5), undefined],
  ["an ArrayBuffer", () => encoder.encode("äbc").buffer, undefined],
  ["a DataView", () => new DataView(encoder.encode("äbc").buffer), undefined],
  ["numbers of 16 bits", () => new Uint16Array(encoder.encode("äbc").buffer), undefined],
  ["a Blob", () => new Blob(["äbc"]), undefined],
  ["a Blob with a type", () => new Blob(["äbc"], { type: "Text/Own" }), "text/own"],
];

for (const [name, body, type] of BODIES) {
  Deno.test(`fetch sends ${name} with its type and its length, also in a Request`, async () => {
    await withServer(echo, async (fetch, base) => {
      const requests = [
        () => fetch(base, { method: "POST", body: body() }),
        () => fetch(new Request(base, { method: "POST", body: body() })),
        () => fetch(new Request(base, { method: "POST", body: body() }).clone()),
        () => fetch(new Request(base, { method: "POST", body: "other" }), { body: body() }),
      ];
      for (const request of requests) {
        const seen: Seen = await (await request()).json();
        // Fetch, new Request, step 38: a type that the Request has already stays.
        const wanted = request === requests[3] ? "text/plain;charset=UTF-8" : type;
        assertEquals([seen.body, seen.headers["content-type"]], ["äbc", wanted]);
        assertEquals(seen.headers["content-length"], "4");
      }
    });
  });
}

Deno.test("fetch sends URLSearchParams and FormData with their types", async () => {
  await withServer(echo, async (fetch, base) => {
    const params = new URLSearchParams({ a: "1", b: "ä" });
    const form = new FormData();
    form.set("name", "value");
    form.set("file", new File(["content"], "name.txt", { type: "text/plain" }));
    const ways = [
      (body: BodyInit) => fetch(base, { method: "POST", body }),
      (body: BodyInit) => fetch(new Request(base, { method: "POST", body })),
    ];
    for (const post of ways) {
      const first: Seen = await (await post(params)).json();
      assertEquals(
        [first.body, first.headers["content-type"]],
        ["a=1&b=%C3%A4", "application/x-www-form-urlencoded;charset=UTF-8"],
      );
      const second: Seen = await (await post(form)).json();
      assertEquals(second.headers["content-length"], String(second.body.length));
      const type = second.headers["content-type"];
      const told = await new Response(second.body, { headers: { "content-type": type } })
        .formData();
      assertEquals(told.get("name"), "value");
      assertEquals(await (told.get("file") as File).text(), "content");
    }
  });
});

Deno.test("what changes after the call is sent as it was", async () => {
  await withServer(echo, async (fetch, base) => {
    const bytes = encoder.encode("before");
    const answer = fetch(base, { method: "POST", body: bytes });
    bytes.fill(120);
    assertEquals((await (await answer).json()).body, "before");
  });
});

Deno.test("a stream is sent in chunks as it comes, also in a Request", async () => {
  await withServer(echo, async (fetch, base) => {
    const init = () => ({ method: "POST", body: slowStream("a", "b", "c"), duplex: "half" });
    for (const answer of [fetch(base, init()), fetch(new Request(base, init()))]) {
      const seen: Seen = await (await answer).json();
      assertEquals([seen.body, seen.headers["transfer-encoding"]], ["abc", "chunked"]);
    }
  });
});

Deno.test("of a stream whose length is told, it is told to the server too", async () => {
  await withServer(echo, async (fetch, base) => {
    const seen: Seen = await (await fetch(base, {
      method: "POST",
      body: slowStream("ab", "c"),
      headers: { "content-length": "3" },
    })).json();
    assertEquals([seen.body, seen.headers["content-length"]], ["abc", "3"]);
  });
});

Deno.test("a large body of a Request is sent whole, in bytes or as a stream", async () => {
  const whole = "0123456789".repeat(300_000);
  const handler = async (request: Request) => new Response(String(await request.text() === whole));
  await withServer(handler, async (fetch, base) => {
    const pieces = () => {
      let at = 0;
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          if (at >= whole.length) return controller.close();
          controller.enqueue(encoder.encode(whole.slice(at, at += 50_000)));
        },
      });
    };
    for (const body of [whole, new Blob([whole]), pieces()]) {
      const request = new Request(base, { method: "POST", body, duplex: "half" } as RequestInit);
      assertEquals(await (await fetch(request)).text(), "true");
    }
  });
});

Deno.test("a stream that fails, or gives what is no bytes, ends the fetch with a TypeError", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  await withClient({}, async (client) => {
    const failing = new ReadableStream({ pull: (controller) => controller.error(new Error("no")) });
    const wordy = new ReadableStream({ start: (controller) => controller.enqueue("text") });
    for (const body of [failing, wordy]) {
      await assertRejects(() => client.fetch(server.url(), { method: "POST", body }), TypeError);
    }
    const request = new Request(server.url(), { method: "POST", body: failingLater() });
    await assertRejects(() => client.fetch(request), TypeError);
  });
});

function failingLater(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull() {
      await turns(2);
      throw new Error("no");
    },
  });
}

Deno.test("GET and HEAD with a body are a TypeError", async () => {
  await withServer(echo, async (fetch, base) => {
    for (const method of ["GET", "HEAD", "get"]) {
      await assertRejects(() => fetch(base, { method, body: "abc" }), TypeError);
    }
    await assertRejects(() => fetch(base, { body: "abc" }), TypeError);
  });
});

Deno.test("a Request's body is used up by fetch, and one that is used cannot be sent", async () => {
  await withServer(echo, async (fetch, base) => {
    const request = new Request(base, { method: "POST", body: "abc" });
    const twin = request.clone();
    await (await fetch(request)).body?.cancel();
    assertEquals([request.bodyUsed, twin.bodyUsed], [true, false]);
    await assertRejects(() => fetch(request), TypeError);
    assertEquals((await (await fetch(twin)).json()).body, "abc");
    // With a body of init's the one of the Request is left alone.
    const other = new Request(base, { method: "POST", body: "abc" });
    assertEquals((await (await fetch(other, { body: "new" })).json()).body, "new");
    assertEquals(other.bodyUsed, false);
  });
});

Deno.test("a response's body is read in every form, once", async () => {
  await withServer(() => new Response('{"a":"ä"}'), async (fetch, base) => {
    const bytes = encoder.encode('{"a":"ä"}');
    assertEquals(await (await fetch(base)).text(), '{"a":"ä"}');
    assertEquals(await (await fetch(base)).json(), { a: "ä" });
    assertEquals(await (await fetch(base)).bytes(), bytes);
    assertEquals(await (await fetch(base)).arrayBuffer(), bytes.buffer);
    const blob = await (await fetch(base)).blob();
    assertEquals([blob.type, blob.size], ["text/plain;charset=utf-8", 10]);
    const response = await fetch(base);
    assertEquals(response.bodyUsed, false);
    await response.text();
    assertEquals(response.bodyUsed, true);
    await assertRejects(() => response.text(), TypeError);
    assertThrows(() => response.clone(), TypeError);
  });
});

Deno.test("a response's form is read, of either kind", async () => {
  const form = new FormData();
  form.set("name", "välue");
  const handler = (request: Request) =>
    new Response(request.url.endsWith("/urlencoded") ? new URLSearchParams("name=välue") : form);
  await withServer(handler, async (fetch, base) => {
    for (const path of ["/urlencoded", "/multipart"]) {
      assertEquals((await (await fetch(base + path)).formData()).get("name"), "välue");
    }
  });
});

Deno.test("a response's body is a byte stream, and reads into the caller's buffer", async () => {
  await withServer(() => new Response("hello"), async (fetch, base) => {
    const reader = (await fetch(base)).body!.getReader({ mode: "byob" });
    const first = await reader.read(new Uint8Array(2));
    assertEquals(new TextDecoder().decode(first.value), "he");
    const second = await reader.read(new Uint8Array(9));
    assertEquals(new TextDecoder().decode(second.value), "llo");
    assertEquals((await reader.read(new Uint8Array(9))).done, true);
  });
});

Deno.test("both a response and its clone are read whole, and tell the same", async () => {
  const handler = (request: Request) =>
    request.url.endsWith("/old")
      ? Response.redirect(new URL("/new", request.url), 302)
      : new Response("hello", { status: 203, headers: { "x-own": "1" } });
  await withServer(handler, async (fetch, base) => {
    const response = await fetch(`${base}/old`);
    const twin = response.clone();
    const third = twin.clone();
    for (const each of [response, twin, third]) {
      assertInstanceOf(each, Response);
      assertEquals(
        [each.url, each.redirected, each.type, each.status, each.headers.get("x-own")],
        [`${base}/new`, true, "basic", 203, "1"],
      );
      assertThrows(() => each.headers.set("x-own", "2"), TypeError);
    }
    assertEquals(
      await Promise.all([response.text(), twin.text(), third.text()]),
      ["hello", "hello", "hello"],
    );
  });
});

Deno.test("statuses without a body have none, all others have one, be it empty", async () => {
  await using server = await RawServer.start(
    answering((request) => rawResponse("", "", `${request.target.slice(1)} Own`)),
  );
  await withClient({}, async (client) => {
    for (const status of [204, 205, 304]) {
      const response = await client.fetch(server.url(`/${status}`));
      assertEquals([response.status, response.body], [status, null]);
      assertEquals(await response.text(), "");
    }
    for (const status of [200, 206, 299, 404, 500, 599, 999]) {
      const response = await client.fetch(server.url(`/${status}`));
      assertEquals([response.status, response.statusText], [status, "Own"]);
      assertEquals([response.ok, response.body === null], [status < 300, false]);
      assertEquals(await response.text(), "");
      const head = await client.fetch(server.url(`/${status}`), { method: "HEAD" });
      assertEquals([head.status, head.body], [status, null]);
    }
  });
});

Deno.test("a body that breaks off is a TypeError, with lasa's own error as its cause", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    peer.end();
  });
  await withClient({}, async (client) => {
    const response = await client.fetch(server.url());
    const error = await assertRejects(() => response.text(), TypeError);
    assertInstanceOf(error.cause, RemoteProtocolError);
  });
});

Deno.test("bodies are decoded, and the fields stay as they came", async () => {
  const coded = new Uint8Array(
    await new Response(
      new Blob(["hello"]).stream().pipeThrough(new CompressionStream("gzip")),
    ).arrayBuffer(),
  );
  const handler = () => new Response(coded, { headers: { "content-encoding": "gzip" } });
  await withServer(handler, async (fetch, base) => {
    const response = await fetch(base);
    assertEquals(response.headers.get("content-encoding"), "gzip");
    assertEquals(response.headers.get("content-length"), String(coded.length));
    assertEquals(await response.text(), "hello");
    // What is given up is given up, decoded or not.
    await (await fetch(base)).body!.cancel();
    const broken = await fetch(base, { headers: { "accept-encoding": "gzip" } });
    assertEquals(await broken.text(), "hello");
  });
});

const SHA256_OF_HELLO = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";

Deno.test("integrity is checked before the response is given out (Subresource Integrity)", async () => {
  const digest = async (name: string) => {
    const bytes = new Uint8Array(await crypto.subtle.digest(name, encoder.encode("hello")));
    return btoa(String.fromCharCode(...bytes));
  };
  const [sha256, sha384, sha512] = await Promise.all(
    ["SHA-256", "SHA-384", "SHA-512"].map(digest),
  );
  assertEquals(sha256, SHA256_OF_HELLO);
  await withServer(() => new Response("hello"), async (fetch, base, client) => {
    const good = [
      `sha256-${sha256}`,
      `sha384-${sha384}`,
      `sha512-${sha512}?option`,
      `  sha256-${sha256.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")} `,
      `sha256-AAAA sha256-${sha256}`,
      `sha256-AAAA SHA512-${sha512}`,
      "md5-XUFAKrxLKna5cZ2REBfFkg== nonsense",
    ];
    for (const integrity of good) {
      const response = await fetch(base, { integrity });
      assertEquals([response.url, await response.text()], [`${base}/`, "hello"]);
    }
    for (const integrity of [`sha256-${sha384}`, `sha256-${sha256} sha512-AAAA`, "sha384-x"]) {
      const error = await assertRejects(() => fetch(base, { integrity }), TypeError, "integrity");
      assertInstanceOf(error.cause, RemoteProtocolError);
    }
    // What has no body cannot be what was meant.
    await assertRejects(
      () => fetch(base, { method: "HEAD", integrity: `sha256-${sha256}` }),
      TypeError,
    );
    assertEquals(client.stats().inFlight, 0);
  });
});

Deno.test("Deno's server can send a fetched response on", async () => {
  const inner = () => new Response("hello", { status: 201, headers: { "x-own": "1" } });
  await withServer(inner, async (fetch, base) => {
    await withServer(() => fetch(base), async (fetch, outer) => {
      const response = await fetch(outer);
      assertEquals(
        [response.status, response.headers.get("x-own"), await response.text()],
        [201, "1", "hello"],
      );
    });
  });
});

Deno.test("a response that nobody holds any more gives its connection back", async () => {
  const client = new URL("src/http/client.ts", root).href;
  const ending = await runProgram(
    `
    import { Client } from ${JSON.stringify(client)};
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () =>
      new Response(new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(65536)),
      })));
    const client = new Client({ maxConnPerTarget: 2 });
    const url = "http://127.0.0.1:" + server.addr.port;
    for (let n = 0; n < 6; n++) {
      await (async () => { await client.fetch(url); })();
      for (let k = 0; k < 50 && client.stats().connections > 1; k++) {
        gc();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    console.log("all answered");
    await client.closeAll();
    await server.shutdown();
  `,
    "--v8-flags=--expose-gc",
  );
  assertEquals(ending, { code: 0, out: "all answered\n", err: "" });
});
