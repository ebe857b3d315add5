/**
 * The course of a request from being asked for to the answer that its caller gets: attempts that
 * answers ask for, redirects, and the hooks on the way.
 *
 * What happens to one attempt on its connection, a retry after a fault there included, is its
 * exchange's affair.
 *
 * @module
 */

import {
  AbortedError,
  BrokenError,
  ClosedError,
  KilledError,
  LimitError,
  LocalProtocolError,
} from "../errors.ts";
import type { Field } from "../protocol/http1/headers.ts";
import { clockNow } from "../thread/clock.ts";
import type { Circuit } from "./circuit.ts";
import type { AnswerCourse } from "./exchange.ts";
import { redirectedPlan, type RequestPlan, withOwnFields } from "./plan.ts";
import { isRedirect, locationOf, nextRequest } from "./redirect.ts";
import type { HttpResponse, Redirect } from "./response.ts";
import { isOverload, retryAfterMs, statusRetryMs } from "./retry.ts";
import type { Settings } from "./settings.ts";
import { tellStep } from "./steps.ts";
import type { Target } from "./target.ts";

/** What a course asks of the client. */
export interface CourseOwner extends AnswerCourse {
  readonly settings: Settings;
  /** Fields that every request sends unless it says otherwise. */
  readonly standard: readonly Field[];
  /** Sends a request and waits for the head of its answer, or for what that leads to. */
  exchange(plan: RequestPlan, course: AnswerCourse | null): Promise<HttpResponse>;
  /** Whether nothing stands around an attempt: no cookies, no cache, no circuit. */
  isDirect(plan: RequestPlan): boolean;
  /** What stands around each attempt: cookies, and the cache, which may know the answer. */
  around(
    plan: RequestPlan,
    attempt: (plan: RequestPlan) => Promise<HttpResponse>,
  ): Promise<HttpResponse>;
  /** Where a redirect leads. */
  targetAfter(plan: RequestPlan, url: URL): Target;
  /** Where to send it again: from another client IP, where one was dealt. */
  targetAgain(plan: RequestPlan): Target;
  /** Rests before it is sent again. */
  rest(plan: RequestPlan, ms: number): Promise<void>;
  /** Whether the target's budget allows one more retry, which is paid for then. */
  tryRetry(target: Target): boolean;
  /** The target has had too much from the plan's client IP. */
  onOverload(plan: RequestPlan, restMs: number | null): void;
  /** The target's circuit; `null` where there is none. */
  circuitOf(target: Target): Circuit | null;
}

/** Brings a request to the answer that its caller gets. */
export function runCourse(owner: CourseOwner, plan: RequestPlan): Promise<HttpResponse> {
  const { beforeRequest, afterResponse } = owner.settings.hooks;
  if (beforeRequest === undefined && afterResponse === undefined && owner.isDirect(plan)) {
    // Nearly all end with their first answer; an async function around each cost a tenth of it.
    return owner.exchange(plan, owner);
  }
  return runWhole(owner, plan);
}

async function runWhole(owner: CourseOwner, first: RequestPlan): Promise<HttpResponse> {
  const isHooked = owner.settings.hooks.beforeRequest !== undefined;
  const plan = isHooked ? await hooked(owner, first, 0) : first;
  return await goOn(owner, plan, await sendOnce(owner, plan));
}

/** Sends a request to the head of its answer, with all that stands around an attempt. */
function sendOnce(owner: CourseOwner, plan: RequestPlan): Promise<HttpResponse> {
  if (owner.isDirect(plan)) return owner.exchange(plan, null);
  return owner.around(plan, (plan) => attempt(owner, plan));
}

/** Brings an answer to the one that the caller gets: the same, or one that it leads to. */
export async function goOn(
  owner: CourseOwner,
  first: RequestPlan,
  answer: HttpResponse,
): Promise<HttpResponse> {
  const { hooks } = owner.settings;
  let redirects: Redirect[] | null = null;
  let retries = 0;
  let plan = first;
  for (let response = answer;; response = await sendOnce(owner, plan)) {
    if (redirects !== null) response.redirects = redirects;
    if (retries > 0) response.retryCount += retries;
    if (hooks.afterResponse !== undefined) await afterResponse(owner, response);
    if (isLast(response)) return response;
    const again = await retried(owner, plan, response, retries + 1);
    if (again !== null) {
      plan = again;
      retries++;
      continue;
    }
    const next = await redirected(owner, plan, response, redirects ?? []);
    if (next === null) return response;
    redirects = next.redirects;
    plan = hooks.beforeRequest === undefined
      ? next.plan
      : await hooked(owner, next.plan, redirects.length);
  }
}

/** Whether nothing can follow from an answer, as from nearly all. */
export function isLast({ status }: HttpResponse): boolean {
  return status < 300;
}

