import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { AbortedError, KilledError, TimeoutError } from "../../src/errors.ts";
import { kill, spawn } from "../../src/thread/mod.ts";
import { runOutside } from "../../src/thread/frame.ts";
import { WaitQueue } from "../../src/thread/queue.ts";
import {
  type AbandonReason,
  park,
  refusal,
  type Waiter,
  type WaitPlace,
} from "../../src/thread/wait.ts";
import { testOnManualClock, turns } from "../support/clock.ts";
import { Random } from "../support/random.ts";

/** A place that keeps its waiters in a queue and its books on who left. */
class Place implements WaitPlace {
  readonly waitingOn = "a test";
  readonly queue = new WaitQueue<string>();
  readonly withdrawn: AbandonReason[] = [];
  better: Error | undefined;

  park(options?: { timeoutMs?: number; signal?: AbortSignal }): Waiter<string> {
    const waiter = park<string>(this, options);
    this.queue.push(waiter);
    return waiter;
  }

  withdraw(waiter: Waiter<unknown>, reason: AbandonReason): Error | void {
    this.queue.remove(waiter as Waiter<string>);
    this.withdrawn.push(reason);
    return this.better;
  }
}

Deno.test("a wait ends once, by whoever comes first", async () => {
  const place = new Place();
  const waiter = place.park();
  place.queue.shift();
  assertEquals([waiter.wake("first"), waiter.wake("second")], [true, false]);
  assertEquals(waiter.fail(new Error("late")), false);
  waiter.abandon("killed", new Error("later"));
  assertEquals(await waiter.promise, "first");
  assertEquals([place.withdrawn, waiter.isParked], [[], false]);
});

testOnManualClock(
  "an abandoned wait is withdrawn from its place before it fails",
  async (clock) => {
    const place = new Place();
    const abort = new AbortController();
    const timed = assertRejects(
      () => place.park({ timeoutMs: 10 }).promise,
      TimeoutError,
      "a test: timeout",
    );
    const aborted = assertRejects(() => place.park({ signal: abort.signal }).promise, AbortedError);
    let error: unknown;
    const thread = spawn(() => place.park().promise.catch((caught) => error = caught));
    const stays = place.park();
    assertEquals(place.queue.size, 4);
    await clock.advance(10);
    abort.abort();
    kill(thread);
    assertEquals(place.withdrawn, ["timeout", "aborted", "killed"]);
    assertStrictEquals(place.queue.first, stays);
    assertEquals(place.queue.size, 1);
    await timed;
    await aborted;
    await turns();
    assertEquals(error instanceof KilledError, true);
    stays.wake("on time");
    assertEquals(await stays.promise, "on time");
  },
);

testOnManualClock("a place that knows better says with which error a wait fails", async (clock) => {
  const place = new Place();
  place.better = new Error("better");
  const failed = assertRejects(() => place.park({ timeoutMs: 1 }).promise, Error, "better");
  await clock.advance(1);
  await failed;
});

Deno.test("a queue gives its waiters in the order in which they came, whoever left meanwhile", () => {
  const random = new Random(12);
  for (let round = 0; round < 100; round++) {
    const place = new Place();
    const model: Waiter<string>[] = [];
    for (let step = 0; step < 60; step++) {
      const action = random.below(4);
      if (action < 2) {
        model.push(place.park());
      } else if (action === 2) {
        assertStrictEquals(place.queue.shift(), model.shift() ?? null);
      } else if (model.length > 0) {
        const [left] = model.splice(random.below(model.length), 1);
        left.promise.catch(() => {});
        left.abandon("aborted", new Error("left"));
      }
      assertEquals(place.queue.size, model.length);
      assertStrictEquals(place.queue.first, model[0] ?? null);
    }
  }
});

Deno.test("code that is run outside is out of reach of its thread's kill", async () => {
  const place = new Place();
  let own: Waiter<string> | undefined;
  let outside: Waiter<string> | undefined;
  const thread = spawn(async () => {
    outside = runOutside(() => {
      assertEquals(refusal(), null);
      return place.park();
    });
    own = place.park();
    await own.promise;
  });
  kill(thread);
  assertEquals([own!.isParked, outside!.isParked], [false, true]);
  await turns();
});
