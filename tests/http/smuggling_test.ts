/**
 * What two readers could read in two ways never gets through: responses that RFC 9112 lets a client
 * refuse, over a real socket, whole and byte by byte, with a response behind them that lies in wait
 * for the next request; and whatever a caller gives, nothing of it ends the line that it stands in.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { LasaError, LocalProtocolError, RemoteProtocolError } from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";
import type { RequestOptions } from "../../src/http/options.ts";
import { withClient } from "../support/client.ts";
import { until } from "../support/clock.ts";
import {
  answering,
  type RawPeer,
  type RawRequest,
  RawServer,
  response,
} from "../support/raw_server.ts";
import { incompleteResponses, rejectedResponses } from "../vectors/http1_responses.ts";

const OK = "HTTP/1.1 200 OK\r\n";
/** What must never be anybody's answer. */
const SMUGGLED = response("smuggled", "X-Smuggled: yes\r\n");

async function send(peer: RawPeer, data: string, isBytewise: boolean): Promise<void> {
  if (isBytewise) await peer.sendBytewise(data);
  else await peer.send(data);
}

/** The first connection answers as it is told and smuggles; others answer rightly. */
function smuggling(input: string, isBytewise: boolean) {
  return async (peer: RawPeer) => {
    if (peer.index > 0) return await answering(() => response("right"))(peer);
    await peer.request();
    await send(peer, input + SMUGGLED, isBytewise);
    peer.end();
    await peer.ended();
  };
}

/** What the two of them make of a first connection that smuggles. */
async function askTwice(input: string, isBytewise: boolean, first: RequestOptions = {}) {
  await using server = await RawServer.start(smuggling(input, isBytewise));
  let status = 0;
  let got: unknown;
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    const asking = client.get(server.url("/first"), first).then((answer) => {
      status = answer.status;
      return answer.text();
    }).catch((error) => error);
    const next = client.get(server.url("/next")).then((answer) => answer.text());
    got = await asking;
    assertEquals(await next, "right");
    await until(() => client.stats().connections === 1);
  });
  return { status, got, calls: server.peers.length };
}

