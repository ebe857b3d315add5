/**
 * What only few requests ask for: an upgrade, a word before the body, early answers, trailers, a
 * request target of their own.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { LocalProtocolError } from "../errors.ts";
import { isToken, quoted } from "../protocol/http1/grammar.ts";
import type { Field } from "../protocol/http1/headers.ts";
import { trailerFields } from "../protocol/http1/trailers.ts";
import type { RequestOptions } from "./options.ts";
import type { PlanExtras, RequestPlan } from "./plan.ts";
import type { RequestBody } from "./request_body.ts";
import { pairsOf, span } from "./settings.ts";

/** How long a body waits for 100 Continue unless told; a server need not say it (RFC 9110 §10.1.1). */
const CONTINUE_MS = 1_000;

/**
 * What the options ask for beyond the usual; `null` for nothing.
 *
 * @throws {LocalProtocolError} Where it cannot be sent as it is asked for.
 */
export function extrasOf(options: RequestOptions, body: RequestBody | null): PlanExtras | null {
  const { upgrade, expectContinue, onInformational, trailers } = options;
  if (!upgrade && !expectContinue && !onInformational && !trailers) return null;
  if (upgrade && namesOf(upgrade).some((name) => !name.split("/").every(isToken))) {
    throw new LocalProtocolError(
      `Cannot send the request: upgrade ${quoted(upgrade)} names no protocol`,
    );
  }
  if (trailers && body === null) {
    throw new LocalProtocolError("Cannot send trailers: the request has no body");
  }
  const expectContinueMs = expectContinue === true ? CONTINUE_MS : expectContinue || 0;
  return {
    upgrade: upgrade || null,
    expectContinueMs: span("expectContinue", expectContinueMs, 0),
    onInformational: onInformational ? inCallersContext(onInformational) : null,
    trailers: trailers ? trailersOf(trailers) : null,
  };
}

/** Whether a request with these may stand in a pipeline: its end must be known, and so must what follows. */
export function mayPipelineWith(extras: PlanExtras | null): boolean {
  return extras === null ||
    (extras.upgrade === null && extras.trailers === null && extras.expectContinueMs === 0);
}

/**
 * The fields that stand for them in the head, beside those of the caller's own.
 *
 * @throws {LocalProtocolError} Where the caller's own fields say the opposite.
 */
export function extraFields(
  extras: PlanExtras,
  own: readonly Field[],
  body: RequestBody | null,
): Field[] {
  const fields: Field[] = [];
  const named = (name: string) => own.filter(([each]) => each.toLowerCase() === name);
  if (extras.upgrade !== null) {
    if (named("upgrade").length === 0) fields.push(["Upgrade", extras.upgrade]);
    // RFC 9110 §7.8: without it a proxy would hand Upgrade on to who cannot mean it.
    const options = named("connection").flatMap(([, value]) => namesOf(value));
    if (!options.includes("upgrade")) fields.push(["Connection", "Upgrade"]);
  }
  if (body === null) return fields;
  if (extras.expectContinueMs > 0 && named("expect").length > 0) {
    throw new LocalProtocolError("Cannot send the header Expect: expectContinue says it already");
  }
  if (extras.trailers === null) return fields;
  if (named("content-length").length > 0) {
    throw new LocalProtocolError(
      "Cannot send the header Content-Length: trailers only follow a chunked body",
    );
  }
  // RFC 9110 §6.6.2: who reads the head can then get ready for them.
  if (typeof extras.trailers !== "function" && named("trailer").length === 0) {
    const names = new Set(pairsOf(extras.trailers).map(([name]) => name));
    if (names.size > 0) fields.push(["Trailer", [...names].join(", ")]);
  }
  return fields;
}

/** Whether the body waits until the server wants it. */
export function expectsContinue(plan: RequestPlan): boolean {
  return plan.extras !== null && plan.extras.expectContinueMs > 0 && plan.bodyLength !== 0;
}

/** The same plan for a server that does not do expectations (RFC 9110 §15.5.18). */
export function withoutExpectation(plan: RequestPlan): RequestPlan {
  return { ...plan, extras: { ...plan.extras!, expectContinueMs: 0 } };
}

/** The names in a list, in lower case (RFC 9110 §5.6.1: an empty element says nothing). */
export function namesOf(list: string): string[] {
  return list.toLowerCase().split(",").map((name) => name.trim()).filter((name) => name !== "");
}

/**
 * What stands in the request line in place of the path (RFC 9112 §3.2).
 *
 * @throws {LocalProtocolError} Where it is neither `*` of `OPTIONS` nor `host:port` of `CONNECT`.
 */
export function givenTarget(target: string, method: string): string {
  if (target === "*" && method === "OPTIONS") return target;
  if (method === "CONNECT" && isAuthority(target)) return target;
  throw new LocalProtocolError(
    `Cannot send the request: requestTarget ${quoted(String(target))} is none of ${method}; ` +
      "OPTIONS may ask for *, CONNECT for host:port",
  );
}

/** RFC 9112 §3.2.3: a host and a port, which is never left out. */
function isAuthority(target: string): boolean {
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~%!$&'()*+,;=]+):([0-9]{1,5})$/.exec(target);
  return parts !== null && Number(parts[2]) > 0 && Number(parts[2]) < 65_536;
}

/** The connection calls it, and what it calls in turn is the caller's thread's affair. */
function inCallersContext<A extends unknown[], T>(fn: (...args: A) => T): (...args: A) => T {
  const inContext = AsyncLocalStorage.snapshot();
  return (...args) => inContext(fn, ...args);
}

/** Trailers that are known are checked before anything is sent. */
function trailersOf(
  trailers: NonNullable<RequestOptions["trailers"]>,
): NonNullable<PlanExtras["trailers"]> {
  if (typeof trailers === "function") return inCallersContext(trailers);
  const fields = pairsOf(trailers);
  trailerFields(fields);
  return fields;
}
