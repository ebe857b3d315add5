/**
 * What follows from a stored head, worked out once: hits come often, heads change seldom.
 *
 * @module
 */

import { parseHttpDate } from "../../protocol/http1/http_date.ts";
import { directivesOf } from "./directives.ts";
import type { StoredHead } from "./entry.ts";
import { valueOf } from "./fields.ts";
import { currentAgeOf, lifetimeOf, type Rules } from "./freshness.ts";

/** A stored head's consequences under the rules of one cache. */
export class Policy {
  /** From its generation on, in milliseconds. */
  readonly lifetimeMs: number;
  /** Until when it is fresh, in milliseconds since the epoch. */
  readonly freshUntil: number;
  /** Whether it must never be used without asking (`no-cache`, or doubt). */
  readonly mustValidate: boolean;
  /** Whether it must not be used once stale, not even disconnected (RFC 9111 §4.2.4). */
  readonly forbidsStale: boolean;
  /** Whether nobody need ask while it is fresh, even one who reloads (RFC 8246). */
  readonly isImmutable: boolean;
  /** Milliseconds past its lifetime in which it may be used while it is validated (RFC 5861 §3). */
  readonly whileRevalidateMs: number;
  /** Milliseconds past its lifetime in which it may be used in place of an error (RFC 5861 §4). */
  readonly ifErrorMs: number;
  /** Its entity tag. */
  readonly etag: string | null;
  /** Its `Last-Modified`, as it came. */
  readonly lastModified: string | null;
  /** When it was generated, as far as is known. */
  readonly date: number;

  /** Works it out. */
  constructor(head: StoredHead, rules: Rules) {
    const { directives } = directivesOf(head.fields, rules.targets);
    this.lifetimeMs = lifetimeOf(head.status, head.fields, head.responseTime, rules).ms;
    this.freshUntil = head.responseTime + this.lifetimeMs - head.initialAgeMs;
    this.mustValidate = head.isDoubtful || directives.hasUnqualified("no-cache");
    // RFC 9111 §5.2.2: a shared cache reads `must-revalidate` in proxy-revalidate and s-maxage too.
    this.forbidsStale = this.mustValidate || directives.has("must-revalidate") ||
      rules.isShared && (directives.has("proxy-revalidate") || directives.has("s-maxage"));
    this.isImmutable = directives.has("immutable");
    this.whileRevalidateMs = directives.milliseconds("stale-while-revalidate") ?? 0;
    this.ifErrorMs = directives.milliseconds("stale-if-error") ?? 0;
    this.etag = valueOf(head.fields, "etag");
    this.lastModified = valueOf(head.fields, "last-modified");
    this.date = parseHttpDate(valueOf(head.fields, "date"), head.responseTime) ?? head.responseTime;
  }

  /** Milliseconds since it was fresh last; negative while it is. */
  stalenessAt(now: number): number {
    return now - this.freshUntil;
  }
}

const policies = new WeakMap<StoredHead, Policy>();

/** The policy of a head, worked out the first time. A head belongs to one cache, and to its rules. */
export function policyOf(head: StoredHead, rules: Rules): Policy {
  let policy = policies.get(head);
  if (policy === undefined) {
    policy = new Policy(head, rules);
    policies.set(head, policy);
  }
  return policy;
}

/** What `Age` says of a stored response: whole seconds. */
export function ageField(head: StoredHead, now: number): string {
  return String(Math.floor(currentAgeOf(head, now) / 1000));
}
