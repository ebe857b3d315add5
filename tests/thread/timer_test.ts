import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { ClosedError } from "../../src/errors.ts";
import {
  Channel,
  current,
  deadline,
  kill as killThread,
  list,
  Semaphore,
  shutdown,
  sleep,
  spawn,
  wait,
  yieldNow,
} from "../../src/thread/mod.ts";
import { at, every, kill, Timer } from "../../src/thread/timer.ts";
import { testOnManualClock, turns } from "../support/clock.ts";
import { logOf } from "../support/log.ts";

testOnManualClock(
  "31: a timer calls once, at its time, with premature false and its arguments",
  async (clock) => {
    const calls: unknown[] = [];
    const timer = at(50, (...args) => calls.push(args), "a", 2);
    await clock.advance(49);
    assertEquals([calls, timer.isPending], [[], true]);
    await clock.advance(1);
    assertEquals([calls, timer.isPending], [[[false, "a", 2]], false]);
    await clock.advance(1_000);
    assertEquals([calls.length, clock.pending], [1, 0]);
  },
);

for (
  const [name, rest] of [
    ["yields", () => yieldNow()],
    ["sleeps no time", () => sleep(0)],
    ["waits for a semaphore", (other: Semaphore) => other.wait()],
  ] as const
) {
  Deno.test(`31: at(0) runs when its setter ${name}, not before`, async () => {
    const order: string[] = [];
    const semaphore = new Semaphore();
    const thread = spawn(async () => {
      at(0, () => {
        order.push("timer");
        semaphore.post();
      });
      order.push("setter");
      await rest(semaphore);
      order.push("setter again");
    });
    assertEquals(order, ["setter"]);
    await wait(thread);
    assertEquals(order, ["setter", "timer", "setter again"]);
  });
}

testOnManualClock("31: at(0) needs no time to pass", async (clock) => {
  let isCalled = false;
  at(0, () => isCalled = true);
  assertEquals(isCalled, false);
  await yieldNow();
  assertEquals([isCalled, clock.now(), clock.pending], [true, 0, 0]);
});

testOnManualClock(
  "31: equal delays keep their order, others the order of their times",
  async (clock) => {
    const order: string[] = [];
    for (const name of ["a", "b", "c"]) at(20, () => order.push(name));
    at(10, () => order.push("early"));
    for (const name of ["x", "y"]) at(0, () => order.push(name));
    await clock.advance(10);
    for (const name of ["d"]) at(10, () => order.push(name));
    await clock.advance(10);
    assertEquals(order, ["x", "y", "early", "a", "b", "c", "d"]);
  },
);

testOnManualClock(
  "31: what is pending at a shutdown is called with premature true, in order",
  async (clock) => {
    const calls: unknown[] = [];
    at(900, (...args) => calls.push(args), "first");
    at(100, (...args) => calls.push(args), "second");
    const ticks = every(10, (premature) => calls.push(premature));
    await shutdown();
    assertEquals(calls, [[true, "first"], [true, "second"], true]);
    assertEquals([ticks.isPending, clock.pending], [false, 0]);
  },
);

testOnManualClock(
  "31: during a shutdown at(0) is called, and a later timer is refused",
  async () => {
    const calls: unknown[] = [];
    at(100, () => {
      for (const set of [() => at(1, () => calls.push("never")), () => every(1, () => {})]) {
        const error = assertThrows(set, ClosedError, "process exiting");
        calls.push(error.code);
      }
      at(0, (premature) => calls.push(premature));
    });
    await shutdown();
    assertEquals(calls, ["process exiting", "process exiting", true]);
    assertEquals(kill(at(1, () => {})), true);
  },
);

Deno.test("31: sleep(-1), and a timer for a time that is none, are refused", async () => {
  await assertRejects(() => sleep(-1), RangeError, "-1 is not a duration");
  for (const ms of [-1, NaN]) assertThrows(() => at(ms, () => {}), RangeError, "not a duration");
  for (const ms of [0, -1, NaN]) assertThrows(() => every(ms, () => {}), RangeError, "not above 0");
  assertThrows(() => at(1, "x" as unknown as () => void), TypeError, "not a function");
  assertThrows(() => kill({} as Timer), TypeError, "not a timer");
});

