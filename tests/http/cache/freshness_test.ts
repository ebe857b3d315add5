import { assert, assertEquals } from "@std/assert";
import type { Field } from "../../../src/protocol/http1/headers.ts";
import { formatHttpDate } from "../../../src/protocol/http1/http_date.ts";
import type { StoredHead } from "../../../src/http/cache/entry.ts";
import {
  currentAgeOf,
  initialAgeOf,
  lifetimeOf,
  type Rules,
} from "../../../src/http/cache/freshness.ts";
import { Policy } from "../../../src/http/cache/policy.ts";
import { maySurviveError, PLAIN_WISH, verdictOn } from "../../../src/http/cache/wish.ts";
import { Random } from "../../support/random.ts";

const PRIVATE: Rules = { isShared: false, targets: [] };
const SHARED: Rules = { isShared: true, targets: [] };
const T = Date.UTC(2030, 0, 1);

function headOf(fields: readonly Field[], requestTime = T, responseTime = T): StoredHead {
  return {
    url: "http://a/",
    status: 200,
    reason: "OK",
    fields,
    vary: [],
    requestTime,
    responseTime,
    initialAgeMs: initialAgeOf(fields, requestTime, responseTime),
    bodyLength: 0,
    part: null,
    isDoubtful: false,
  };
}

Deno.test("4.2.3 the age at the coming is the larger of what Date and what Age say", () => {
  const age = (fields: readonly Field[], delayMs = 0) =>
    initialAgeOf(fields, T - delayMs, T) / 1000;
  assertEquals(age([]), 0);
  assertEquals(age([["date", formatHttpDate(T - 10_000)]]), 10);
  assertEquals(age([["date", formatHttpDate(T + 10_000)]]), 0);
  assertEquals(age([["age", "7"]]), 7);
  assertEquals(age([["age", "7"], ["date", formatHttpDate(T - 10_000)]]), 10);
  // What it took to come is added to Age, which was true when it left.
  assertEquals(age([["age", "7"]], 5_000), 12);
  assertEquals(age([], 5_000), 5);
});

Deno.test("4.2.3 it grows with the time that it rests, and never shrinks", () => {
  const head = headOf([["age", "3"]]);
  assertEquals([T, T + 5_000, T - 5_000].map((now) => currentAgeOf(head, now)), [
    3_000,
    8_000,
    3_000,
  ]);
});

Deno.test("4.2.1 a lifetime never grows with more restrictive words", () => {
  const random = new Random(11);
  for (let n = 0; n < 2_000; n++) {
    const seconds = random.below(1_000);
    const fields: Field[] = [["cache-control", `max-age=${seconds}`]];
    if (random.below(2)) fields.push(["expires", formatHttpDate(T + 1000 * random.below(2_000))]);
    const alone = lifetimeOf(200, fields, T, PRIVATE).ms;
    const more: Field[] = [...fields, ["cache-control", `max-age=${random.below(1_000)}`]];
    assert(lifetimeOf(200, more, T, PRIVATE).ms <= alone);
    assertEquals(alone, 1000 * seconds);
  }
});

Deno.test("4.2.2 a guess is a tenth of the rest since the change, and ends with a day", () => {
  const guess = (seconds: number) =>
    lifetimeOf(200, [["last-modified", formatHttpDate(T - 1000 * seconds)]], T, PRIVATE);
  assertEquals(guess(1_000), { ms: 100_000, isExplicit: false });
  assertEquals(guess(10 ** 9).ms, 86_400_000);
  assertEquals(guess(-5).ms, 0);
});

Deno.test("what is stale once stays stale: the verdict never gets better with time", () => {
  const random = new Random(21);
  const rank = { "use": 0, "use and validate behind": 1, "validate": 2 };
  for (let n = 0; n < 500; n++) {
    const control = [
      `max-age=${random.below(100)}`,
      random.of(["", "must-revalidate", "no-cache", "immutable", "proxy-revalidate"]),
      random.of(["", `stale-while-revalidate=${random.below(100)}`]),
      random.of(["", `stale-if-error=${random.below(100)}`]),
    ].filter((word) => word !== "").join(", ");
    const rules = random.of([PRIVATE, SHARED]);
    const policy = new Policy(
      headOf([["cache-control", control], ["age", `${random.below(50)}`]]),
      rules,
    );
    const wish = {
      ...PLAIN_WISH,
      maxStaleMs: 1000 * random.below(50),
      ifErrorMs: 1000 * random.below(50),
    };
    let worst = 0;
    let survives = true;
    for (let second = 0; second < 300; second += 7) {
      const verdict = rank[verdictOn(policy, wish, T + 1000 * second)];
      assert(verdict >= worst, control);
      worst = verdict;
      const surviving = maySurviveError(policy, wish, T + 1000 * second);
      assert(survives || !surviving, control);
      survives = surviving;
    }
    assertEquals(worst, 2, control);
  }
});
