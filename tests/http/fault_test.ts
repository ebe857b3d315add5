/**
 * Twenty thousand numbered requests of every kind through proxies that break in every way they can:
 * each ends exactly once, with its own answer or a typed error that tells what was sent; nothing
 * reaches the origin twice that may not, nothing waits for ever, and nothing is left over.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { KilledError, LasaError } from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";
import type { Body, RequestOptions } from "../../src/http/options.ts";
import { kill, spawn } from "../../src/thread/mod.ts";
import { NOTHING_LEFT, untilQuiet } from "../support/client.ts";
import { FaultProxy, FAULTS } from "../support/fault_proxy.ts";
import { Random } from "../support/random.ts";
import { answering, type RawRequest, RawServer, response } from "../support/raw_server.ts";

const REQUESTS = 20_000;
const TARGETS = 4;
const WORKERS = 48;
/** Far beyond every timeout of a request, and what a slow machine may add to all of them. */
const WATCHDOG_MS = 120_000;

const METHODS = [
  ...["GET", "GET", "GET", "GET", "HEAD", "OPTIONS", "PUT", "DELETE"],
  ...["POST", "POST", "PATCH"],
];
const CLIENTS = [0, 10].flatMap((maxPipelinedRequests) =>
  [0, 3].map((maxRetries) => ({ maxPipelinedRequests, maxRetries }))
);
const FATES = [...new Array(12).fill("awaited"), "aborted", "killed", "hurried"] as const;
type Fate = "awaited" | "aborted" | "killed" | "hurried";

/** One request, as the seed has it. */
interface Wish {
  readonly n: number;
  readonly method: string;
  readonly client: number;
  readonly target: number;
  readonly fate: Fate;
  /** Milliseconds until what fate has for it. */
  readonly afterMs: number;
  readonly isRepeatable: boolean;
  readonly body: string | null;
  readonly options: RequestOptions;
  /** How its answer is read. */
  readonly reading: "text" | "chunks" | "discard" | "part";
}

function wish(n: number, random: Random): Wish {
  const method = random.of(METHODS);
  const hasBody = method.startsWith("P") || (method === "DELETE" && random.below(3) === 0);
  const size = random.below(200) === 0 ? 70_000 : random.below(300);
  const body = hasBody ? `body ${n} ${"+".repeat(size)}` : null;
  const mayMark = method === "POST" || method === "PATCH";
  const idempotent = mayMark && random.below(3) === 0 ? true : undefined;
  const fate: Fate = random.of(FATES);
  const afterMs = random.below(40);
  return {
    n,
    method,
    client: random.below(CLIENTS.length),
    target: random.below(TARGETS),
    fate,
    afterMs,
    isRepeatable: !mayMark || idempotent === true,
    body,
    options: {
      method,
      idempotent,
      body: body === null ? null : bodyOf(body, random),
      close: random.below(20) === 0,
      timeout: fate === "hurried" ? 1 + afterMs : undefined,
      headers: { "X-Number": String(n) },
    },
    reading: random.of(["text", "text", "chunks", "discard", "part"]),
  };
}

/** A body in one of the forms that it can be given in. */
function bodyOf(body: string, random: Random): Body {
  const cut = random.below(body.length);
  const pieces = [body.slice(0, cut), body.slice(cut)].map((part) =>
    new TextEncoder().encode(part)
  );
  switch (random.below(6)) {
    case 0:
      return ReadableStream.from(pieces);
    case 1:
      return (async function* () {
        yield pieces[0];
        await new Promise((resolve) => setImmediate(resolve));
        yield pieces[1];
      })();
    case 2:
      return () => ReadableStream.from(pieces);
    case 3:
      return new Blob([body]);
    default:
      return body;
  }
}

/** The origin: answers rightly, in all forms, and counts what got there. */
class Origin {
  /** How often each number's request came whole. */
  readonly arrivals = new Map<number, number>();
  readonly wrong: string[] = [];
  readonly #random = new Random(77);
  readonly #wishes: readonly Wish[];

  constructor(wishes: readonly Wish[]) {
    this.#wishes = wishes;
  }

