import { assertEquals } from "@std/assert";
import { Alarm, clearAlarm, setAlarm } from "../../src/thread/alarms.ts";
import { type Clock, clockNow, installClock, systemClock } from "../../src/thread/clock.ts";
import { Semaphore } from "../../src/thread/semaphore.ts";
import { sleep } from "../../src/thread/sleep.ts";
import { testOnManualClock, turns } from "../support/clock.ts";
import { runProgram } from "../support/program.ts";
import { Random } from "../support/random.ts";

class Bell extends Alarm {
  readonly #ring: () => void;

  constructor(ring: () => void) {
    super();
    this.#ring = ring;
  }

  override onAlarm(): void {
    this.#ring();
  }
}

testOnManualClock(
  "alarms go off in the order of their times, equal ones in that of setting",
  async (clock) => {
    const rung: string[] = [];
    for (const [name, ms] of [["a", 20], ["b", 10], ["c", 20], ["d", 10], ["e", 0]] as const) {
      setAlarm(new Bell(() => rung.push(`${name}@${clockNow()}`)), ms);
    }
    await clock.advance(20);
    assertEquals(rung, ["e@0", "b@10", "d@10", "a@20", "c@20"]);
    assertEquals(clock.pending, 0);
  },
);

testOnManualClock(
  "alarms of different lengths that end together keep the order of setting",
  async (clock) => {
    const rung: string[] = [];
    setAlarm(new Bell(() => rung.push("long")), 20);
    await clock.advance(10);
    setAlarm(new Bell(() => rung.push("short")), 10);
    await clock.advance(10);
    assertEquals(rung, ["long", "short"]);
  },
);

testOnManualClock("any number of alarms needs one of the platform's", async (clock) => {
  const bells = Array.from({ length: 1_000 }, () => new Bell(() => {}));
  bells.forEach((bell, n) => setAlarm(bell, 1_000 + n));
  assertEquals(clock.pending, 1);
  for (const bell of bells) clearAlarm(bell);
  assertEquals(clock.pending, 0);
  clearAlarm(bells[0]);
  await clock.advance(5_000);
});

testOnManualClock(
  "an alarm may be set again, and others set and taken back, while one goes off",
  async (clock) => {
    const rung: string[] = [];
    const other = new Bell(() => rung.push("other"));
    const again = new Bell(() => {
      rung.push(`again@${clockNow()}`);
      if (clockNow() < 30) setAlarm(again, 10);
      if (clockNow() === 20) clearAlarm(other);
    });
    setAlarm(again, 10);
    setAlarm(other, 25);
    await clock.advance(100);
    assertEquals(rung, ["again@10", "again@20", "again@30"]);
    assertEquals(clock.pending, 0);
  },
);

testOnManualClock(
  "fractions of a millisecond are rounded up, and less than none is none",
  async (clock) => {
    const rung: number[] = [];
    setAlarm(new Bell(() => rung.push(clockNow())), 0.2);
    setAlarm(new Bell(() => rung.push(clockNow())), -5);
    await clock.advance(2);
    assertEquals(rung, [0, 1]);
  },
);

testOnManualClock(
  "random settings, takings back and steps of time ring what is due, in order",
  async (clock) => {
    const random = new Random(99);
    const set = new Map<Bell, { at: number; order: number }>();
    const rung: { at: number; now: number; order: number }[] = [];
    const bells: Bell[] = [];
    let order = 0;
    for (let step = 0; step < 400; step++) {
      for (let n = random.below(6); n > 0; n--) {
        const bell: Bell = new Bell(() => {
          rung.push({ ...set.get(bell)!, now: clockNow() });
          set.delete(bell);
        });
        const ms = random.below(40);
        set.set(bell, { at: clockNow() + ms, order: ++order });
        setAlarm(bell, ms);
        bells.push(bell);
      }
      if (bells.length > 0 && random.below(2) === 0) {
        const bell = random.of(bells);
        clearAlarm(bell);
        set.delete(bell);
      }
      if (random.below(3) === 0) await clock.advance(random.below(15));
      for (const { at } of set.values()) assertEquals(at >= clockNow(), true);
    }
    await clock.advance(50);
    assertEquals([set.size, clock.pending], [0, 0]);
    for (let n = 0; n < rung.length; n++) {
      assertEquals(rung[n].now, rung[n].at);
      if (n > 0) assertEquals(rung[n].at >= rung[n - 1].at, true);
    }
  },
);

testOnManualClock(
  "31: sleepers of equal length wake in the order in which they lay down",
  async (clock) => {
    const woken: number[] = [];
    for (let n = 0; n < 5; n++) sleep(10).then(() => woken.push(n));
    await clock.advance(10);
    assertEquals(woken, [0, 1, 2, 3, 4]);
  },
);

/** The system's clock, which tells what is asked of it. */
class WatchedClock implements Clock {
  readonly asked: string[] = [];
  readonly now = systemClock.now;

  setAlarm(callback: () => void, delayMs: number): unknown {
    this.asked.push("set");
    return systemClock.setAlarm(callback, delayMs);
  }

  clearAlarm(handle: unknown): void {
    this.asked.push("clear");
    systemClock.clearAlarm(handle);
  }

  soon(callback: () => void): void {
    systemClock.soon!(callback);
  }
}

function testOnWatchedClock(name: string, run: (clock: WatchedClock) => Promise<void>): void {
  Deno.test(name, async () => {
    const clock = new WatchedClock();
    const before = installClock(clock);
    try {
      await run(clock);
    } finally {
      installClock(before);
    }
  });
}

testOnWatchedClock("one wait after the other needs one alarm of the platform", async (clock) => {
  const semaphore = new Semaphore(0);
  for (let n = 0; n < 100; n++) {
    const waited = semaphore.wait(60_000);
    if (n % 2 === 0) await turns();
    else await null;
    semaphore.post();
    await waited;
  }
  assertEquals(clock.asked, ["set"]);
  await turns();
  assertEquals(clock.asked, ["set", "clear"]);
});

testOnWatchedClock(
  "what nobody waits for any more is gone before the next event",
  async (clock) => {
    const bell = new Bell(() => {});
    for (let n = 0; n < 2; n++) {
      setAlarm(bell, 60_000);
      clearAlarm(bell);
      await turns();
    }
    assertEquals(clock.asked, ["set", "clear", "set", "clear"]);
  },
);

testOnWatchedClock("an alarm that was kept goes off for whoever is due first", async (clock) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const other = new Bell(() => {});
  setAlarm(other, 60_000);
  clearAlarm(other);
  setAlarm(new Bell(resolve), 1);
  await promise;
  assertEquals(clock.asked, ["set", "clear", "set"]);
});

Deno.test("a program whose waits have been met ends at once, whatever their timeouts were", async () => {
  const { code, err } = await runProgram(`
    import { Semaphore } from "@lasa/lasa/thread";
    Deno.unrefTimer(setTimeout(() => Deno.exit(1), 30_000));
    const semaphore = new Semaphore(0);
    for (let n = 0; n < 3; n++) {
      const waited = semaphore.wait(3_600_000);
      setImmediate(() => semaphore.post());
      await waited;
    }
  `);
  assertEquals([code, err], [0, ""]);
});
