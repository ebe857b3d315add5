import { assertEquals, assertRejects } from "@std/assert";
import { TimeoutError } from "../../src/errors.ts";
import { Channel } from "../../src/thread/channel.ts";
import { installClock } from "../../src/thread/clock.ts";
import { deadline } from "../../src/thread/deadline.ts";
import { Semaphore } from "../../src/thread/semaphore.ts";
import { sleep } from "../../src/thread/sleep.ts";
import { yieldNow } from "../../src/thread/yield.ts";
import { current, kill, spawn, wait, waitAll } from "../../src/thread/mod.ts";
import { testOnManualClock, turns } from "../support/clock.ts";

/** Expects a wait to fail by the deadline, not by a timeout of its own. */
async function assertDeadline(fn: () => Promise<unknown>): Promise<void> {
  const error = await assertRejects(fn, TimeoutError, "deadline");
  assertEquals([error.code, error.phase], ["timeout", "deadline"]);
}

Deno.test("a deadline gives what its function gives", async () => {
  assertEquals(await deadline(1_000, () => 1), 1);
  assertEquals(await deadline(1_000, async () => (await yieldNow(), 2)), 2);
  await assertRejects(() => deadline(1_000, () => Promise.reject(new Error("own"))), Error, "own");
});

testOnManualClock("a deadline ends whatever wait is going on", async (clock) => {
  const semaphore = new Semaphore();
  const channel = new Channel<number>();
  const unknown = Promise.withResolvers<void>();
  const waits: (() => Promise<unknown>)[] = [
    () => sleep(60_000),
    () => semaphore.wait(),
    () => channel.receive(),
    () => channel.send(1),
    () => wait(spawn(() => unknown.promise)),
  ];
  for (const one of waits) {
    const over = assertDeadline(() => deadline(10, one));
    await clock.advance(10);
    await over;
  }
  assertEquals([semaphore.count(), channel.trySend(1), clock.pending], [0, false, 0]);
  unknown.resolve();
});

testOnManualClock(
  "a deadline ends several waits one after another by the same moment",
  async (clock) => {
    const over = assertDeadline(() =>
      deadline(25, async () => {
        for (;;) await sleep(10);
      })
    );
    await clock.advance(24);
    assertEquals(clock.pending, 1);
    await clock.advance(1);
    await over;
    assertEquals(clock.now(), 25);
  },
);

testOnManualClock("a wait with a shorter timeout of its own keeps it", async (clock) => {
  const semaphore = new Semaphore();
  const failed = deadline(100, () => semaphore.wait(10)).catch((error) => error.phase);
  await clock.advance(10);
  assertEquals(await failed, "wait");
});

Deno.test("a yield fails whose deadline passes before its turn", async () => {
  let now = 0;
  const before = installClock({ now: () => now, setAlarm: () => null, clearAlarm() {} });
  try {
    await assertDeadline(() =>
      deadline(10, () => {
        const turn = yieldNow();
        now = 10;
        return turn;
      })
    );
  } finally {
    installClock(before);
  }
});

testOnManualClock("past its deadline every wait fails at once", async (clock) => {
  const errors: unknown[] = [];
  const over = deadline(10, async () => {
    await sleep(20).catch((error) => errors.push(error));
    await yieldNow().catch((error) => errors.push(error));
    await new Semaphore(1).wait().catch((error) => errors.push(error));
    await deadline(1_000, () => 1).catch((error) => errors.push(error));
    return "caught";
  });
  await clock.advance(10);
  assertEquals(await over, "caught");
  assertEquals(errors.map((error) => (error as TimeoutError).phase), new Array(4).fill("deadline"));
});

testOnManualClock("children keep the deadline of the code that spawned them", async (clock) => {
  let grandchild = "";
  const child = await deadline(10, () =>
    spawn(async () => {
      await wait(spawn(() => sleep(60_000).catch((error) => grandchild = error.phase)));
      await sleep(60_000);
    }));
  const ending = wait(child);
  await clock.advance(10);
  const end = await ending;
  assertEquals([end.ok || (end.error as TimeoutError).phase, grandchild], ["deadline", "deadline"]);
});

testOnManualClock(
  "an inner deadline can shorten the outer one, never lengthen it",
  async (clock) => {
    const longer = assertDeadline(() => deadline(10, () => deadline(1_000, () => sleep(500))));
    await clock.advance(10);
    await longer;
    let after = "";
    const shorter = deadline(100, async () => {
      await deadline(10, () => sleep(50)).catch((error) => after += error.phase);
      await sleep(20);
      after += " and on";
    });
    await clock.advance(30);
    await shorter;
    assertEquals(after, "deadline and on");
  },
);

testOnManualClock(
  "a deadline inside a thread leaves the thread itself, and its kill, as they are",
  async (clock) => {
    const seen: unknown[] = [];
    const thread = spawn(async () => {
      const self = current();
      await deadline(1_000, async () => {
        seen.push(current() === self);
        await sleep(5);
      });
      seen.push(current() === self);
      await deadline(1_000, () => sleep(500));
    });
    await clock.advance(5);
    assertEquals(seen, [true, true]);
    assertEquals(thread.status, "suspended");
    assertEquals(kill(thread), true);
    assertEquals(clock.pending, 0);
  },
);

Deno.test("code outside every thread stays outside within a deadline", async () => {
  await deadline(1_000, async () => {
    assertEquals(current(), null);
    const child = spawn(yieldNow);
    assertEquals(child.parent, null);
    await waitAll(child);
  });
});

Deno.test("a deadline that is no duration is refused", async () => {
  for (const ms of [-1, NaN]) {
    await assertRejects(() => deadline(ms, () => {}), RangeError, "not a duration");
  }
  await turns();
});
