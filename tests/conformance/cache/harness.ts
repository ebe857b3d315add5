/**
 * Cases of the cache's conformance program: each a script of requests, waits and what must come of
 * them, run through `client.fetch` against a server of its own that answers to the byte.
 *
 * Time stands still but for the waits of the script. In fields `{+60}` and `{-60}` are dates so many
 * seconds from then, `{850+60}` and `{asc+60}` the same in the old forms.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { memoryCache } from "../../../src/http/cache/memory_cache.ts";
import type { CacheOptions } from "../../../src/http/cache/options.ts";
import { Client } from "../../../src/http/client.ts";
import { NOTHING_LEFT } from "../../support/client.ts";
import { answering, type RawRequest, RawServer } from "../../support/raw_server.ts";

/** What the server answers with. */
export interface Answer {
  readonly status?: number;
  /** Field lines; `date` and `content-length` are added unless they are there. */
  readonly head?: string;
  readonly body?: string;
  /** `"cut"` breaks off in the middle of the body, `"close"` before the head. */
  readonly fault?: "cut" | "close";
}

/** A request, and what must come of it. */
export interface Ask {
  readonly method?: string;
  readonly path?: string;
  /** Field lines of the request. */
  readonly ask?: string;
  readonly mode?: RequestCache;
  readonly sends?: string;
  readonly answer?: Answer | string;
  /** What the caller must get; as the answer says unless given. */
  readonly status?: number;
  readonly text?: string | null;
  /** Field lines that the caller must get. */
  readonly has?: string;
  /** Names of fields that the caller must not get. */
  readonly lacks?: string;
  /** Field lines that the server must get. */
  readonly sent?: string;
  /** Names of fields that the server must not get. */
  readonly unsent?: string;
}

interface Step extends Ask {
  readonly kind: "hit" | "miss" | "validated" | "wait" | "failure";
  readonly seconds?: number;
}

/** The answer comes from the cache: the server hears nothing. */
export function hit(ask: Ask = {}): Step {
  return { ...ask, kind: "hit" };
}

/** The server is asked, without the cache's conditions. A text stands for the answer's field lines. */
export function miss(ask: Ask | string = {}): Step {
  return typeof ask === "string" ? { kind: "miss", answer: ask } : { ...ask, kind: "miss" };
}

/** The server is asked whether what is stored still holds; it says so unless the answer is given. */
export function validated(ask: Ask = {}): Step {
  return { ...ask, kind: "validated" };
}

/** The server is asked, and the caller gets an error. */
export function failure(ask: Ask = {}): Step {
  return { ...ask, kind: "failure" };
}

/** Time passes. */
export function wait(seconds: number): Step {
  return { kind: "wait", seconds };
}

/** A private cache must do this. */
export function privately(name: string, ...steps: Step[]): void {
  declare(name, {}, steps);
}

/** A shared cache must do this. */
export function shared(name: string, ...steps: Step[]): void {
  declare(name, { shared: true }, steps);
}

/** Both kinds of cache must do this. */
export function both(name: string, ...steps: Step[]): void {
  declare(`${name} (private)`, {}, steps);
  declare(`${name} (shared)`, { shared: true }, steps);
}

// Some day in the future, whole seconds; dates of the tests must not depend on the day they run.
const START = Date.UTC(2031, 4, 6, 7, 8, 9);

function declare(name: string, options: CacheOptions, steps: readonly Step[]): void {
  Deno.test(name, () => new Run(steps).run(options));
}