  answer(request: RawRequest): string {
    const n = Number(request.target.slice(1));
    this.arrivals.set(n, (this.arrivals.get(n) ?? 0) + 1);
    const { method, body } = this.#wishes[n];
    const isAsSent = request.method === method && request.body === (body ?? "") &&
      request.headers["x-number"] === String(n);
    if (!isAsSent) this.wrong.push(request.raw.slice(0, 500));
    const random = this.#random;
    const early = random.below(15) === 0 ? "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" : "";
    const closes = random.below(40) === 0 ? "Connection: close\r\n" : "";
    const own = `X-Number: ${n}\r\n${closes}`;
    const answer = answerBody(request.method, n, random.below(3_000));
    if (request.method === "HEAD") {
      return `${early}HTTP/1.1 200 OK\r\n${own}Content-Length: ${answer.length}\r\n\r\n`;
    }
    if (random.below(2) === 0) return early + response(answer, own);
    const chunks = random.split(answer, answer.length).map((part) =>
      `${part.length.toString(16)}\r\n${part}\r\n`
    );
    const trailer = `X-Trailer: ${n}\r\n`;
    return `${early}HTTP/1.1 200 OK\r\n${own}Transfer-Encoding: chunked\r\n\r\n` +
      `${chunks.join("")}0\r\n${trailer}\r\n`;
  }
}

function answerBody(method: string, n: number, length: number): string {
  return `${method} ${n} ${"*".repeat(length)} ${n}`;
}

/** What became of a request. */
type End = { answer: "read" | "given up" } | { error: unknown };

/** Asks, and reads the answer as it is to be read. Its own, or it throws what is no `LasaError`. */
async function ask(client: Client, url: string, wish: Wish, signal?: AbortSignal): Promise<End> {
  const { n, method } = wish;
  try {
    const answer = await client.request(url, { ...wish.options, signal });
    assertEquals([answer.status, answer.headers.get("x-number")], [200, String(n)]);
    switch (wish.reading) {
      case "discard":
        await answer.discard();
        return { answer: "given up" };
      case "part":
        for await (const _piece of answer.chunks()) break;
        return { answer: "given up" };
    }
    let text = "";
    if (wish.reading === "text") text = await answer.text();
    else for await (const piece of answer.chunks()) text += new TextDecoder().decode(piece);
    const stars = text.split("*").length - 1;
    assertEquals(text, method === "HEAD" ? "" : answerBody(method, n, stars));
    return { answer: "read" };
  } catch (error) {
    return { error };
  }
}

/** The same in a thread that is killed after a while, whatever it has come to by then. */
async function askInThread(client: Client, url: string, wish: Wish): Promise<End> {
  const over = Promise.withResolvers<End>();
  const thread = spawn(async () => over.resolve(await ask(client, url, wish)));
  await new Promise((resolve) => setTimeout(resolve, wish.afterMs));
  kill(thread);
  return await over.promise;
}

async function fulfil(client: Client, url: string, wish: Wish): Promise<End> {
  if (wish.fate === "killed") return await askInThread(client, url, wish);
  if (wish.fate !== "aborted") return await ask(client, url, wish);
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(new Error("enough")), wish.afterMs);
  const end = await ask(client, url, wish, abort.signal);
  clearTimeout(timer);
  return end;
}

/** Runs all with so many at once; fails, naming them, where some do not end. */
async function fulfilAll(wishes: readonly Wish[], each: (wish: Wish) => Promise<void>) {
  const open = new Set<Wish>();
  let next = 0;
  const workers = Array.from({ length: WORKERS * CLIENTS.length }, async () => {
    while (next < wishes.length) {
      const wish = wishes[next++];
      open.add(wish);
      await each(wish);
      open.delete(wish);
    }
  });
  const stuck = Promise.withResolvers<never>();
  const watchdog = setTimeout(() => {
    const told = [...open].map(({ n, method, fate, client }) => ({ n, method, fate, client }));
    stuck.reject(new Error(`These do not end: ${JSON.stringify(told)}`));
  }, WATCHDOG_MS);
  await Promise.race([Promise.all(workers), stuck.promise]).finally(() => clearTimeout(watchdog));
}

