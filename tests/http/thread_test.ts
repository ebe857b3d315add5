/** Requests as waits of light threads: kill, deadline and abort in every phase. @module */

import { assert, assertEquals } from "@std/assert";
import { AbortedError, KilledError, TimeoutError } from "../../src/errors.ts";
import type { Client } from "../../src/http/client.ts";
import { deadline } from "../../src/thread/deadline.ts";
import { kill, list, spawn } from "../../src/thread/mod.ts";
import { failure, NOTHING_LEFT, untilQuiet, withClient } from "../support/client.ts";
import { turns, until } from "../support/clock.ts";
import { answering, type RawPeer, RawServer, response } from "../support/raw_server.ts";

/** A server that answers no path but /ok, and half of /half. */
async function serve(peer: RawPeer): Promise<void> {
  for (let next = await peer.request(); next !== null; next = await peer.request()) {
    if (next.target === "/ok") await peer.send(response("ok"));
    if (next.target === "/half") await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    if (next.target === "/gzip") {
      await peer.send(
        "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00",
      );
    }
  }
  peer.end();
}

interface Phase {
  /** Brings a request into the phase; ends when it is there. */
  enter(client: Client, server: RawServer, request: () => void): Promise<void>;
  path: string;
}

const PHASES: Record<string, Phase> = {
  "waiting in line": {
    path: "/never",
    async enter(client, server, request) {
      client.get(server.url("/never")).catch(() => {});
      await until(() => client.stats().inFlight === 1);
      request();
      await until(() => client.stats().queued === 1);
    },
  },
  "opening a connection": {
    path: "/never",
    async enter(client, _server, request) {
      request();
      await until(() => client.stats().dialing === 1);
    },
  },
  "waiting for the head": {
    path: "/never",
    async enter(_client, server, request) {
      request();
      await until(() => server.received.includes("/never"));
    },
  },
  "reading the body": {
    path: "/half",
    async enter(_client, server, request) {
      request();
      await until(() => server.received.includes("/half"));
      await turns(20);
    },
  },
  "reading a coded body": {
    path: "/gzip",
    async enter(_client, server, request) {
      request();
      await until(() => server.received.includes("/gzip"));
      await turns(20);
    },
  },
};

/** All that a test may leave behind: a request of its own in flight, which it aborts. */
async function inPhase(
  phase: Phase,
  test: (
    client: Client,
    url: string,
    enter: (request: () => void) => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  await using server = await RawServer.start(serve);
  await withClient({ maxConnPerTarget: 1, maxDrainBytes: 0 }, async (client) => {
    await test(client, server.url(phase.path), (request) => phase.enter(client, server, request));
    assertEquals(client.stats().queued, 0);
    // What stood before it in the line is still served.
    assert(client.stats().inFlight <= 1);
  });
}

for (const [name, phase] of Object.entries(PHASES)) {
  Deno.test(`a kill while ${name} ends the wait and frees everything`, async () => {
    await inPhase(phase, async (client, url, enter) => {
      let error: unknown;
      let thread!: ReturnType<typeof spawn>;
      await enter(() => {
        thread = spawn(async () => {
          try {
            await (await client.get(url)).text();
          } catch (thrown) {
            error = thrown;
            throw thrown;
          }
        });
      });
      assertEquals(thread.status, "suspended");
      assertEquals(kill(thread), true);
      await until(() => error !== undefined);
      assert(error instanceof KilledError);
      await until(() => client.stats().dialing === 0);
      if (name !== "waiting in line") {
        await untilQuiet(client);
        assertEquals(client.stats().connections, 0);
      }
    });
  });

  Deno.test(`an AbortSignal that fires while ${name} ends the wait, and keeps no listener`, async () => {
    await inPhase(phase, async (client, url, enter) => {
      const abort = countingSignal();
      let failed!: Promise<AbortedError>;
      await enter(() => {
        const read = client.get(url, { signal: abort.signal }).then((answer) => answer.text());
        failed = failure(read, AbortedError);
      });
      abort.controller.abort(new Error("enough"));
      const error = await failed;
      assertEquals((error.cause as Error).message, "enough");
      assertEquals(abort.listeners(), 0);
      await until(() => client.stats().dialing === 0);
    });
  });
}

/** A signal that knows how many listen to it. */
function countingSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  let count = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    count++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    count--;
    removeEventListener.apply(signal, args);
  };
  return { controller, signal, listeners: () => count };
}