/** One attempt, unless the target's circuit is open. */
async function attempt(owner: CourseOwner, plan: RequestPlan): Promise<HttpResponse> {
  const circuit = owner.circuitOf(plan.target);
  if (circuit === null) return await owner.exchange(plan, null);
  if (!circuit.tryPass(clockNow())) {
    const { failures, retryInMs } = circuit.state(clockNow());
    throw new BrokenError(
      `Cannot ${plan.method} ${plan.url}: circuit open after ${failures} failures, ` +
        `next try in ${Math.ceil(retryInMs)} ms`,
      { code: "circuit open", sent: "none" },
    );
  }
  try {
    const response = await owner.exchange(plan, null);
    const isDown = response.status >= 502 && response.status <= 504;
    if (isDown) circuit.onFailure(clockNow());
    else circuit.onSuccess();
    return response;
  } catch (error) {
    if (saysNothing(error)) circuit.onUndecided();
    else circuit.onFailure(clockNow());
    throw error;
  }
}

/** Whether an error is the caller's doing, or the client's, and says nothing of the target. */
function saysNothing(error: unknown): boolean {
  return error instanceof AbortedError || error instanceof KilledError ||
    error instanceof ClosedError || error instanceof LimitError ||
    error instanceof LocalProtocolError;
}

/** The plan after the hook has had its say on the fields. */
async function hooked(
  owner: CourseOwner,
  plan: RequestPlan,
  redirectCount: number,
): Promise<RequestPlan> {
  const headers = new Headers();
  for (const [name, value] of plan.ownFields) headers.append(name, value);
  const before = [...headers];
  const { method, url } = plan;
  await owner.settings.hooks.beforeRequest!({ method, url, headers, redirectCount });
  const after = [...headers];
  const isSame = after.length === before.length &&
    after.every(([name, value], at) => name === before[at][0] && value === before[at][1]);
  return isSame ? plan : withOwnFields(plan, after, owner.standard);
}

/** Calls the hook; where it fails nobody will read the answer. */
async function afterResponse({ settings }: CourseOwner, response: HttpResponse): Promise<void> {
  try {
    await settings.hooks.afterResponse!(response);
  } catch (error) {
    await response.discard();
    throw error;
  }
}

/** The plan to try once more with, after resting, where the answer leads to that; `null` otherwise. */
async function retried(
  owner: CourseOwner,
  plan: RequestPlan,
  response: HttpResponse,
  retry: number,
): Promise<RequestPlan | null> {
  const { status } = response;
  // A cache says the same again, and tells nothing of how the target does.
  if (status < 400 || response.fromCache) return null;
  const afterMs = retryAfterMs(response.headers.get("retry-after"), Date.now());
  if (isOverload(status)) owner.onOverload(plan, afterMs);
  if (!plan.retriesAnswers || !plan.isRepeatable || plan.maxRetries < 1) return null;
  const { retry: rules } = plan;
  if (statusRetryMs(rules, status, afterMs && 0, retry) === null) return null;
  const target = owner.targetAgain(plan);
  // Another client IP has not been told to wait.
  const restMs = target === plan.target ? afterMs : afterMs && 0;
  const delayMs = statusRetryMs(rules, status, restMs, retry);
  // An answer in time is better than none: where the rest takes too long, this one is given out.
  if (delayMs === null || clockNow() + delayMs >= plan.deadlineAt) return null;
  if (!owner.tryRetry(plan.target)) return null;
  const { method, url } = plan;
  const { beforeRetry } = owner.settings.hooks;
  const event = { method, url, attempt: retry, delayMs, response };
  if (beforeRetry !== undefined && await beforeRetry(event) === false) return null;
  const { tap } = owner.settings;
  if (tap.isOn) {
    tellStep(tap, "retry", plan.target, `${method} ${url} in ${Math.ceil(delayMs)} ms: ${status}`);
  }
  await response.discard();
  await owner.rest(plan, delayMs);
  return { ...plan, target, maxRetries: plan.maxRetries - 1 };
}

/** What to ask for after a redirect; `null` where the answer is none to follow. */
async function redirected(
  owner: CourseOwner,
  plan: RequestPlan,
  response: HttpResponse,
  before: readonly Redirect[],
): Promise<{ plan: RequestPlan; redirects: Redirect[] } | null> {
  if (!isRedirect(response.status) || plan.redirect === "manual") return null;
  if (!response.headers.has("location")) return null;
  try {
    const location = locationOf(response.parts().fields, plan.url);
    const next = nextRequest(plan, response.status, location, before);
    const redirects = [...before, { status: response.status, url: plan.url, location }];
    const { beforeRedirect } = owner.settings.hooks;
    if (beforeRedirect !== undefined) {
      const { method, url } = next;
      const event = { response, method, url: url.href, redirectCount: redirects.length };
      if (await beforeRedirect(event) === false) return null;
    }
    const { tap } = owner.settings;
    if (tap.isOn) {
      tellStep(tap, "redirect", plan.target, `${response.status} to ${next.url.href}`);
    }
    await response.discard();
    const target = owner.targetAfter(plan, next.url);
    return { plan: redirectedPlan(plan, next, target, owner.standard), redirects };
  } catch (error) {
    await response.discard();
    throw error;
  }
}