function kindOf(end: End): string {
  if ("answer" in end) return `answer ${end.answer}`;
  const { error } = end;
  assert(error instanceof LasaError, error instanceof Error ? error.stack : String(error));
  return `${error.name} ${"phase" in error ? error.phase : error.code}, sent ${error.sent}`;
}

/** How often the requests of each number left the client, in part at least. */
function sendings(proxies: readonly FaultProxy[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const received of proxies.flatMap((proxy) => proxy.received)) {
    for (const [, digits] of received.matchAll(/^X-Number: (\d+)\r\n/gm)) {
      const n = Number(digits);
      counts.set(n, (counts.get(n) ?? 0) + 1);
    }
  }
  return counts;
}

Deno.test("20,000 numbered requests of all kinds through proxies that break in every way", async () => {
  const random = new Random(9112);
  const wishes = Array.from({ length: REQUESTS }, (_, n) => wish(n, random));
  const origin = new Origin(wishes);
  const ends = new Map<Wish, End>();
  await using server = await RawServer.start(answering((request) => origin.answer(request)));
  await using stack = new AsyncDisposableStack();
  const proxies: FaultProxy[] = [];
  for (let target = 0; target < TARGETS; target++) {
    proxies.push(stack.use(await FaultProxy.start(server.port, 1_000 + target)));
  }
  const clients = CLIENTS.map((options) =>
    new Client({
      ...options,
      maxConn: 24,
      maxConnPerTarget: 8,
      timeouts: { headers: 250, body: 250, send: 1_000, connect: 5_000 },
      retry: { backoffMs: 5, maxBackoffMs: 20 },
    })
  );

  await fulfilAll(wishes, async (wish) => {
    const url = `http://127.0.0.1:${proxies[wish.target].port}/${wish.n}`;
    const end = await fulfil(clients[wish.client], url, wish);
    assert(!ends.has(wish), `${wish.n} ended twice`);
    ends.set(wish, end);
  });

  for (const client of clients) {
    await untilQuiet(client);
    const { queued, inFlight, dialing } = client.stats();
    assertEquals([queued, inFlight, dialing], [0, 0, 0]);
    await client.closeAll();
    assertEquals(client.stats(), NOTHING_LEFT);
  }

  const kinds = new Map<string, number>();
  for (const end of ends.values()) kinds.set(kindOf(end), (kinds.get(kindOf(end)) ?? 0) + 1);
  const told = [...kinds].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${count} ${kind}`);
  console.log(told.join("; "));

  assertEquals(ends.size, REQUESTS);
  assertEquals(origin.wrong, []);
  const left = sendings(proxies);
  for (const [{ n, method, isRepeatable, reading }, end] of ends) {
    const times = left.get(n) ?? 0;
    if (!isRepeatable) assert(times <= 1, `${method} ${n} left ${times} times`);
    if ("answer" in end) {
      assert((origin.arrivals.get(n) ?? 0) > 0, `${n} was answered and had not arrived`);
      continue;
    }
    const error = end.error as LasaError;
    // A thread that is killed is told so, and nothing else.
    if (error instanceof KilledError) continue;
    const what = `${method} ${n} (${reading}): ${error.stack}`;
    assert(["none", "partial", "all"].includes(error.sent!), `sent is ${error.sent}: ${what}`);
    if (error.sent === "none") assertEquals(times, 0, `it left all the same: ${what}`);
  }

  // Nothing of this has passed for lack of faults, or of answers.
  const struck = FAULTS.map((fault) =>
    [fault, proxies.reduce((sum, proxy) => sum + (proxy.struck.get(fault) ?? 0), 0)] as const
  );
  console.log(struck.map(([fault, count]) => `${count} ${fault}`).join(", "));
  for (const [fault, count] of struck) assert(count >= 20, `${fault} struck ${count} times only`);
  const answered = [...ends.values()].filter((end) => "answer" in end).length;
  assert(answered > REQUESTS / 2, `${answered} were answered`);
});