class Run {
  readonly #steps: readonly Step[];
  #now = START;
  #step: Step | null = null;
  #requests: RawRequest[] = [];
  #count = 0;
  #last = { status: 200, body: "" };

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
  }

  async run(options: CacheOptions): Promise<void> {
    await using server = await RawServer.start(answering((request, peer) => {
      this.#requests.push(request);
      const { text, fault } = this.#answer(request);
      if (fault === undefined) return text;
      return peer.send(text).then(() => {
        peer.end();
        return null;
      });
    }));
    await using cache = memoryCache({ ...options, clock: () => this.#now });
    const client = new Client({ cache, maxRetries: 0 });
    try {
      for (const [index, step] of this.#steps.entries()) {
        try {
          await this.#take(step, server, client);
        } catch (error) {
          const told = error instanceof Error ? error.message : String(error);
          throw new Error(`step ${index + 1} (${step.kind}): ${told}`, { cause: error });
        }
      }
    } finally {
      await client.closeAll();
    }
    assertEquals(client.stats(), NOTHING_LEFT);
  }

  async #take(step: Step, server: RawServer, client: Client): Promise<void> {
    if (step.kind === "wait") {
      this.#now += 1000 * step.seconds!;
      return;
    }
    this.#step = step;
    this.#requests = [];
    const init: RequestInit = { method: step.method ?? "GET", redirect: "manual" };
    init.headers = linesOf(this.#dated(step.ask ?? ""));
    if (step.mode !== undefined) init.cache = step.mode;
    // Fetch takes this one for nothing else.
    if (step.mode === "only-if-cached") init.mode = "same-origin";
    if (step.sends !== undefined) init.body = step.sends;
    const asking = client.fetch(
      server.url(step.path ?? "/").replaceAll("HERE", server.url("")),
      init,
    );
    if (step.kind === "failure") {
      const failed = await asking.then((response) => response.text()).then(() => false, () => true);
      assert(failed, "it did not fail");
      return;
    }
    const response = await asking;
    const text = await response.text();
    this.#checkRequest(step);
    const expected = this.#last;
    assertEquals(response.status, step.status ?? expected.status, "status");
    const isBodiless = init.method === "HEAD" || [204, 304].includes(response.status);
    const wanted = step.text === undefined ? (isBodiless ? "" : expected.body) : step.text;
    if (wanted !== null) assertEquals(text, wanted, "body");
    for (const [name, value] of linesOf(this.#dated(step.has ?? ""))) {
      assertEquals(response.headers.get(name), value, name);
    }
    for (const name of namesOf(step.lacks)) assertEquals(response.headers.get(name), null, name);
  }

  #checkRequest(step: Step): void {
    if (step.kind === "hit") {
      return assertEquals(this.#requests.length, 0, "requests to the server");
    }
    assertEquals(this.#requests.length, 1, "requests to the server");
    const { headers } = this.#requests[0];
    const asked = (step.ask ?? "").toLowerCase();
    const isConditional = !asked.includes("if-") &&
      (headers["if-none-match"] !== undefined || headers["if-modified-since"] !== undefined);
    if (step.kind === "validated") {
      const has = "if-none-match" in headers || "if-modified-since" in headers;
      assert(has, "the request has no condition");
    } else {
      assert(!isConditional, "the request has a condition");
    }
    for (const [name, value] of linesOf(this.#dated(step.sent ?? ""))) {
      assertEquals(headers[name.toLowerCase()], value, name);
    }
    for (const name of namesOf(step.unsent)) assertEquals(headers[name.toLowerCase()], undefined);
  }

  /** What the server sends. */
  #answer({ method }: RawRequest): { text: string; fault?: "cut" | "close" } {
    const step = this.#step!;
    const given = typeof step.answer === "string" ? { head: step.answer } : step.answer ?? {};
    if (given.fault === "close") return { text: "", fault: "close" };
    const status = given.status ?? (step.kind === "validated" ? 304 : 200);
    const hasBody = status !== 304 && status !== 204;
    const body = hasBody ? given.body ?? `body ${++this.#count}` : "";
    if (status !== 304) {
      this.#last = { status, body: method === "HEAD" ? this.#last.body : body };
    }
    let head = this.#dated(given.head ?? "");
    if (!/^date:/im.test(head)) head += `\ndate: ${new Date(this.#now).toUTCString()}`;
    if (hasBody && !/^(content-length|transfer-encoding):/im.test(head)) {
      head += `\ncontent-length: ${body.length}`;
    }
    // Without a date is what a script says with an empty one.
    const lines = head.split("\n").map((line) => line.trim())
      .filter((line) => line !== "" && line !== "date:");
    const text = `HTTP/1.1 ${status} Whatever\r\n${lines.join("\r\n")}\r\n\r\n`;
    if (given.fault === "cut") return { text: text + body.slice(0, -1), fault: "cut" };
    return { text: method === "HEAD" ? text : text + body };
  }

  #dated(lines: string): string {
    return lines.replace(/\{(850|asc)?([+-]\d+)\}/g, (_, form, seconds) => {
      const date = new Date(this.#now + 1000 * Number(seconds)).toUTCString();
      if (form === undefined) return date;
      const [, day, number, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(date)!;
      if (form === "asc") return `${day} ${month} ${number.replace(/^0/, " ")} ${time} ${year}`;
      return `${LONG_DAYS[day]}, ${number}-${month}-${year.slice(2)} ${time} GMT`;
    });
  }
}

const LONG_DAYS: Record<string, string> = {
  Mon: "Monday",
  Tue: "Tuesday",
  Wed: "Wednesday",
  Thu: "Thursday",
  Fri: "Friday",
  Sat: "Saturday",
  Sun: "Sunday",
};

function linesOf(text: string): [string, string][] {
  return text.split("\n").map((line) => line.trim()).filter((line) => line !== "").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}

function namesOf(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(",").map((name) => name.trim());
}
