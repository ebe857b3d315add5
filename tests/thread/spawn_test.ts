import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { Semaphore } from "../../src/thread/semaphore.ts";
import { sleep } from "../../src/thread/sleep.ts";
import { yieldNow } from "../../src/thread/yield.ts";
import { current, kill, LightThread, list, spawn, wait, waitAll } from "../../src/thread/mod.ts";
import { testOnManualClock, turns } from "../support/clock.ts";

Deno.test("17: spawn runs to the first wait, then returns", async () => {
  const order: string[] = [];
  const thread = spawn(async () => {
    order.push("start");
    await yieldNow();
    order.push("end");
  });
  order.push("spawned");
  await wait(thread);
  assertEquals(order, ["start", "spawned", "end"]);
});

testOnManualClock("17: a finished thread is a zombie, a parked one suspended", async (clock) => {
  const finished = spawn(() => 1);
  const parked = spawn(sleep, 10);
  assertEquals([finished.status, parked.status], ["zombie", "suspended"]);
  assertEquals(await wait(finished), { ok: true, value: 1, thread: finished });
  assertEquals(finished.status, "dead");
  await clock.advance(10);
  assertEquals(parked.status, "zombie");
  await wait(parked);
  assertEquals(parked.status, "dead");
});

Deno.test("17: a killed thread is dead", () => {
  const parked = spawn(sleep, 10);
  kill(parked);
  assertEquals(parked.status, "dead");
});

Deno.test("a thread runs while it waits on a promise that lasa does not know", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const thread = spawn(async () => {
    assertEquals(current()!.status, "running");
    await promise;
  });
  assertEquals(thread.status, "running");
  resolve();
  await wait(thread);
});

Deno.test("25: spawn returns to its caller before anything else runs", async () => {
  const order: string[] = [];
  const run = async (name: string) => {
    order.push(`${name}1`);
    await yieldNow();
    order.push(`${name}2`);
  };
  const a = spawn(run, "a");
  const b = spawn(run, "b");
  order.push("main");
  await waitAll(a, b);
  assertEquals(order, ["a1", "b1", "main", "a2", "b2"]);
});

Deno.test("spawn hands over arguments and gives what the function returns, now or later", async () => {
  const sum = spawn((a: number, b: number) => a + b, 1, 2);
  const later = spawn(async (text: string) => {
    await yieldNow();
    return text;
  }, "later");
  const ends = await waitAll<number | string>(sum, later);
  assertEquals(ends.map((end) => end.ok && end.value), [3, "later"]);
});

Deno.test("a thenable that calls back in another thread ends the thread it was returned by", async () => {
  let resolve: (value: string) => void = () => {};
  const thread = spawn(() => ({
    then: (onFulfilled: (value: string) => void) => void (resolve = onFulfilled),
  } as unknown as Promise<string>));
  await yieldNow();
  const other = spawn(async () => {
    resolve("told by another");
    await yieldNow();
  });
  const end = await wait(thread);
  assertEquals([end.ok && end.value, other.status], ["told by another", "suspended"]);
  await wait(other);
});

Deno.test("an error, thrown now or later, is how its own thread ended and nobody else's", async () => {
  const now = spawn(() => {
    throw new Error("now");
  });
  const later = spawn(async () => {
    await yieldNow();
    throw new Error("later");
  });
  const fine = spawn(yieldNow);
  const ends = await waitAll<unknown>(now, later, fine);
  assertEquals(ends.map((end) => end.ok || (end.error as Error).message), ["now", "later", true]);
});

Deno.test("spawn refuses what is no function", () => {
  assertThrows(() => spawn(7 as unknown as () => void), TypeError, "7 is not a function");
});

Deno.test("the current thread follows the code through every await", async () => {
  assertEquals(current(), null);
  const seen: unknown[] = [];
  const outer = spawn(async () => {
    seen.push(current());
    await Promise.resolve();
    seen.push(current());
    const inner = spawn(async () => {
      await yieldNow();
      seen.push(current());
      return current();
    });
    assertStrictEquals(inner.parent, current());
    const end = await wait(inner);
    assertEquals(end.ok && end.value, inner);
    seen.push(current());
  });
  await wait(outer);
  assertEquals(seen.map((thread) => thread === outer), [true, true, false, true]);
  assertEquals(outer.parent, null);
  assertEquals(current(), null);
});

Deno.test("threads have numbers of their own and the names of their functions", async () => {
  const named = spawn(function fetchPage() {});
  const plain = spawn(() => {});
  assert(plain.id > named.id);
  assertEquals([named.name, plain.name], ["fetchPage", "anonymous"]);
  assert(named instanceof LightThread);
  await waitAll(named, plain);
});

testOnManualClock(
  "list tells of every live thread, oldest first, and what it waits on",
  async (clock) => {
    const semaphore = new Semaphore();
    const before = list().length;
    const sleeper = spawn(sleep, 50);
    await clock.advance(5);
    const outer = spawn(async function outer() {
      await wait(spawn(async function inner() {
        await semaphore.wait();
      }));
    });
    const finished = spawn(() => {});
    await clock.advance(10);
    const [, { id: innerId }] = list().slice(before + 1);
    const told = list().slice(before).map(({ name, parent, status, waitingOn, sinceMs }) => ({
      name,
      parent,
      status,
      waitingOn,
      sinceMs,
    }));
    assertEquals(told, [
      { name: "sleep", parent: null, status: "suspended", waitingOn: "50 ms", sinceMs: 15 },
      {
        name: "outer",
        parent: null,
        status: "suspended",
        waitingOn: `the end of thread ${innerId} (inner)`,
        sinceMs: 10,
      },
      {
        name: "inner",
        parent: outer.id,
        status: "suspended",
        waitingOn: "a semaphore (1 waiting)",
        sinceMs: 10,
      },
    ]);
    semaphore.post();
    await clock.advance(100);
    assertEquals(list().length, before);
    await waitAll<unknown>(sleeper, outer, finished);
  },
);

Deno.test("list tells how long a thread lives that does not wait", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const thread = spawn(() => promise);
  const info = list().find(({ id }) => id === thread.id)!;
  assertEquals([info.status, info.waitingOn], ["running", null]);
  assert(info.sinceMs >= 0);
  resolve();
  await wait(thread);
  assertEquals(list().some(({ id }) => id === thread.id), false);
});

Deno.test("yield lets everything else that is ready run first, in its order", async () => {
  const order: string[] = [];
  const run = async (name: string) => {
    for (let n = 1; n <= 2; n++) {
      await yieldNow();
      order.push(`${name}${n}`);
    }
  };
  const threads = [spawn(run, "a"), spawn(run, "b")];
  const timer = setTimeout(() => order.push("timer"), 0);
  await waitAll(...threads);
  assertEquals(order.filter((name) => name !== "timer"), ["a1", "b1", "a2", "b2"]);
  clearTimeout(timer);
});

Deno.test("yield works outside every thread", async () => {
  let ran = false;
  setImmediate(() => ran = true);
  await yieldNow();
  await turns();
  assertEquals(ran, true);
});