testOnManualClock(
  "kill takes a timer back, and says whether there was something to take",
  async (clock) => {
    let calls = 0;
    const count = () => calls++;
    const timer = at(10, count);
    assertEquals([kill(timer), kill(timer), timer.isPending], [true, false, false]);
    const now = at(0, count);
    assertEquals(kill(now), true);
    const done = at(5, count);
    await clock.advance(5);
    assertEquals(kill(done), false);
    await clock.advance(100);
    assertEquals([calls, clock.pending], [1, 0]);
  },
);

testOnManualClock(
  "every calls at each interval until it is killed, also from within",
  async (clock) => {
    const times: number[] = [];
    const ticks = every(10, (premature, word) => {
      assertEquals([premature, word], [false, "tick"]);
      times.push(clock.now());
      if (times.length === 3) assertEquals(kill(ticks), true);
    }, "tick");
    await clock.advance(100);
    assertEquals([times, ticks.isPending, clock.pending], [[10, 20, 30], false, 0]);
  },
);

testOnManualClock(
  "a callback runs in a thread of its own, nobody's child, without its setter's deadline",
  async (clock) => {
    const seen: unknown[] = [];
    const setter = spawn(() =>
      deadline(50, () => {
        at(100, async function tick() {
          const me = current()!;
          seen.push(me.name, me.parent, me === setter);
          await sleep(1_000);
          seen.push("slept");
        });
      })
    );
    await wait(setter);
    await clock.advance(100);
    assert(list().some(({ name, parent }) => name === "timer tick" && parent === null));
    await clock.advance(1_000);
    assertEquals(seen, ["timer tick", null, false, "slept"]);
  },
);

testOnManualClock("a slow callback of every does not hold the next one back", async (clock) => {
  const started: number[] = [];
  const ticks = every(10, async () => {
    started.push(clock.now());
    await sleep(25);
  });
  await clock.advance(30);
  kill(ticks);
  await clock.advance(100);
  assertEquals([started, list().length], [[10, 20, 30], 0]);
});

testOnManualClock(
  "a killed thread's timers end with it, those of one that just ends go on",
  async (clock) => {
    const calls: string[] = [];
    const channel = new Channel<never>();
    const killed = spawn(async () => {
      at(0, () => calls.push("killed's at(0)"));
      at(10, () => calls.push("killed's at"));
      every(10, () => calls.push("killed's every"));
      await channel.receive();
    });
    const ended = spawn(() => at(10, () => calls.push("ended's at")));
    const end = await wait(ended);
    assert(end.ok && end.value instanceof Timer);
    const survivor = spawn(async () => {
      at(10, () => calls.push("other's"));
      await sleep(20);
    });
    killThread(killed);
    await clock.advance(50);
    assertEquals(calls, ["ended's at", "other's"]);
    assertEquals((await wait(survivor)).ok, true);
    assertEquals(clock.pending, 0);
  },
);

testOnManualClock("a callback that was called goes on when the setter is killed", async (clock) => {
  let isOver = false;
  const setter = spawn(async () => {
    at(10, async () => {
      await sleep(10);
      isOver = true;
    });
    await sleep(1_000);
  });
  await clock.advance(10);
  killThread(setter);
  await clock.advance(10);
  assertEquals(isOver, true);
});

Deno.test("an error of a callback is logged with the timer's name, and the others go on", async () => {
  let calls = 0;
  const log = await logOf(async (clock) => {
    const ticks = every(10, function bad() {
      calls++;
      throw new Error(`no ${calls}`);
    });
    at(5, () => Promise.reject(new Error("later")));
    await clock.advance(20);
    kill(ticks);
  });
  assertEquals(calls, 2);
  assertMatch(log, /\(timer bad\).* ended with an error: Error: no 1\n/);
  assertMatch(log, /\(timer bad\).* ended with an error: Error: no 2\n/);
  assertMatch(log, /\(timer anonymous\).* ended with an error: Error: later\n/);
});

Deno.test("on the system's clock timers call, and a pending one keeps the process alive", async () => {
  const { promise, resolve } = Promise.withResolvers<[boolean, string]>();
  const timer = at(1, (premature, word) => resolve([premature, word]), "real");
  assertEquals(await promise, [false, "real"]);
  assertStrictEquals(timer.isPending, false);
  await turns();
});
