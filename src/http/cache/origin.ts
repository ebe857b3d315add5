/**
 * Asking the origin, and what follows from what it says.
 *
 * @module
 */

import type { Field } from "../../protocol/http1/headers.ts";
import type { ResponseBody } from "../response_body.ts";
import { type Answer, answerWith, gatewayTimeout, type OriginResponse } from "./answer.ts";
import { joinedAnswer, type Missing, missingOf, rangeFor } from "./completion.ts";
import type { Forward } from "./engine.ts";
import type { StoredEntry } from "./entry.ts";
import { isOutage, isOwn, isServerError } from "./failure.ts";
import { valueOf } from "./fields.ts";
import type { Flight } from "./flight.ts";
import { outdatedBy } from "./invalidation.ts";
import { freshenedHead, type Keeping, keepingOf, type Moments } from "./keeping.ts";
import type { Ledger } from "./ledger.ts";
import type { CacheSettings } from "./options.ts";
import { type Policy, policyOf } from "./policy.ts";
import { RecordedBody } from "./recorded_body.ts";
import { Recording } from "./recording.ts";
import { type CacheStore, orElse } from "./store.ts";
import { conditionsFor, isAbout, isHeadOf, tagsIn } from "./validation.ts";
import {
  type CacheMode,
  type CacheRequest,
  maySurviveError,
  PLAIN_WISH,
  type Wish,
} from "./wish.ts";

/** The way to the origin, and back into the store. */
export class Origin {
  /** Requests for which the origin said that what is stored still holds. */
  validated = 0;
  /** Responses that were kept. */
  stored = 0;
  readonly #store: CacheStore;
  readonly #settings: CacheSettings;
  readonly #ledger: Ledger;

  /** Joins a store, the rules that hold, and the book of what is on its way. */
  constructor(store: CacheStore, settings: CacheSettings, ledger: Ledger) {
    this.#store = store;
    this.#settings = settings;
    this.#ledger = ledger;
  }

  /** Sends a request that the cache has nothing to do with. */
  async pass<R extends OriginResponse>(
    request: CacheRequest,
    forward: Forward<R>,
  ): Promise<Answer<R>> {
    const response = await forward(modeFields(request), null);
    return { kind: "origin", response, body: response.body };
  }

