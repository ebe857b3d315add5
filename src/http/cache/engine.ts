/**
 * What a cache does: looks up, decides, asks the origin, keeps what may be kept.
 *
 * It stands between a request and the hop to its origin, so a redirect is a response like any other.
 * What it may do is decided in the pure files beside it, about one for each section of RFC 9111; this
 * one does it. It knows nothing of connections: a `Forward` sends the request, with fields over it.
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import { type Answer, answerWith, gatewayTimeout, type OriginResponse } from "./answer.ts";
import type { StoredAnswer } from "./answer.ts";
import { Background } from "./background.ts";
import type { StoredEntry } from "./entry.ts";
import { Flight, type Landing } from "./flight.ts";
import { isSafe } from "./invalidation.ts";
import { Ledger } from "./ledger.ts";
import { areAlike, looseKeyOf, queryRuleOf } from "./no_vary_search.ts";
import type { CacheSettings, CacheStats } from "./options.ts";
import { Origin } from "./origin.ts";
import { policyOf } from "./policy.ts";
import { cutOf } from "./ranges.ts";
import { RecordedBody } from "./recorded_body.ts";
import { type CacheStore, type Eventually, orElse } from "./store.ts";
import { matchesVary } from "./vary.ts";
import { type CacheRequest, verdictOn, type Wish, wishOf } from "./wish.ts";

/**
 * Sends a request to its origin.
 *
 * @param changes Fields that replace those of the same name.
 * @param behindMs Milliseconds it may take, where no caller waits for it; `null` where one does.
 */
export type Forward<R extends OriginResponse> = (
  changes: readonly Field[],
  behindMs: number | null,
) => Promise<R>;

/** Keeps responses in a store and answers requests with them, as RFC 9111 has it. */
export class CacheEngine {
  readonly #store: CacheStore;
  readonly #settings: CacheSettings;
  readonly #origin: Origin;
  readonly #ledger = new Ledger();
  readonly #background: Background;
  readonly #flights = new Map<string, Flight>();
  #hits = 0;
  #staleHits = 0;
  #misses = 0;
  #shared = 0;

  /** Works on a store, by the rules that hold. */
  constructor(store: CacheStore, settings: CacheSettings) {
    this.#store = store;
    this.#settings = settings;
    this.#origin = new Origin(store, settings, this.#ledger);
    this.#background = new Background(settings.maxBackground);
  }

