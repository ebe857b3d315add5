import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { KilledError, TimeoutError } from "../../src/errors.ts";
import { kill, spawn } from "../../src/thread/mod.ts";
import { untilQuiet, withClient } from "../support/client.ts";
import { turns, until } from "../support/clock.ts";
import { echo, withServer } from "../support/fetch.ts";
import {
  answering,
  type RawPeer,
  RawServer,
  response as rawResponse,
} from "../support/raw_server.ts";

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`It was not rejected; it gave ${value}`);
}

/** Reasons that a signal may be given; `undefined` for the platform's own. */
const REASONS: unknown[] = [undefined, new Error("no longer wanted"), "text", null, 0];

/** Sends a head and half of the body, and waits. */
async function half(peer: RawPeer): Promise<void> {
  await peer.request();
  await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  await peer.ended();
}

function assertIsReason(error: unknown, signal: AbortSignal): void {
  assertStrictEquals(error, signal.reason);
}

Deno.test("a signal that has fired ends fetch before anything is sent", async () => {
  await using server = await RawServer.start(answering(() => rawResponse("")));
  await withClient({}, async (client) => {
    for (const reason of REASONS) {
      const signal = AbortSignal.abort(reason);
      assertIsReason(await rejection(client.fetch(server.url(), { signal })), signal);
      const request = new Request(server.url(), { signal });
      assertIsReason(await rejection(client.fetch(request)), signal);
    }
    const error = await rejection(client.fetch(server.url(), { signal: AbortSignal.abort() }));
    assert(error instanceof DOMException && error.name === "AbortError");
  });
  assertEquals(server.peers.length, 0);
});

Deno.test("a signal that has fired gives the request's stream up, with its reason", async () => {
  await withClient({}, async (client) => {
    const reason = new Error("no longer wanted");
    let told: unknown;
    const body = new ReadableStream({ cancel: (reason) => void (told = reason) });
    const signal = AbortSignal.abort(reason);
    const answer = client.fetch("http://127.0.0.1/", { method: "POST", body, signal });
    assertStrictEquals(await rejection(answer), reason);
    assertStrictEquals(told, reason);
  });
});

Deno.test("fetch rejects with the signal's own reason while it waits for the head", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.ended();
  });
  await withClient({}, async (client) => {
    for (const [n, reason] of REASONS.entries()) {
      const controller = new AbortController();
      const { signal } = controller;
      const answer = n % 2 === 0
        ? client.fetch(server.url(), { signal })
        : client.fetch(new Request(server.url(), { signal }));
      const rejected = rejection(answer);
      await until(() => server.peers.length > n && server.peers[n].received !== "");
      controller.abort(reason);
      assertIsReason(await rejected, signal);
    }
  });
});

Deno.test("the response's body fails with the signal's own reason", async () => {
  await using server = await RawServer.start(half);
  await withClient({}, async (client) => {
    for (const reason of REASONS) {
      const controller = new AbortController();
      const { signal } = controller;
      const response = await client.fetch(server.url(), { signal });
      const text = rejection(response.text());
      await turns(3);
      controller.abort(reason);
      assertIsReason(await text, signal);
    }
  });
});

Deno.test("a body that is read after the signal fired fails, though all of it has come", async () => {
  await withServer(() => new Response("hello"), async (fetch, base, client) => {
    const controller = new AbortController();
    const { signal } = controller;
    const response = await fetch(base, { signal });
    const twin = response.clone();
    await untilQuiet(client);
    controller.abort();
    const reader = response.body!.getReader();
    assertIsReason(await rejection(reader.read()), signal);
    assertIsReason(await rejection(reader.closed), signal);
    assertIsReason(await rejection(twin.text()), signal);
    await untilQuiet(client);
  });
});

Deno.test("a signal that fires after the body was read changes nothing", async () => {
  await withServer(() => new Response("hello"), async (fetch, base) => {
    const controller = new AbortController();
    const response = await fetch(base, { signal: controller.signal });
    assertEquals(await response.text(), "hello");
    controller.abort();
    const other = await fetch(base);
    assertEquals(await other.text(), "hello");
  });
});

Deno.test("the signal of init stands in for the Request's, and null for none", async () => {
  await withServer(echo, async (fetch, base) => {
    const fired = new Request(base, { signal: AbortSignal.abort(new Error("the Request's")) });
    const text = async (init: RequestInit) => (await (await fetch(fired, init)).json()).method;
    assertEquals(await text({ signal: null }), "GET");
    assertEquals(await text({ signal: new AbortController().signal }), "GET");
    await assertRejects(() => fetch(fired), Error, "the Request's");
    const both = { signal: AbortSignal.abort(new Error("of init")) };
    await assertRejects(() => fetch(fired, both), Error, "of init");
  });
});

