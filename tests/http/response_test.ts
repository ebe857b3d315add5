import { assertEquals, assertRejects } from "@std/assert";
import { LocalProtocolError } from "../../src/errors.ts";
import type { HttpResponse } from "../../src/http/response.ts";
import { text } from "../support/bytes.ts";
import { failure, withClient } from "../support/client.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

/** Runs a test on the answer that a server gives, at once and byte by byte. */
async function withAnswer(
  answer: string,
  test: (response: HttpResponse) => Promise<void>,
  options: { method?: string; ends?: boolean } = {},
): Promise<void> {
  for (const isBytewise of [false, true]) {
    await using server = await RawServer.start(async (peer) => {
      while (await peer.request() !== null) {
        await (isBytewise ? peer.sendBytewise(answer) : peer.send(answer));
        if (options.ends) return peer.end();
      }
      peer.end();
    });
    await withClient({}, async (client) => {
      await test(await client.request(server.url(), { method: options.method ?? "GET" }));
    });
  }
}

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

Deno.test("the head tells status, reason, fields, URL, request and times", async () => {
  await withAnswer(response("x", "X-A: 1\r\nx-a: 2\r\n", "299 Very Fine"), async (answer) => {
    assertEquals([answer.status, answer.statusText, answer.ok], [299, "Very Fine", true]);
    assertEquals(answer.headers.get("x-a"), "1, 2");
    assertEquals([answer.redirected, answer.redirectCount, answer.fromCache], [false, 0, false]);
    assertEquals(answer.request, { method: "GET", url: answer.url });
    assertEquals(answer.timings.headers >= answer.timings.sent, true);
    assertEquals(answer.timings.sent >= 0, true);
    await answer.discard();
  });
});

Deno.test("a body is read as text, bytes, JSON, buffer, blob, form and pieces", async () => {
  const json = '{"a":"gr\xc3\xbcn"}';
  for (
    const answer of [
      response(json),
      `${CHUNKED}5\r\n${json.slice(0, 5)}\r\n8\r\n${json.slice(5)}\r\n0\r\n\r\n`,
    ]
  ) {
    await withAnswer(answer, async (r) => assertEquals(await r.text(), '{"a":"grün"}'));
    await withAnswer(answer, async (r) => assertEquals(await r.json(), { a: "grün" }));
    await withAnswer(answer, async (r) => assertEquals(text(await r.bytes()), json));
    await withAnswer(answer, async (r) => {
      const buffer = await r.arrayBuffer();
      assertEquals([buffer.byteLength, text(new Uint8Array(buffer))], [json.length, json]);
    });
    await withAnswer(
      answer,
      async (r) => assertEquals(await (await r.blob()).text(), '{"a":"grün"}'),
    );
    await withAnswer(answer, async (r) => {
      let all = "";
      for await (const piece of r.chunks()) all += text(piece);
      assertEquals(all, json);
    });
    await withAnswer(
      answer,
      async (r) => assertEquals(await new Response(r.body).text(), '{"a":"grün"}'),
    );
    await withAnswer(answer, async (r) => assertEquals(await r.toResponse().json(), { a: "grün" }));
  }
  const type = "Content-Type: application/x-www-form-urlencoded\r\n";
  await withAnswer(response("a=1&b=2", type), async (r) => {
    assertEquals([...(await r.formData()).entries()], [["a", "1"], ["b", "2"]]);
  });
});

Deno.test("a body is read into the reader's own buffer", async () => {
  await withAnswer(response("abcdefgh"), async (r) => {
    const reader = r.body!.getReader({ mode: "byob" });
    let all = "";
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(3));
      if (done) break;
      all += text(value);
    }
    assertEquals(all, "abcdefgh");
  });
});

Deno.test("what a caller gets is its own: changing it changes no other answer", async () => {
  await using server = await RawServer.start(answering(() => response("first")));
  await withClient({}, async (client) => {
    const bytes = await (await client.get(server.url())).bytes();
    assertEquals(bytes.buffer.byteLength, 5);
    bytes.fill(0);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    assertEquals(await (await client.get(server.url())).text(), "first");
  });
});

Deno.test("a body can be read once", async () => {
  for (const read of ["text", "bytes", "json", "arrayBuffer", "blob"] as const) {
    await withAnswer(response("1"), async (r) => {
      assertEquals(r.bodyUsed, false);
      await r[read]();
      assertEquals(r.bodyUsed, true);
      await failure(r[read](), LocalProtocolError);
    });
  }
});

Deno.test("an answer to HEAD, a 204 and a 304 have no body, whatever their fields say", async () => {
  for (
    const [method, status] of [["HEAD", "200 OK"], ["GET", "204 No Content"], [
      "GET",
      "304 Not Modified",
    ]]
  ) {
    const head = `HTTP/1.1 ${status}\r\nContent-Length: 5\r\n\r\n`;
    await withAnswer(head, async (r) => {
      assertEquals([r.body, await r.text(), r.bodyUsed], [null, "", false]);
      assertEquals(r.headers.get("content-length"), "5");
      assertEquals(await r.trailers.then((fields) => [...fields]), []);
      assertEquals(r.toResponse().body, null);
    }, { method });
  }
});

Deno.test("an empty body is read as nothing", async () => {
  for (const answer of [response(""), `${CHUNKED}0\r\n\r\n`]) {
    await withAnswer(answer, async (r) => assertEquals(await r.text(), ""));
    await withAnswer(answer, async (r) => assertEquals((await r.bytes()).length, 0));
    await withAnswer(answer, async (r) => {
      for await (const _ of r.chunks()) throw new Error("a piece of nothing");
    });
  }
});

Deno.test("a body without a told length goes to the end of the connection", async () => {
  for (const version of ["1.0", "1.1"]) {
    await withAnswer(`HTTP/${version} 200 OK\r\n\r\nall of it`, async (r) => {
      assertEquals(await r.text(), "all of it");
    }, { ends: true });
  }
});

Deno.test("informational answers are passed over", async () => {
  const informational =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  await withAnswer(informational + response("final"), async (r) => {
    assertEquals([r.status, await r.text(), r.headers.get("link")], [200, "final", null]);
  });
});

Deno.test("trailers are there once the body has been read", async () => {
  const answer = `${CHUNKED}3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n`;
  await withAnswer(answer, async (r) => {
    const trailers = r.trailers;
    assertEquals(await r.text(), "abc");
    assertEquals([...await trailers], [["x-sum", "1, 2"]]);
    assertEquals([...await r.trailers], [["x-sum", "1, 2"]]);
  });
});

Deno.test("trailers of a body that was given up fail", async () => {
  await withAnswer(`${CHUNKED}3\r\nabc\r\n`, async (r) => {
    const trailers = r.trailers;
    await r.discard();
    await assertRejects(() => trailers, LocalProtocolError);
  });
});

Deno.test("field values and reasons keep their bytes", async () => {
  await withAnswer(response("", "X-A: \xe4\x80\xff\r\n", "200 \xe9"), async (r) => {
    assertEquals([r.headers.get("x-a"), r.statusText], ["\xe4\x80\xff", "\xe9"]);
    await r.discard();
  });
});

Deno.test("a status beyond those that a Response takes is still an answer", async () => {
  await withAnswer(response("x", "", "799 Odd"), async (r) => {
    assertEquals([r.status, await r.text()], [799, "x"]);
  });
});
