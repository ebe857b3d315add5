import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { TimeoutError } from "../../src/errors.ts";
import { Semaphore } from "../../src/thread/semaphore.ts";
import { yieldNow } from "../../src/thread/yield.ts";
import { kill, spawn, wait, waitAll } from "../../src/thread/mod.ts";
import { testOnManualClock, turns } from "../support/clock.ts";

Deno.test("26: a semaphore starts at 0, and wait(0) on it is a timeout", async () => {
  const semaphore = new Semaphore();
  assertEquals(semaphore.count(), 0);
  const error = await assertRejects(() => semaphore.wait(0), TimeoutError);
  assertEquals(error.code, "timeout");
});

Deno.test("26: a semaphore gives what it has without waiting", async () => {
  const semaphore = new Semaphore(2);
  await semaphore.wait(0);
  await semaphore.wait();
  assertEquals(semaphore.count(), 0);
});

Deno.test("27: three waiters count -3, and are woken first come, first served", async () => {
  const semaphore = new Semaphore();
  const order: string[] = [];
  const threads = ["a", "b", "c"].map((name) =>
    spawn(async () => {
      await semaphore.wait();
      order.push(name);
    })
  );
  assertEquals(semaphore.count(), -3);
  semaphore.post(1);
  assertEquals(semaphore.count(), -2);
  await turns();
  assertEquals(order, ["a"]);
  semaphore.post(3);
  assertEquals(semaphore.count(), 1);
  await waitAll(...threads);
  assertEquals(order, ["a", "b", "c"]);
});

Deno.test("28: nobody barges in: with waiters in line, wait(0) fails even right after a post", async () => {
  const semaphore = new Semaphore();
  const threads = [1, 2].map(() => spawn(() => semaphore.wait()));
  semaphore.post();
  await assertRejects(() => semaphore.wait(0), TimeoutError);
  assertEquals(semaphore.count(), -1);
  semaphore.post();
  await assertRejects(() => semaphore.wait(0), TimeoutError);
  assertEquals((await waitAll(...threads)).every((end) => end.ok), true);
});

Deno.test("29: posted waiters run after the poster's next wait, never inside post", async () => {
  const semaphore = new Semaphore();
  const order: string[] = [];
  const waiter = spawn(async () => {
    await semaphore.wait();
    order.push("woken");
  });
  const poster = spawn(async () => {
    semaphore.post();
    order.push("posted");
    await yieldNow();
    order.push("poster again");
  });
  await waitAll(waiter, poster);
  assertEquals(order, ["posted", "woken", "poster again"]);
});

Deno.test("30: a negative or broken count, and post(0), are refused", () => {
  for (const n of [-1, 1.5, NaN, Infinity]) {
    assertThrows(() => new Semaphore(n), RangeError, "whole number from 0");
  }
  const semaphore = new Semaphore();
  for (const n of [0, -1, 0.5, NaN]) {
    assertThrows(() => semaphore.post(n), RangeError, "whole number from 1");
  }
  assertEquals(semaphore.count(), 0);
});

testOnManualClock("a semaphore's wait gives up in time, and costs nobody a turn", async (clock) => {
  const semaphore = new Semaphore();
  const impatient = semaphore.wait(100);
  const patient = semaphore.wait();
  assertEquals(semaphore.count(), -2);
  const failed = assertRejects(() => impatient, TimeoutError, "semaphore");
  await clock.advance(100);
  await failed;
  assertEquals(semaphore.count(), -1);
  semaphore.post();
  await patient;
  assertEquals([semaphore.count(), clock.pending], [0, 0]);
});

Deno.test("a semaphore refuses a timeout that is no duration", async () => {
  for (const ms of [-1, NaN]) {
    await assertRejects(() => new Semaphore(1).wait(ms), RangeError, "not a duration");
  }
});

Deno.test("a post that wakes a thread which is killed before it runs is not lost to others", async () => {
  const semaphore = new Semaphore();
  let took = false;
  const woken = spawn(async () => {
    await semaphore.wait();
    took = true;
    semaphore.post();
  });
  semaphore.post();
  // The resource was handed over already: the killed thread has it, and gives it back itself.
  kill(woken);
  await turns();
  assertEquals([took, semaphore.count()], [true, 1]);
});

Deno.test("a semaphore keeps its number of threads at once", async () => {
  const places = new Semaphore(3);
  let inside = 0;
  let most = 0;
  const threads = Array.from({ length: 20 }, () =>
    spawn(async () => {
      await places.wait();
      most = Math.max(most, ++inside);
      await yieldNow();
      inside--;
      places.post();
    }));
  await waitAll(...threads);
  assertEquals([most, inside, places.count()], [3, 0, 3]);
  const last = spawn(() => places.wait());
  assertEquals((await wait(last)).ok, true);
});
