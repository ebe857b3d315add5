import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { KilledError, LocalProtocolError } from "../../src/errors.ts";
import { Semaphore } from "../../src/thread/semaphore.ts";
import { sleep } from "../../src/thread/sleep.ts";
import { yieldNow } from "../../src/thread/yield.ts";
import { kill, type LightThread, spawn, wait, waitAll } from "../../src/thread/mod.ts";
import { testOnManualClock, turns } from "../support/clock.ts";

Deno.test("18: of two that have ended the first argument wins, the other stays a zombie", async () => {
  const f = spawn(() => "f");
  const g = spawn(() => "g");
  const end = await wait(g, f);
  assertEquals([end.ok && end.value, f.status, g.status], ["g", "zombie", "dead"]);
  assertStrictEquals(end.thread, g);
  assertEquals((await wait(f)).ok, true);
  assertEquals(f.status, "dead");
});

testOnManualClock(
  "19: of two sleepers the quicker is given, the other sleeps on",
  async (clock) => {
    const f = spawn(sleep, 200);
    const g = spawn(sleep, 100);
    const ending = wait(f, g);
    await clock.advance(100);
    assertStrictEquals((await ending).thread, g);
    assertEquals([f.status, g.status], ["suspended", "dead"]);
    kill(f);
  },
);

Deno.test("20: a wait after a wait, and after a kill, is refused", async () => {
  const waited = spawn(() => 1);
  await wait(waited);
  const error = await assertRejects(
    () => wait(waited),
    LocalProtocolError,
    "already waited or killed",
  );
  assertEquals(error.code, "already waited or killed");
  assertEquals(kill(waited), false);
  const killed = spawn(sleep, 1_000);
  assertEquals(kill(killed), true);
  await assertRejects(() => wait(killed), LocalProtocolError, "already waited or killed");
  await assertRejects(() => waitAll(killed), LocalProtocolError, "already waited or killed");
  assertEquals(kill(killed), false);
});

Deno.test("20: kill of a zombie gives false and reaps it", async () => {
  const zombie = spawn(() => 1);
  assertEquals(kill(zombie), false);
  assertEquals(zombie.status, "dead");
  await assertRejects(() => wait(zombie), LocalProtocolError, "already waited or killed");
});

Deno.test("21: a wait on a thread that is no child of the caller is refused", async () => {
  const stranger = spawn(yieldNow);
  let grandchild: LightThread<void> | undefined;
  const end = await wait(spawn(async () => {
    grandchild = spawn(yieldNow);
    await assertRejects(() => wait(stranger), LocalProtocolError, "only its direct parent");
    await assertRejects(() => waitAll(stranger), LocalProtocolError, "only its direct parent");
    await yieldNow();
  }));
  assertEquals(end.ok, true);
  const error = await assertRejects(() => wait(grandchild!), LocalProtocolError);
  assertEquals(error.code, "not the parent");
  await wait(stranger);
});

testOnManualClock(
  "22: when a parent ends, its children go on and its zombies are reaped",
  async (clock) => {
    let zombie: LightThread<void> | undefined;
    let sleeper: LightThread<void> | undefined;
    let hasRun = false;
    await wait(spawn(() => {
      zombie = spawn(() => {});
      sleeper = spawn(async () => {
        await sleep(10);
        hasRun = true;
      });
      assertEquals(zombie.status, "zombie");
    }));
    assertEquals([zombie!.status, sleeper!.status], ["dead", "suspended"]);
    await clock.advance(10);
    assertEquals([hasRun, sleeper!.status], [true, "dead"]);
  },
);

testOnManualClock(
  "22: when a parent is killed, its children go on and its zombies are reaped",
  async (clock) => {
    let zombie: LightThread<void> | undefined;
    let hasRun = false;
    const parent = spawn(async () => {
      zombie = spawn(() => {});
      spawn(async () => {
        await sleep(10);
        hasRun = true;
      });
      await sleep(1_000);
    });
    kill(parent);
    assertEquals(zombie!.status, "dead");
    await clock.advance(10);
    assertEquals(hasRun, true);
  },
);

testOnManualClock(
  "24: after wait(a, b) gave a, the end of b wakes nobody by mistake",
  async (clock) => {
    const order: string[] = [];
    const parent = spawn(async () => {
      const a = spawn(sleep, 10);
      const b = spawn(sleep, 20);
      const first = await wait(a, b);
      order.push(first.thread === a ? "a" : "b");
      await sleep(100);
      order.push("slept");
      await new Semaphore().wait(5).catch(() => order.push("no post"));
      assertEquals(b.status, "zombie");
      order.push((await wait(b)).ok ? "b" : "failed");
    });
    await clock.advance(20);
    assertEquals(order, ["a"]);
    await clock.advance(89);
    assertEquals(order, ["a"]);
    await clock.advance(1);
    assertEquals(order, ["a", "slept"]);
    await clock.advance(5);
    assertEquals(order, ["a", "slept", "no post", "b"]);
    await wait(parent);
  },
);

testOnManualClock(
  "waitAll waits for the last and tells of all in the arguments' order",
  async (clock) => {
    const ended = spawn(() => 0);
    const slow = spawn(async () => {
      await sleep(20);
      return 1;
    });
    const failing = spawn(async (): Promise<number> => {
      await sleep(10);
      throw new Error("no");
    });
    const ends = waitAll(slow, failing, ended);
    let isOver = false;
    ends.then(() => isOver = true);
    await clock.advance(10);
    assertEquals(isOver, false);
    await clock.advance(10);
    assertEquals((await ends).map((end) => end.ok ? end.value : String(end.error)), [
      1,
      "Error: no",
      0,
    ]);
    assertEquals([slow, failing, ended].map((thread) => thread.status), ["dead", "dead", "dead"]);
  },
);

Deno.test("waitAll on nothing gives nothing, wait on nothing is refused", async () => {
  assertEquals(await waitAll(), []);
  await assertRejects(() => wait(), TypeError, "no light thread");
  await assertRejects(() => wait({} as LightThread<void>), TypeError, "not a light thread");
});

Deno.test("a thread given twice counts once", async () => {
  const thread = spawn(yieldNow);
  assertEquals((await wait(thread, thread)).thread === thread, true);
  const other = spawn(yieldNow);
  assertEquals((await waitAll(other, other)).length, 2);
});

Deno.test("a thread that is killed while it waits on its child ends, and the child goes on", async () => {
  let child: LightThread<void> | undefined;
  let error: unknown;
  const parent = spawn(async () => {
    child = spawn(yieldNow);
    try {
      await wait(child);
    } catch (caught) {
      error = caught;
    }
  });
  kill(parent);
  await turns(2);
  assertEquals(error instanceof KilledError, true);
  assertEquals(child!.hasEnded, true);
});