Deno.test("AbortSignal.timeout ends fetch with its TimeoutError", async () => {
  await using server = await RawServer.start(half);
  await withClient({}, async (client) => {
    const signal = AbortSignal.timeout(20);
    const error = await rejection(client.fetch(server.url(), { signal }).then((r) => r.text()));
    assert(error instanceof DOMException && error.name === "TimeoutError");
    assertIsReason(error, signal);
  });
});

Deno.test("a client's timeout is a TypeError whose cause tells the phase", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.ended();
  });
  await withClient({ timeout: 20 }, async (client) => {
    const error = await assertRejects(() => client.fetch(server.url()), TypeError);
    assert(error.cause instanceof TimeoutError && error.cause.phase === "headers");
  });
});

Deno.test("an upload that is aborted gives its stream up, with the signal's reason", async () => {
  await using server = await RawServer.start(async (peer) => {
    peer.stopReading();
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const inits = [
      (init: RequestInit) => client.fetch(server.url(), init),
      (init: RequestInit) => client.fetch(new Request(server.url(), init)),
    ];
    for (const send of inits) {
      const controller = new AbortController();
      const reason = new Error("no longer wanted");
      let pulls = 0;
      const told = Promise.withResolvers<unknown>();
      const body = new ReadableStream<Uint8Array>({
        async pull(stream) {
          await turns(2);
          stream.enqueue(new Uint8Array(100_000));
          pulls++;
        },
        cancel: (reason) => told.resolve(reason),
      });
      const rejected = rejection(
        send({ method: "POST", body, duplex: "half", signal: controller.signal } as RequestInit),
      );
      await until(() => pulls > 3);
      controller.abort(reason);
      assertStrictEquals(await rejected, reason);
      assertStrictEquals(await told.promise, reason);
    }
  });
});

Deno.test("a stream that has nothing to give is told at once, whether or not its request has left", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  for (const maxConn of [1, 2]) {
    await withClient({ maxConn }, async (client) => {
      const [first, second] = [new AbortController(), new AbortController()];
      const told: unknown[] = [];
      const uploads = [first, second].map(({ signal }) => {
        const body = new ReadableStream({ cancel: (reason) => void told.push(reason) });
        const init = { method: "POST", body, duplex: "half", signal } as RequestInit;
        return rejection(client.fetch(server.url(), init));
      });
      await until(() => client.stats().inFlight === maxConn);
      second.abort("second");
      assertStrictEquals(await uploads[1], "second");
      await until(() => told.length === 1);
      first.abort("first");
      assertStrictEquals(await uploads[0], "first");
      await until(() => told.length === 2);
      assertEquals(told, ["second", "first"]);
    });
  }
});

Deno.test("a signal for thousands of fetches is left with no listener", async () => {
  const handler = (request: Request) =>
    request.url.endsWith("/missing")
      ? new Response(null, { status: 204 })
      : new Response("hello".repeat(50));
  await withServer(handler, async (fetch, base, client) => {
    const { signal } = new AbortController();
    let listeners = 0;
    let added = 0;
    const add = signal.addEventListener;
    const remove = signal.removeEventListener;
    signal.addEventListener = function (...given: Parameters<typeof add>) {
      listeners++;
      added++;
      add.apply(this, given);
    };
    signal.removeEventListener = function (...given: Parameters<typeof remove>) {
      listeners--;
      remove.apply(this, given);
    };
    for (let round = 0; round < 100; round++) {
      await Promise.all(Array.from({ length: 20 }, async (_, n) => {
        switch (n % 5) {
          case 0:
            return await (await fetch(base, { signal })).text();
          case 1:
            return await (await fetch(`${base}/missing`, { signal })).text();
          case 2:
            return await (await fetch(base, { signal })).body!.cancel();
          case 3:
            return await (await fetch(base, { signal, method: "HEAD" })).text();
          case 4:
            return await fetch(base, { signal });
        }
      }));
    }
    await untilQuiet(client);
    assert(added >= 2000);
    assertEquals(listeners, 0);
  });
});

Deno.test("a thread that is killed in fetch is told so, not of a network error", async () => {
  await using server = await RawServer.start(half);
  await withClient({}, async (client) => {
    const errors: unknown[] = [];
    const head = spawn(async () => {
      await client.fetch(server.url()).catch((error) => errors.push(error));
      await client.fetch(server.url()).catch((error) => errors.push(error));
    });
    await turns(1);
    kill(head);
    await until(() => errors.length === 2);
    assertEquals(errors.map((error) => error instanceof KilledError), [true, true]);
  });
});
