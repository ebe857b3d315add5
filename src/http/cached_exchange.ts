/**
 * Requests by way of the cache: what the cache sees of a plan, and the responses that come of what it
 * says.
 *
 * @module
 */

import { type Field, SentFields } from "../protocol/http1/headers.ts";
import { NO_BODY } from "../protocol/http1/framing.ts";
import { clockNow, turnNow } from "../thread/clock.ts";
import type { Answer, OriginResponse, StoredAnswer } from "./cache/answer.ts";
import type { HttpCache } from "./cache/cache.ts";
import { valueOf } from "./cache/fields.ts";
import type { CacheMode, CacheRequest } from "./cache/wish.ts";
import type { RequestPlan } from "./plan.ts";
import { HttpResponse, type ReadHead } from "./response.ts";
import type { ResponseBody } from "./response_body.ts";
import type { Settings } from "./settings.ts";
import { withoutFragment } from "./target.ts";

/** Which cache a request uses, and how. */
export interface CacheUse {
  readonly cache: HttpCache;
  readonly mode: CacheMode;
}

/** Sends a request and waits for the head of its answer. */
type Exchanging = (plan: RequestPlan) => Promise<HttpResponse>;

/** Answers a request from its cache, if it has one, or by exchanging it. */
export function exchangeCached(
  plan: RequestPlan,
  settings: Settings,
  exchange: Exchanging,
): Promise<HttpResponse> {
  const use = plan.cache;
  if (use === null || !isCacheable(plan)) return exchange(plan);
  const answer = use.cache.handle(new PlannedRequest(plan, use.mode), async (changes, behindMs) => {
    return new Exchanged(await exchange(changedPlan(plan, changes, behindMs)));
  });
  return answer instanceof Promise
    ? answer.then((made) => responseOf(made, plan, settings))
    : Promise.resolve(responseOf(answer, plan, settings));
}

/** Whether a request's URL says all about what it asks for. */
function isCacheable({ method, target, extras, body, url, path, ownFields }: RequestPlan): boolean {
  if (method === "CONNECT" || (extras !== null && extras.upgrade !== null)) return false;
  // RFC 9110 §9.3.1: what content with GET or HEAD means is between those two alone.
  if (body !== null && (method === "GET" || method === "HEAD")) return false;
  // On a socket of its own, or by a way of its own, a host may be another one than elsewhere; and
  // what was taken without a check of the certificate is not for those who ask for one.
  if (target.route.socketPath !== null || target.route.key !== "") return false;
  if (!withoutFragment(url).endsWith(path)) return false;
  const host = valueOf(ownFields, "host");
  return host === null || host === target.authority;
}

function responseOf(
  answer: Answer<Exchanged>,
  plan: RequestPlan,
  settings: Settings,
): HttpResponse {
  if (answer.kind === "stored") return storedResponse(answer, plan, settings);
  const { response } = answer.response;
  if (answer.body !== answer.response.body) response.replaceBody(answer.body);
  return response;
}

function storedResponse(answer: StoredAnswer, plan: RequestPlan, settings: Settings): HttpResponse {
  const now = turnNow();
  const exchange = { plan, startedAt: now, sentAt: now, retries: 0 };
  const response = new HttpResponse(exchange, new StoredHead(answer), answer.body, settings);
  response.fromCache = true;
  return response;
}

/** What the cache sees of a request. */
class PlannedRequest implements CacheRequest {
  readonly method: string;
  readonly url: string;
  readonly mode: CacheMode;
  readonly signal: AbortSignal | undefined;
  readonly #plan: RequestPlan;

  constructor(plan: RequestPlan, mode: CacheMode) {
    this.method = plan.method;
    this.url = withoutFragment(plan.url);
    this.mode = mode;
    this.signal = plan.signal;
    this.#plan = plan;
  }

  get timeoutMs(): number {
    const { deadlineAt } = this.#plan;
    return deadlineAt === Infinity ? Infinity : deadlineAt - clockNow();
  }

  get(name: string): string | null {
    return valuesIn(this.#plan.fields).get(name) ?? null;
  }
}

const read = new WeakMap<SentFields, ReadonlyMap<string, string>>();

/** A plan's fields by name. Most requests of a target share theirs, which are then read once. */
function valuesIn(fields: SentFields): ReadonlyMap<string, string> {
  let values = read.get(fields);
  if (values === undefined) {
    const made = new Map<string, string>();
    for (const [given, value] of fieldsIn(fields)) {
      const name = given.toLowerCase();
      const before = made.get(name);
      made.set(name, before === undefined ? value : `${before}, ${value}`);
    }
    read.set(fields, values = made);
  }
  return values;
}

function fieldsIn({ text }: SentFields): Field[] {
  return text.split("\r\n").slice(0, -1).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 2)];
  });
}

/** The plan with the cache's fields over the caller's, and without the caller where none waits. */
function changedPlan(
  plan: RequestPlan,
  changes: readonly Field[],
  behindMs: number | null,
): RequestPlan {
  let { fields, signal, deadlineAt } = plan;
  if (changes.length > 0) {
    const names = new Set(changes.map(([name]) => name.toLowerCase()));
    const kept = fieldsIn(fields).filter(([name]) => !names.has(name.toLowerCase()));
    fields = new SentFields([...kept, ...changes]);
  }
  if (behindMs !== null) {
    signal = undefined;
    deadlineAt = clockNow() + behindMs;
  }
  return { ...plan, fields, signal, deadlineAt };
}

/** An answer as the cache sees it. */
class Exchanged implements OriginResponse {
  readonly response: HttpResponse;
  readonly status: number;
  readonly fields: readonly Field[];
  readonly body: ResponseBody | null;

  constructor(response: HttpResponse) {
    this.response = response;
    this.status = response.status;
    const { fields, body } = response.parts();
    this.fields = fields;
    this.body = body;
  }

  get reason(): string {
    return this.response.statusText;
  }
}

/** The head of a stored response, as a response reads it. */
class StoredHead implements ReadHead {
  readonly status: number;
  readonly reason: string;
  readonly isEncoded: boolean;
  readonly framing = NO_BODY;
  readonly fields: ReadHead["fields"];

  constructor({ status, reason, fields }: StoredAnswer) {
    this.status = status;
    this.reason = reason;
    this.isEncoded = fields.some(([name]) => name === "content-encoding");
    this.fields = {
      all: fields,
      get: (name) => valueOf(fields, name),
      toHeaders: () => {
        const headers = new Headers();
        for (const [name, value] of fields) headers.append(name, value);
        return headers;
      },
    };
  }
}