for (const [how, isBytewise] of [["whole", false], ["byte by byte", true]] as const) {
  Deno.test(`no response that can be read in two ways gets through, sent ${how}`, async () => {
    for (const [name, input] of rejectedResponses) {
      const { got, calls } = await askTwice(input, isBytewise);
      assertInstanceOf(got, RemoteProtocolError, `${name}: ${got}`);
      assertEquals([got.code, got.sent], ["remote protocol", "all"], name);
      // Asking again would only bring the same.
      assertEquals(calls, 2, name);
    }
  });

  Deno.test(`what stands behind an answer without a body answers nobody, sent ${how}`, async () => {
    const cases: [name: string, input: string, options?: RequestOptions][] = [
      ["204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"],
      [
        "204 that is chunked",
        "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      ],
      ["304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"],
      ["HEAD with a body", OK + "Content-Length: 5\r\n\r\nhello", { method: "HEAD" }],
      ["a length that is too short", OK + "Content-Length: 5\r\n\r\nhello, world"],
      ["a length of 0 and a body", OK + "Content-Length: 0\r\n\r\nhello"],
      ["bytes behind the last chunk", OK + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nhello"],
      ["a whole response", response("")],
      ["two blank lines", OK + "Content-Length: 0\r\n\r\n\r\n\r\n"],
      ["a response that closes", OK + "Connection: close\r\nContent-Length: 0\r\n\r\n"],
    ];
    for (const [name, input, options] of cases) {
      const { status, got } = await askTwice(input, isBytewise, { method: "GET", ...options });
      assert(status >= 200, name);
      assert(!(got instanceof Error) && got !== "smuggled", `${name}: ${got}`);
    }
  });

  Deno.test(`no answer that the server cuts off counts as whole, sent ${how}`, async () => {
    for (const [name, input] of incompleteResponses) {
      await using server = await RawServer.start(async (peer) => {
        await peer.request();
        await send(peer, input, isBytewise);
        peer.end();
        await peer.ended();
      });
      await withClient({ maxRetries: 0 }, async (client) => {
        const error = await client.get(server.url()).then((answer) => answer.text())
          .catch((error) => error);
        assertInstanceOf(error, LasaError, `${name}: ${error}`);
        assertEquals(error.sent, "all", name);
      });
    }
  });
}

/** What ends a line or a text for somebody, with something behind it that should not become a header. */
const INJECTIONS = [
  "\r\nX-Evil: 1",
  "\nX-Evil: 1",
  "\rX-Evil: 1",
  "\0X-Evil: 1",
  "\r\n\r\nX-Evil: 1",
];

/** Everywhere that a caller's text goes. */
const PLACES: [name: string, options: (text: string) => RequestOptions & { path?: string }][] = [
  ["a header's value", (text) => ({ headers: { "X-A": `a${text}` } })],
  ["a header's value, at its start", (text) => ({ headers: { "X-A": text } })],
  ["a header's value, at its end", (text) => ({ headers: { "X-A": `a${text.slice(0, 1)}` } })],
  ["a header's name", (text) => ({ headers: [[`X-A${text}`, "a"]] })],
  ["Host", (text) => ({ headers: { Host: `a${text}` } })],
  ["Content-Type", (text) => ({ body: "a", headers: { "Content-Type": `a/b${text}` } })],
  ["Cookie", (text) => ({ headers: { Cookie: `a=b${text}` } })],
  ["Connection", (text) => ({ headers: { Connection: `close${text}` } })],
  ["the method", (text) => ({ method: `GET${text}` })],
  ["the method, with a body", (text) => ({ method: `PUT ${text}`, body: "a" })],
  ["the path", (text) => ({ path: `/a${text}` })],
  ["the query", (text) => ({ path: `/?a=${text}` })],
  ["the fragment", (text) => ({ path: `/#a${text}` })],
  ["the request target", (text) => ({ requestTarget: `/a${text}` })],
  ["the protocol to switch to", (text) => ({ upgrade: `websocket${text}` })],
  ["the idempotency key", (text) => ({ method: "POST", idempotencyKey: `a${text}` })],
  ["a trailer's value", (text) => ({ body: "a", trailers: { "X-T": `a${text}` } })],
  ["a trailer's name", (text) => ({ body: "a", trailers: [[`X-T${text}`, "a"]] })],
  ["a late trailer's value", (text) => ({ body: "a", trailers: () => ({ "X-T": `a${text}` }) })],
  ["a form's name and value", (text) => ({ form: { [`a${text}`]: `b${text}` } })],
  ["a blob's type", (text) => ({ body: new Blob(["a"], { type: `a/b${text}` }) })],
  ["a part's name, file name and type", (text) => {
    const form = new FormData();
    form.set(`a${text}`, "b");
    form.set(`f${text}`, new File(["a"], `f${text}`, { type: `a/b${text}` }), `g${text}`);
    return { body: form };
  }],
];

Deno.test("nothing that a caller gives ends the line that it stands in", async () => {
  const got: RawRequest[] = [];
  await using server = await RawServer.start(answering((request) => {
    got.push(request);
    return response("ok", "Connection: close\r\n");
  }));
  await withClient({}, async (client) => {
    for (const [name, place] of PLACES) {
      for (const injection of INJECTIONS) {
        const what = `${name}: ${JSON.stringify(injection)}`;
        const { path = "/", ...options } = place(injection);
        const before = server.received.length;
        let error: unknown = null;
        try {
          await (await client.request(server.url(path), options)).text();
        } catch (thrown) {
          error = thrown;
        }
        const late = typeof options.trailers === "function";
        if (error !== null) {
          assert(
            error instanceof LocalProtocolError || error instanceof TypeError,
            `${what}: ${error}`,
          );
          if (!late) assertEquals(server.received.length, before, `${what}: some of it was sent`);
        }
        const sent = server.received.slice(before);
        // Neither as a line of its own nor behind what a lenient server takes for a line's end; a
        // form's name may hold a NUL (HTML's multipart/form-data), a head may not.
        const head = sent.slice(0, sent.indexOf("\r\n\r\n"));
        const isLine = /[\r\n]X-Evil/.test(sent) || head.includes("\0");
        assert(!isLine, `${what}: ${JSON.stringify(sent)}`);
      }
    }
  });
  // Requests that could be sent in a harmless form were, each as one.
  assert(got.length > 0);
  for (const request of got) assertEquals(request.headers["x-evil"], undefined);
});

Deno.test("where a redirect leads, nothing of Location ends the line that it stands in", async () => {
  const locations = [
    "/a%0d%0aX-Evil:%201",
    "/a%0aX-Evil: 1",
    "//127.0.0.1%0d%0aX-Evil:1/",
    "/a\tX-Evil: 1",
  ];
  for (const location of locations) {
    await using server = await RawServer.start(
      answering((request) =>
        request.target === "/"
          ? response("", `Location: ${location}\r\n`, "302 Found")
          : response("ok")
      ),
    );
    await withClient({}, async (client) => {
      const error = await client.get(server.url()).then(() => null, (error) => error);
      assert(error === null || error instanceof LasaError, String(error));
    });
    assert(!/[\r\n\0]X-Evil/.test(server.received), JSON.stringify(server.received));
  }
});

Deno.test("what goes with every request of a client does not end its line either", () => {
  for (const injection of INJECTIONS) {
    for (const headers of [{ "X-A": `a${injection}` }, { [`X-A${injection}`]: "a" }]) {
      let error: unknown = null;
      try {
        new Client({ headers });
      } catch (thrown) {
        error = thrown;
      }
      assertInstanceOf(error, LocalProtocolError);
    }
  }
});
