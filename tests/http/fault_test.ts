/**
 * Thousands of numbered requests through a server that breaks in every way it can: each ends
 * exactly once, with its own answer or a typed error, and nothing reaches the origin twice that may
 * not.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { LasaError } from "../../src/errors.ts";
import type { Client } from "../../src/http/client.ts";
import { untilQuiet, withClient } from "../support/client.ts";
import { Random } from "../support/random.ts";
import { type RawPeer, type RawRequest, RawServer, response } from "../support/raw_server.ts";

const METHODS = ["GET", "GET", "GET", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST", "POST"];

/** The number of each request, the origin's answer to it, and how often it got there. */
class Origin {
  readonly arrivals = new Map<string, number>();
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  /** Serves a connection, for as long as it does not break it. */
  async serve(peer: RawPeer): Promise<void> {
    for (let next = await peer.request(); next !== null; next = await peer.request()) {
      const key = `${next.method} ${next.target}`;
      this.arrivals.set(key, (this.arrivals.get(key) ?? 0) + 1);
      if (!await this.#answer(peer, next)) return;
    }
    peer.end();
  }

  /** Answers well or badly; says whether the connection goes on. */
  async #answer(peer: RawPeer, request: RawRequest): Promise<boolean> {
    const answer = this.#whole(request);
    switch (this.#random.below(60)) {
      case 0:
        peer.reset();
        return false;
      case 1:
        peer.end();
        return false;
      case 2:
        await peer.send(answer.slice(0, this.#random.below(answer.length)));
        peer[this.#random.of(["reset", "end"] as const)]();
        return false;
      case 3:
        // Says nothing more, until the client has had enough.
        await peer.ended();
        peer.destroy();
        return false;
      case 4:
        await peer.send(answer);
        peer.end();
        return false;
      case 5:
        await peer.send(answer.replace("\r\n", "\r\nConnection: close\r\n"));
        peer.end();
        return false;
      case 6:
        await peer.send("\x16\x03\x01\x02 what is this?\r\n\r\n");
        return true;
      case 7:
        // An answer that nobody asked for goes to a request of its own connection, in a pipeline
        // even by right: `poisoning_test.ts` has what can be told apart. A truncated one cannot lie.
        await peer.send(answer + "HTTP/1.1 2");
        peer.end();
        return false;
      case 8:
      case 9:
      case 10:
        await peer.sendBytewise(answer);
        return true;
      default:
        await peer.send(answer);
        return true;
    }
  }

  #whole(request: RawRequest): string {
    const number = request.target.slice(1);
    const body = `${request.method} ${number} ${"*".repeat(this.#random.below(3_000))}`;
    const own = `X-Number: ${number}\r\n`;
    if (request.method === "HEAD") {
      return `HTTP/1.1 200 OK\r\n${own}Content-Length: ${body.length}\r\n\r\n`;
    }
    if (this.#random.below(2) === 0) return response(body, own);
    const half = body.length >> 1;
    const chunks = [body.slice(0, half), body.slice(half)].map((part) =>
      `${part.length.toString(16)}\r\n${part}\r\n`
    );
    return `HTTP/1.1 200 OK\r\n${own}Transfer-Encoding: chunked\r\n\r\n${chunks.join("")}0\r\n\r\n`;
  }
}

interface Tally {
  answered: number;
  readonly errors: Map<string, number>;
}

async function ask(client: Client, server: RawServer, n: number, method: string, tally: Tally) {
  try {
    const body = method === "POST" || method === "PUT" ? `body ${n}` : undefined;
    const answer = await client.request(server.url(`/${n}`), { method, body });
    assertEquals(answer.headers.get("x-number"), String(n));
    const text = await answer.text();
    if (method === "HEAD") assertEquals(text, "");
    else assertEquals(text.slice(0, text.lastIndexOf(" ")), `${method} ${n}`);
    tally.answered++;
  } catch (error) {
    assert(error instanceof LasaError, String(error));
    const kind = `${error.name} ${error.code} ${error.sent}`;
    tally.errors.set(kind, (tally.errors.get(kind) ?? 0) + 1);
  }
}

for (const seed of [1, 2]) {
  Deno.test(`2,000 numbered requests through a server that breaks, seed ${seed}`, async () => {
    const origin = new Origin(seed);
    const random = new Random(seed + 100);
    const methods = Array.from({ length: 2_000 }, () => random.of(METHODS));
    const tally: Tally = { answered: 0, errors: new Map() };
    await using server = await RawServer.start((peer) => origin.serve(peer));
    const timeouts = { headers: 150, body: 150, send: 1_000 };
    await withClient({ maxConnPerTarget: 8, timeouts }, async (client) => {
      let next = 0;
      const workers = Array.from({ length: 64 }, async () => {
        while (next < methods.length) {
          const n = next++;
          await ask(client, server, n, methods[n], tally);
        }
      });
      await Promise.all(workers);
      await untilQuiet(client);
    });
    const failed = [...tally.errors.values()].reduce((sum, count) => sum + count, 0);
    const told = JSON.stringify([...tally.errors]);
    assertEquals(tally.answered + failed, methods.length, told);
    assert(tally.answered > 1_500, told);
    for (const [key, count] of origin.arrivals) {
      if (key.startsWith("POST ")) {
        assertEquals(count, 1, `${key} reached the origin ${count} times`);
      }
    }
  });
}