  /**
   * Answers a request, from what is kept or from its origin. Answers at once where the store does and
   * the origin need not be asked.
   */
  handle<R extends OriginResponse>(
    request: CacheRequest,
    forward: Forward<R>,
  ): Eventually<Answer<R>> {
    const { method } = request;
    if (method !== "GET" && method !== "HEAD") return this.#pass(request, forward);
    const wish = wishOf(request);
    if (wish.isUncached) return this.#origin.pass(request, forward);
    const found = this.#lookUp(request);
    if (found instanceof Promise) {
      return found.then((candidates) => this.#decide(request, wish, candidates, forward, true));
    }
    return this.#decide(request, wish, found, forward, true);
  }

  /** Forgets what is kept for a URL, which is normalized and without a fragment. */
  async delete(url: string): Promise<void> {
    await this.#invalidate(url);
  }

  /** Forgets everything. */
  async clear(): Promise<void> {
    this.#ledger.abortAll();
    await this.#ledger.settled();
    await this.#store.clear();
  }

  /** What is kept, and what has been done. */
  async stats(): Promise<CacheStats> {
    return {
      ...await this.#store.usage(),
      hits: this.#hits,
      staleHits: this.#staleHits,
      validated: this.#origin.validated,
      misses: this.#misses,
      shared: this.#shared,
      stored: this.#origin.stored,
    };
  }

  /** Waits until nothing is done behind anybody's back any more. */
  async settled(): Promise<void> {
    await this.#background.settled();
    await this.#ledger.settled();
  }

  /** Finishes what is being kept and lets go of the store. What it keeps stays kept. */
  async close(): Promise<void> {
    await this.#background.settled();
    this.#ledger.abortAll();
    await this.#ledger.settled();
    await this.#store.close();
  }

  /** What is kept for requests like this one, the newest first. */
  #lookUp(request: CacheRequest): Eventually<readonly StoredEntry[]> {
    const { url } = request;
    const committing = this.#ledger.committing(url);
    if (committing !== undefined) return committing.then(() => this.#lookUp(request));
    const found = orElse(this.#store.find(url), NOTHING);
    if (found instanceof Promise) {
      return found.then((entries) => this.#match(entries, request) ?? this.#lookUpLoosely(request));
    }
    return this.#match(found, request) ?? this.#lookUpLoosely(request);
  }

  #match(entries: readonly StoredEntry[], request: CacheRequest): readonly StoredEntry[] | null {
    if (entries.length === 1) return matchesVary(entries[0].head, request) ? entries : null;
    const matching = entries.filter(({ head }) => matchesVary(head, request));
    return matching.length === 0 ? null : matching;
  }

  /** Looks among those whose query does not count in full. */
  #lookUpLoosely(request: CacheRequest): Eventually<readonly StoredEntry[]> {
    const key = looseKeyOf(request.url);
    const committing = this.#ledger.committing(key);
    if (committing !== undefined) return committing.then(() => this.#lookUpLoosely(request));
    const found = orElse(this.#store.find(key), NOTHING);
    const alike = (entries: readonly StoredEntry[]) =>
      entries.filter((each) => isAlike(each, request.url) && matchesVary(each.head, request));
    return found instanceof Promise ? found.then(alike) : found.length === 0 ? found : alike(found);
  }

  #decide<R extends OriginResponse>(
    request: CacheRequest,
    wish: Wish,
    candidates: readonly StoredEntry[],
    forward: Forward<R>,
    mayFollow: boolean,
  ): Eventually<Answer<R>> {
    const entry = chosenOf(candidates, request, wish);
    if (entry === null || wish.mode === "reload") {
      return this.#ask(request, wish, candidates, null, forward, mayFollow);
    }
    const policy = policyOf(entry.head, this.#settings.rules);
    const now = this.#settings.clock();
    const verdict = verdictOn(policy, wish, now);
    if (verdict === "validate") {
      // Where each use must be asked for, nobody is served by another's asking.
      const isForEach = policy.mustValidate;
      return this.#ask(request, wish, candidates, entry, forward, mayFollow && !isForEach);
    }
    const give = (answer: StoredAnswer | null): Eventually<Answer<R>> => {
      if (answer === null) return this.#ask(request, wish, candidates, null, forward, mayFollow);
      this.#hits++;
      if (policy.stalenessAt(now) >= 0) this.#staleHits++;
      if (verdict === "use and validate behind") {
        this.#validateBehind(request, wish, candidates, entry, forward);
      }
      return answer;
    };
    const answer = answerWith(this.#store, entry, policy, request, wish, now);
    return answer instanceof Promise ? answer.then(give) : give(answer);
  }

  /** Asks the origin, or waits for another request that does. */
  #ask<R extends OriginResponse>(
    request: CacheRequest,
    wish: Wish,
    candidates: readonly StoredEntry[],
    entry: StoredEntry | null,
    forward: Forward<R>,
    mayFollow: boolean,
  ): Eventually<Answer<R>> {
    if (wish.onlyIfCached) return gatewayTimeout();
    const { url, method } = request;
    if (method === "HEAD") {
      this.#misses++;
      return this.#origin.askHead(request, candidates, forward);
    }
    if (!wish.isPlain || wish.isValidated || wish.mode !== "default") {
      this.#misses++;
      return this.#origin.ask(request, wish, candidates, entry, forward, null);
    }
    const flight = this.#flights.get(url);
    if (flight !== undefined && mayFollow) {
      return this.#follow(flight, request, wish, forward);
    }
    this.#misses++;
    if (flight !== undefined || !mayFollow) {
      return this.#origin.ask(request, wish, candidates, entry, forward, null);
    }
    const own = new Flight((landed) => {
      if (this.#flights.get(url) === landed) this.#flights.delete(url);
    });
    this.#flights.set(url, own);
    return this.#origin.ask(request, wish, candidates, entry, forward, own);
  }

  async #follow<R extends OriginResponse>(
    flight: Flight,
    request: CacheRequest,
    wish: Wish,
    forward: Forward<R>,
  ): Promise<Answer<R>> {
    this.#shared++;
    const how: Landing = await flight.follow(request);
    const candidates = await this.#lookUp(request);
    return await this.#decide(request, wish, candidates, forward, how === "instead");
  }

  /** RFC 5861 §3: the caller has its answer; the next one shall have a newer one. */
  #validateBehind<R extends OriginResponse>(
    request: CacheRequest,
    wish: Wish,
    candidates: readonly StoredEntry[],
    entry: StoredEntry,
    forward: Forward<R>,
  ): void {
    const { backgroundTimeoutMs } = this.#settings;
    const behind: Forward<R> = (changes) => forward(changes, backgroundTimeoutMs);
    this.#background.start(request.url, async () => {
      const get = request.method === "GET" ? request : asGet(request);
      const answer = await this.#origin.ask(get, wish, candidates, entry, behind, null);
      const { body } = answer;
      if (body === null) return;
      body.claim();
      // What is not kept is not worth reading.
      while (body instanceof RecordedBody && body.isRecording && await body.read() !== null);
      body.cancel();
    });
  }

  /** Another method than GET and HEAD. */
  async #pass<R extends OriginResponse>(
    request: CacheRequest,
    forward: Forward<R>,
  ): Promise<Answer<R>> {
    if (isSafe(request.method)) return await this.#origin.pass(request, forward);
    return await this.#origin.askUnsafe(request, forward, (url) => this.#invalidate(url));
  }

  /** RFC 9111 §4.4. */
  async #invalidate(url: string): Promise<void> {
    this.#ledger.invalidate(url);
    for (const key of [url, looseKeyOf(url)]) {
      await this.#ledger.committing(key);
      for (const entry of await orElse(this.#store.find(key), NOTHING)) {
        if (key !== url && !isAlike(entry, url)) continue;
        await orElse<void>(this.#store.remove(entry), undefined);
      }
    }
  }
}

const NOTHING: readonly StoredEntry[] = [];

/** What answers a request as far as the part goes that it asks for. */
function chosenOf(
  candidates: readonly StoredEntry[],
  request: CacheRequest,
  { range }: Wish,
): StoredEntry | null {
  for (const entry of candidates) if (entry.head.part === null) return entry;
  if (range === null || request.method === "HEAD") return null;
  for (const entry of candidates) {
    const cut = cutOf(entry.head, range);
    if (cut !== null && cut !== "unsatisfiable") return entry;
  }
  return null;
}

function isAlike(entry: StoredEntry, url: string): boolean {
  const rule = queryRuleOf(entry.head.fields);
  return rule !== null && areAlike(entry.head.url, url, rule);
}

/** A HEAD is answered with what a GET brought, and so is that what has to be validated. */
function asGet(request: CacheRequest): CacheRequest {
  return {
    method: "GET",
    url: request.url,
    mode: request.mode,
    get: (name) => request.get(name),
  };
}
