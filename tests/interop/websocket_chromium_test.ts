/**
 * A page in a headless Chromium talks to our server, plain and over TLS, and tells what it saw.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { serve } from "../../src/websocket/serve.ts";
import type { ServerSession } from "../../src/websocket/server_session.ts";
import { makeTestTls } from "../support/tls.ts";
import { Browser, CHROMIUM } from "./websocket/chromium.ts";

// A browser on a busy machine takes its time.
const BOUND_MS = 60_000;

const MOST_BYTES = 2 << 20;

/** Sends back every message, and does what it is asked to. */
async function converse(session: ServerSession): Promise<void> {
  for await (const { type, data } of session) {
    switch (data) {
      case "send fragments":
        await session.sendText(["frag", "", "ments ä", "öü"]);
        break;
      case "send a ping": {
        await session.sendPing("are you there");
        const { type, data } = await session.recvFrame();
        await session.sendText(`${type} ${new TextDecoder().decode(data as Uint8Array)}`);
        break;
      }
      case "close 4001":
        return await session.close(4001, "the server is done: äöü");
      case "close without code":
        await session.sendClose();
        break;
      case "fail":
        return await session.close(1011, "the server failed");
      default:
        if (type === "text") await session.sendText(data);
        else await session.sendBinary(data);
    }
  }
}

/** Talks to a page of its own until that posts what it saw; `null` where the browser opens no page. */
async function askPage(urls: readonly string[]): Promise<Record<string, unknown> | null> {
  const page = await Deno.readTextFile(new URL("websocket/page.html", import.meta.url));
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
  let isOpen = false;
  await using origin = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      switch (new URL(request.url).pathname) {
        case "/":
          isOpen = true;
          return new Response(page, { headers: { "content-type": "text/html" } });
        case "/urls":
          return Response.json({ urls });
        case "/results":
          resolve(await request.json());
          return new Response(null, { status: 204 });
        default:
          return new Response(null, { status: 404 });
      }
    },
  );
  await using _browser = await Browser.open(`http://127.0.0.1:${origin.addr.port}/`);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<null>((resolve, reject) => {
    timer = setTimeout(() => {
      if (!isOpen) return resolve(null);
      reject(new Error("Cannot wait longer for the page"));
    }, BOUND_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const EXPECTED: Record<string, unknown> = {
  agreement: ["echo", "permessage-deflate", 1005, "", true],
  texts: [1000, "texts", true],
  binaries: [1000, "binaries", true],
  manyAtOnce: [true, 1000, "many", true],
  fragments: ["fragments äöü", 3000, "fragments", true],
  pings: ["pong are you there", 3000, "pings", true],
  closedHere: [3001, "the page is done: äöü", true],
  closedThere: [4001, "the server is done: äöü", true],
  closedWithoutCode: [1005, "", true],
  failedThere: [1011, "the server failed", true],
  tooLarge: [1009, "it inflates to more than 2097152 bytes", true],
  turnedAway: "turned away",
};

Deno.test({
  name: "our server talks to a page in Chromium, over ws: and wss:",
  ignore: CHROMIUM === null,
  async fn() {
    const tls = await makeTestTls();
    const codes = new Set<number | null>();
    const options = {
      host: "127.0.0.1:0",
      protocols: ["echo"],
      compression: true,
      maxPayloadLen: MOST_BYTES,
      maxMessageLen: MOST_BYTES,
      admit: ({ target }: { target: string }) => target === "/away" ? 403 : undefined,
    };
    const run = async (session: ServerSession) => {
      try {
        await converse(session);
      } finally {
        codes.add(session.closeCode);
      }
    };
    await using plain = serve(options, run);
    await using secure = serve({ ...options, ssl: tls.server }, run);
    const results = await askPage([
      `ws://127.0.0.1:${plain.address.port}/`,
      `wss://127.0.0.1:${secure.address.port}/`,
    ]);
    if (results === null) {
      return console.log("Chromium is here, but opens no page: nothing was tried with it");
    }
    const expected = ["ws:", "wss:"].flatMap((scheme) =>
      Object.entries(EXPECTED).map(([name, result]) => [`${scheme} ${name}`, result])
    );
    assertEquals(results, Object.fromEntries(expected));
    for (const code of [1000, 1005, 3000, 3001]) assert(codes.has(code), `no session saw ${code}`);
  },
});
