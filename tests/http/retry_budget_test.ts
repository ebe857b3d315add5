import { assertEquals } from "@std/assert";
import { RetryBudget } from "../../src/http/retry_budget.ts";

Deno.test("a reserve is there without any request, and fills up within ten seconds", () => {
  const budget = new RetryBudget({ requestCount: 0 }, 0.2, 10);
  for (let n = 0; n < 10; n++) assertEquals(budget.tryTake(0), true);
  assertEquals(budget.tryTake(0), false);
  assertEquals([budget.left(999), budget.left(1_000), budget.left(5_000)], [0, 1, 5]);
  assertEquals([budget.left(10_000), budget.left(99_000)], [10, 10]);
});

Deno.test("each request pays in its share, what was paid in counts for a thousand of them", () => {
  const target = { requestCount: 0 };
  const budget = new RetryBudget(target, 0.2, 0);
  assertEquals(budget.tryTake(0), false);
  target.requestCount = 10;
  assertEquals([budget.tryTake(0), budget.tryTake(0), budget.tryTake(0)], [true, true, false]);
  target.requestCount = 1_000_000;
  assertEquals(budget.left(0), 200);
});

Deno.test("a ratio and a reserve of 0 leave no retries", () => {
  const target = { requestCount: 0 };
  const budget = new RetryBudget(target, 0, 0);
  target.requestCount = 5_000;
  assertEquals(budget.tryTake(1_000_000), false);
});
