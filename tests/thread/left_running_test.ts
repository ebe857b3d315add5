import { assertEquals, assertInstanceOf } from "@std/assert";
import { KilledError, TimeoutError } from "../../src/errors.ts";
import { deadline } from "../../src/thread/deadline.ts";
import { Semaphore } from "../../src/thread/semaphore.ts";
import { sleep } from "../../src/thread/sleep.ts";
import { yieldNow } from "../../src/thread/yield.ts";
import { current, kill, type LightThread, list, spawn, wait } from "../../src/thread/mod.ts";
import { testOnManualClock, turns } from "../support/clock.ts";

/** Spawns a thread that ends at once and leaves something running until the gate opens. */
function leaveBehind(rest: () => unknown, before: () => unknown = () => {}) {
  const gate = Promise.withResolvers<void>();
  const told = Promise.withResolvers<unknown>();
  const thread = spawn(async () => {
    await before();
    void gate.promise.then(rest).then(told.resolve, told.reject);
  });
  return { thread, told: told.promise, open: gate.resolve };
}

Deno.test("what an ended thread has left running counts as outside every thread", async () => {
  let child: LightThread<unknown> | null = null;
  const { thread, told, open } = leaveBehind(async () => {
    const self = current();
    child = spawn(yieldNow);
    await Promise.all([yieldNow(), sleep(0)]);
    return [self, child.parent, (await wait(child)).ok];
  });
  assertEquals((await wait(thread)).ok, true);
  open();
  assertEquals(await told, [null, null, true]);
  assertEquals(list(), []);
});

const KNOWING: Record<string, () => unknown> = {
  "has asked who it is": () => current(),
  "has spawned": () => wait(spawn(() => {})),
};

for (const [how, before] of Object.entries(KNOWING)) {
  Deno.test(`what a thread that ${how} leaves running stays that thread's`, async () => {
    const { thread, told, open } = leaveBehind(() => [current(), spawn(() => {}).parent], before);
    await wait(thread);
    open();
    assertEquals(await told, [thread, thread]);
  });
}

Deno.test("a child may be waited on by what its ended parent has left running", async () => {
  let child: LightThread<string>;
  const { thread, told, open } = leaveBehind(
    async () => (await wait(child)).ok,
    () => void (child = spawn(() => "child")),
  );
  await wait(thread);
  open();
  assertEquals(await told, true);
});

Deno.test("what waits when its thread ends stays that thread's", async () => {
  const semaphore = new Semaphore();
  const seen: unknown[] = [];
  const waits = [() => yieldNow(), () => semaphore.wait(), () => deadline(1_000, yieldNow)];
  const threads = waits.map((each) =>
    spawn(() => void each().then(() => seen.push(current(), yieldNow())))
  );
  semaphore.post();
  await turns(3);
  assertEquals(seen.filter((each) => !(each instanceof Promise)).length, 3);
  for (const thread of threads) {
    assertEquals([seen.includes(thread), thread.status], [true, "zombie"]);
  }
  for (const thread of threads) kill(thread);
});

Deno.test("what a killed thread has left running is refused every wait", async () => {
  const gate = Promise.withResolvers<void>();
  let error: unknown;
  const thread = spawn(async () => {
    void gate.promise.then(() => yieldNow()).catch((caught) => error = caught);
    await sleep(60_000);
  });
  kill(thread);
  await turns();
  gate.resolve();
  await turns();
  assertInstanceOf(error, KilledError);
});

testOnManualClock("what an ended thread has left running keeps its deadline", async (clock) => {
  let left: ReturnType<typeof leaveBehind>;
  await deadline(10, async () => {
    left = leaveBehind(() => sleep(60_000));
    await wait(left.thread);
  });
  left!.open();
  const failed = left!.told.catch((error) => error);
  await clock.advance(10);
  const error = await failed;
  assertInstanceOf(error, TimeoutError);
  assertEquals(error.phase, "deadline");
});