  /**
   * Asks for a representation.
   *
   * @param candidates What is stored for requests like this one.
   * @param entry The one of them to validate; `null` for none.
   * @param flight Who waits for what comes.
   * @param mayComplete Whether the rest of what is stored in part will do.
   */
  async ask<R extends OriginResponse>(
    request: CacheRequest,
    wish: Wish,
    candidates: readonly StoredEntry[],
    entry: StoredEntry | null,
    forward: Forward<R>,
    flight: Flight | null,
    mayComplete = true,
  ): Promise<Answer<R>> {
    const policy = entry === null ? null : policyOf(entry.head, this.#settings.rules);
    const missing = entry === null && mayComplete ? missingOf(candidates, wish) : null;
    const changes = policy === null
      ? missing === null ? [] : rangeFor(missing)
      : conditionsFor(policy, wish);
    changes.push(...modeFields(request));
    const moment = this.#ledger.moment;
    const requestTime = this.#settings.clock();
    try {
      const response = await forward(changes, null);
      const moments = { requestTime, responseTime: this.#settings.clock() };
      const again = () => this.ask(request, wish, candidates, null, forward, null, false);
      if (response.status === 304 && entry !== null) {
        return await this.#freshen(request, wish, entry, response, moments, flight, again);
      }
      if (policy !== null && isServerError(response.status)) {
        const stale = await this.#inPlaceOfError(request, wish, entry!, policy);
        if (stale !== null) {
          discard(response.body);
          flight?.land("alone");
          return stale;
        }
      }
      const isCurrent = !this.#ledger.isOutdated(request.url, moment);
      if (missing !== null && (response.status === 206 || response.status === 416)) {
        return await this.#complete(request, missing, response, moments, isCurrent, flight, again);
      }
      const keeping = isCurrent
        ? keepingOf(request, wish, response, candidates, moments, this.#settings.rules)
        : null;
      return { kind: "origin", response, body: this.#keep(request, response, keeping, flight) };
    } catch (error) {
      flight?.land(isOwn(error) ? "instead" : "alone");
      if (policy === null || !isOutage(error)) throw error;
      const stale = await this.#inPlaceOfError(request, wish, entry!, policy);
      if (stale !== null) return stale;
      // RFC 9111 §5.2.2.2: who must ask and cannot answers with an error of its own.
      if (policy.forbidsStale) return gatewayTimeout();
      throw error;
    }
  }

  /** Asks for a head alone, and sets the stored ones right by it (RFC 9111 §4.3.5). */
  async askHead<R extends OriginResponse>(
    request: CacheRequest,
    candidates: readonly StoredEntry[],
    forward: Forward<R>,
  ): Promise<Answer<R>> {
    const requestTime = this.#settings.clock();
    const response = await forward(modeFields(request), null);
    const moments = { requestTime, responseTime: this.#settings.clock() };
    if (response.status === 200) {
      for (const entry of candidates) {
        const head = isHeadOf(entry.head, response.fields)
          ? freshenedHead(entry.head, response.fields, moments, this.#settings.rules)
          : { ...entry.head, isDoubtful: true };
        await orElse(this.#store.freshen(entry, head), null);
      }
    }
    return { kind: "origin", response, body: response.body };
  }

  /** Sends what may change the origin, and forgets what it has made outdated (RFC 9111 §4.4). */
  async askUnsafe<R extends OriginResponse>(
    request: CacheRequest,
    forward: Forward<R>,
    invalidate: (url: string) => Promise<void>,
  ): Promise<Answer<R>> {
    const requestTime = this.#settings.clock();
    const response = await forward([], null);
    const moments = { requestTime, responseTime: this.#settings.clock() };
    const { status, fields } = response;
    for (const url of outdatedBy(request.url, status, fields)) await invalidate(url);
    // RFC 9110 §9.3.3: an answer to POST that says it is what GET of the same URL would give.
    const location = valueOf(fields, "content-location");
    const isOwnContent = request.method === "POST" && status === 200 && location !== null &&
      URL.parse(location, request.url)?.href === request.url;
    const keeping = isOwnContent
      ? keepingOf(request, PLAIN_WISH, response, [], moments, this.#settings.rules)
      : null;
    return { kind: "origin", response, body: this.#keep(request, response, keeping, null) };
  }

  /** RFC 9111 §4.3.3 and §4.3.4: what is stored still holds. */
  async #freshen<R extends OriginResponse>(
    request: CacheRequest,
    wish: Wish,
    entry: StoredEntry,
    response: R,
    moments: Moments,
    flight: Flight | null,
    again: () => Promise<Answer<R>>,
  ): Promise<Answer<R>> {
    const { rules, clock } = this.#settings;
    const { fields } = response;
    if (!isAbout(policyOf(entry.head, rules), fields)) {
      flight?.land("alone");
      const etag = valueOf(fields, "etag");
      const isCallers = etag !== null && tagsIn(wish.ifNoneMatch ?? "").includes(etag);
      if (isCallers) return { kind: "origin", response, body: response.body };
      discard(response.body);
      return await again();
    }
    discard(response.body);
    const head = freshenedHead(entry.head, fields, moments, rules);
    const freshened = await orElse(this.#store.freshen(entry, head), null);
    flight?.land(freshened === null ? "alone" : "again");
    const answer = freshened === null ? null : await answerWith(
      this.#store,
      freshened,
      policyOf(head, rules),
      request,
      wish,
      clock(),
    );
    if (answer === null) return await again();
    this.validated++;
    return answer;
  }

  /** RFC 5861 §4: something old in place of an error, where that is allowed. */
  async #inPlaceOfError(
    request: CacheRequest,
    wish: Wish,
    entry: StoredEntry,
    policy: Policy,
  ) {
    const now = this.#settings.clock();
    if (!maySurviveError(policy, wish, now)) return null;
    return await answerWith(this.#store, entry, policy, request, wish, now);
  }

  /** RFC 9111 §3.3: the rest of what is stored in part. */
  async #complete<R extends OriginResponse>(
    request: CacheRequest,
    missing: Missing,
    response: R,
    moments: Moments,
    isCurrent: boolean,
    flight: Flight | null,
    again: () => Promise<Answer<R>>,
  ): Promise<Answer<R>> {
    const { rules } = this.#settings;
    const joined = response.status === 206
      ? await joinedAnswer(this.#store, request, missing, response, moments, rules)
      : null;
    if (joined === null) {
      flight?.land("alone");
      discard(response.body);
      return await again();
    }
    const keeping = isCurrent ? joined.keeping : null;
    const rest = this.#keep(request, response, keeping, flight);
    return joined.answer(rest);
  }

  /** Begins to keep a response; gives the body to read in place of its own. */
  #keep<R extends OriginResponse>(
    request: CacheRequest,
    response: R,
    keeping: Keeping | null,
    flight: Flight | null,
  ): ResponseBody | null {
    const { body } = response;
    const length = Number(valueOf(response.fields, "content-length") ?? NaN);
    if (keeping === null || (body !== null && length > this.#store.maxEntryBytes)) {
      flight?.land("alone");
      return body;
    }
    const { url } = request;
    const recording = new Recording({
      store: this.#store,
      ...keeping,
      onEnd: (isKept, ended) => {
        this.#ledger.end(url, ended);
        if (isKept) this.stored++;
        flight?.land(isKept ? "again" : ended.isTooLarge ? "alone" : "instead");
      },
      onCommitting: (committing) => this.#ledger.commit(keeping.key, committing),
    });
    this.#ledger.begin(url, recording);
    if (body === null) {
      recording.finish();
      return null;
    }
    const recorded = new RecordedBody(
      body,
      recording,
      () => length <= this.#settings.maxDrainBytes,
    );
    flight?.carry(keeping.headOf(0), recorded);
    return recorded;
  }
}

/** What the modes of Fetch send along, so that caches on the way know of them. */
function modeFields(request: CacheRequest): Field[] {
  return fieldsOfMode(request.mode).filter(([name]) => request.get(name) === null);
}

function fieldsOfMode(mode: CacheMode): Field[] {
  switch (mode) {
    case "no-cache":
      return [["Cache-Control", "max-age=0"]];
    case "no-store":
    case "reload":
      return [["Pragma", "no-cache"], ["Cache-Control", "no-cache"]];
    default:
      return [];
  }
}

function discard(body: ResponseBody | null): void {
  if (body === null) return;
  if (!body.isClaimed) body.claim();
  body.cancel();
}