Deno.test("a signal keeps no listener of a request that went well, of one that failed, or of a redirect", async () => {
  await using server = await RawServer.start(answering(({ target }, peer) => {
    if (target === "/reset") peer.reset();
    return target === "/to" ? response("x", "Location: /ok\r\n", "302 Found") : response("ok");
  }));
  await withClient({ maxRetries: 0 }, async (client) => {
    const abort = countingSignal();
    for (const path of ["/ok", "/to", "/reset", "/ok"]) {
      const answer = await client.get(server.url(path), { signal: abort.signal }).catch(() => null);
      await answer?.text();
    }
    await (await client.get(server.url("/ok"), { signal: abort.signal })).discard();
    assertEquals(abort.listeners(), 0);
  });
});

Deno.test("a signal that has fired already sends nothing", async () => {
  await using server = await RawServer.start(serve);
  await withClient({}, async (client) => {
    const error = await failure(
      client.get(server.url("/ok"), { signal: AbortSignal.abort() }),
      AbortedError,
    );
    assertEquals([(error.cause as Error).name, server.peers.length], ["AbortError", 0]);
    assertEquals(error.sent, "none");
  });
});

Deno.test("a signal that fires ends a body that nobody reads yet", async () => {
  await using server = await RawServer.start(serve);
  await withClient({ maxDrainBytes: 0 }, async (client) => {
    const abort = new AbortController();
    const answer = await client.get(server.url("/half"), { signal: abort.signal });
    const streamed = answer.toResponse();
    abort.abort();
    await failure(streamed.text(), AbortedError);
    await failure(answer.trailers, AbortedError);
  });
});

Deno.test("a signal that fires while rests between attempts last ends them", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await withClient({ maxRetries: 100 }, async (client) => {
    const abort = new AbortController();
    const failed = failure(
      client.get(`http://127.0.0.1:${port}/`, { signal: abort.signal }),
      AbortedError,
    );
    await until(() => client.totals().retries === 2 && client.stats().dialing === 0);
    abort.abort();
    assertEquals((await failed).sent, "none");
    assertEquals(client.stats(), NOTHING_LEFT);
  });
});

for (const [name, phase] of Object.entries(PHASES)) {
  Deno.test(`a deadline that passes while ${name} ends the wait`, async () => {
    await inPhase(phase, async (client, url, enter) => {
      let failed!: Promise<TimeoutError>;
      await enter(() => {
        failed = failure(
          deadline(100, async () => await (await client.get(url)).text()),
          TimeoutError,
        );
      });
      assertEquals((await failed).phase, "deadline");
      await until(() => client.stats().dialing === 0);
    });
  });
}

Deno.test("a killed thread's later requests and reads fail at once", async () => {
  await using server = await RawServer.start(serve);
  await withClient({}, async (client) => {
    const failed: string[] = [];
    const thread = spawn(async () => {
      const answer = await client.get(server.url("/ok"));
      try {
        await client.get(server.url("/never"));
      } finally {
        await answer.text().catch((error) => failed.push(error.name));
        await client.get(server.url("/ok")).catch((error) => failed.push(error.name));
      }
    });
    await until(() => server.received.includes("/never"));
    kill(thread);
    await until(() => failed.length === 2);
    assertEquals(failed, ["KilledError", "KilledError"]);
  });
});

Deno.test("a killed upload's connection is closed, and its source is told", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  await withClient({}, async (client) => {
    let isEnded = false;
    const never = Promise.withResolvers<void>();
    const thread = spawn(async () => {
      const body = new ReadableStream({
        async pull(controller) {
          controller.enqueue(new Uint8Array([65]));
          if (server.received.includes("A")) await never.promise;
        },
        cancel: () => void (isEnded = true),
      });
      await client.post(server.url(), { body });
    });
    await until(() => server.received.includes("A"));
    kill(thread);
    await until(() => client.stats().connections === 0);
    never.resolve();
    await until(() => isEnded);
  });
});

Deno.test("a thread's list tells what it waits on", async () => {
  await using server = await RawServer.start(serve);
  await withClient({}, async (client) => {
    const thread = spawn(async () => await (await client.get(server.url("/half"))).text());
    const waiting = () => list().find((each) => each.id === thread.id)?.waitingOn;
    assertEquals(waiting(), `the answer to GET ${server.url("/half")}`);
    await until(() => waiting() === "the body of an answer");
    kill(thread);
  });
});
