import { assert } from "@std/assert";
import { monotonicTime, now } from "../../src/codec/time.ts";

Deno.test("now is the time of day in seconds", () => {
  const before = Date.now();
  const seconds = now();
  const after = Date.now();
  // A clock that is being set back in between is nobody's fault here.
  if (after >= before) assert(seconds * 1000 >= before - 1 && seconds * 1000 <= after + 1);
});

Deno.test("monotonicTime is the performance clock in microseconds and never goes back", () => {
  const before = performance.now();
  const first = monotonicTime();
  const second = monotonicTime();
  const after = performance.now();
  assert(first <= second);
  assert(first >= before * 1000 && second <= after * 1000);
});
