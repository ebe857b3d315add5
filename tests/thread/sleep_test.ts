import { assertEquals, assertRejects } from "@std/assert";
import { sleep } from "../../src/thread/sleep.ts";
import { spawn, wait } from "../../src/thread/mod.ts";
import { testOnManualClock } from "../support/clock.ts";

testOnManualClock("sleep ends when its time has come, not before", async (clock) => {
  const sleeper = spawn(sleep, 100);
  await clock.advance(99);
  assertEquals(sleeper.status, "suspended");
  await clock.advance(1);
  assertEquals((await wait(sleeper)).ok, true);
});

testOnManualClock("sleep(0) waits for the clock's next alarm all the same", async (clock) => {
  let woke = false;
  sleep(0).then(() => woke = true);
  await Promise.resolve();
  assertEquals(woke, false);
  await clock.advance(0);
  assertEquals(woke, true);
});

testOnManualClock("sleep rounds fractions up", async (clock) => {
  let woke = false;
  sleep(1.5).then(() => woke = true);
  await clock.advance(1);
  assertEquals(woke, false);
  await clock.advance(1);
  assertEquals(woke, true);
});

testOnManualClock(
  "a sleep of longer than a platform timer can hold goes on until its end",
  async (clock) => {
    let woke = false;
    const days40 = 40 * 86_400_000;
    sleep(days40).then(() => woke = true);
    await clock.advance(days40 - 1);
    assertEquals(woke, false);
    await clock.advance(1);
    assertEquals(woke, true);
  },
);

Deno.test("31: sleep(-1) is refused, and so is what is no number", async () => {
  for (const ms of [-1, NaN, undefined as unknown as number]) {
    await assertRejects(() => sleep(ms), RangeError, "not a duration");
  }
});

Deno.test("a sleep on the platform's clock ends", async () => {
  await sleep(1);
});
