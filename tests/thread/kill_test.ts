import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { AbortedError, KilledError, LocalProtocolError } from "../../src/errors.ts";
import { Channel } from "../../src/thread/channel.ts";
import { scope } from "../../src/thread/scope.ts";
import { Semaphore } from "../../src/thread/semaphore.ts";
import { sleep } from "../../src/thread/sleep.ts";
import { yieldNow } from "../../src/thread/yield.ts";
import {
  current,
  kill,
  type LightThread,
  list,
  spawn,
  wait,
  waitAll,
} from "../../src/thread/mod.ts";
import { testOnManualClock, turns } from "../support/clock.ts";

Deno.test("21: killing oneself, a stranger or a grandchild is refused", async () => {
  const stranger = spawn(yieldNow);
  let grandchild: LightThread<void> | undefined;
  const child = spawn(async () => {
    grandchild = spawn(yieldNow);
    for (const target of [current()!, stranger]) {
      const error = assertThrows(() => kill(target), LocalProtocolError, "killer not parent");
      assertEquals(error.code, "killer not parent");
    }
    await yieldNow();
  });
  assertThrows(() => kill(grandchild!), LocalProtocolError, "killer not parent");
  const ends = await waitAll(child, stranger);
  assertEquals(ends.map((end) => end.ok), [true, true]);
});

Deno.test("23: killing a semaphore's waiter takes it out of the queue", async () => {
  const semaphore = new Semaphore();
  const killed = spawn(() => semaphore.wait());
  const kept = spawn(() => semaphore.wait());
  assertEquals(semaphore.count(), -2);
  kill(killed);
  assertEquals(semaphore.count(), -1);
  semaphore.post();
  assertEquals((await wait(kept)).ok, true);
  assertEquals(semaphore.count(), 0);
});

Deno.test("kill fails the wait with KilledError, and finally blocks run", async () => {
  const seen: unknown[] = [];
  const thread = spawn(async () => {
    try {
      await sleep(60_000);
    } catch (error) {
      seen.push(error);
      throw error;
    } finally {
      seen.push("finally");
    }
  });
  assertEquals(kill(thread), true);
  assertEquals(seen, []);
  await turns();
  assertInstanceOf(seen[0], KilledError);
  assertEquals((seen[0] as KilledError).code, "killed");
  assertEquals(seen[1], "finally");
});

Deno.test("a killed thread's later waits fail at once, also those that need not wait", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const semaphore = new Semaphore(1);
  const channel = new Channel<number>(1);
  const errors: unknown[] = [];
  const thread = spawn(async () => {
    await promise;
    const child = spawn(() => {});
    const waits: (() => Promise<unknown>)[] = [
      () => sleep(0),
      () => yieldNow(),
      () => semaphore.wait(),
      () => channel.send(1),
      () => channel.receive(),
      () => wait(child),
      () => waitAll(child),
      () => scope().wait(),
    ];
    for (const again of waits) await again().catch((error) => errors.push(error));
  });
  kill(thread);
  resolve();
  await turns();
  assertEquals(errors.map((error) => error instanceof KilledError), new Array(8).fill(true));
  assertEquals([semaphore.count(), channel.size], [1, 0]);
});

Deno.test("every wait that a killed thread is parked in fails", async () => {
  const semaphore = new Semaphore();
  let ends: PromiseSettledResult<void>[] = [];
  const thread = spawn(async () => {
    ends = await Promise.allSettled([sleep(1_000), semaphore.wait(), sleep(2_000)]);
  });
  kill(thread);
  await turns();
  assertEquals(ends.map((end) => end.status), ["rejected", "rejected", "rejected"]);
  assertEquals(semaphore.count(), 0);
});

Deno.test("a killed thread's signal aborts with the KilledError, in the killed thread", async () => {
  let reason: unknown;
  let listener: unknown;
  const thread = spawn(async () => {
    const { signal } = current()!;
    signal.addEventListener("abort", () => listener = current());
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    reason = signal.reason;
  });
  assertEquals(thread.signal.aborted, false);
  kill(thread);
  await turns();
  assertInstanceOf(reason, KilledError);
  assertStrictEquals(listener, thread);
  assertEquals(thread.signal.aborted, true);
});

Deno.test("the signal of a thread that was killed before anybody asked for it has aborted", () => {
  const thread = spawn(sleep, 1_000);
  kill(thread);
  assertEquals(thread.signal.aborted, true);
  assertInstanceOf(thread.signal.reason, KilledError);
});

Deno.test("the signal ends what lasa does not know, like a fetch", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) =>
      new Promise((resolve) => {
        request.signal.addEventListener("abort", () => resolve(new Response()));
      }),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  let error: unknown;
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const thread = spawn(async () => {
    await fetch(url, { signal: current()!.signal }).catch((caught) => error = caught);
    end();
  });
  await turns(3);
  kill(thread);
  await over;
  assertInstanceOf(error, KilledError);
  await server.shutdown();
});

Deno.test("kill says true once, and a thread that catches it is dead all the same", async () => {
  let isOver = false;
  const thread = spawn(async () => {
    await sleep(1_000).catch(() => {});
    isOver = true;
    return "survived";
  });
  assertEquals([kill(thread), kill(thread), thread.status], [true, false, "dead"]);
  await turns();
  assertEquals([isOver, thread.status], [true, "dead"]);
});

Deno.test("a thread may be killed before its code has reached a wait of lasa's", async () => {
  const reached: string[] = [];
  const thread = spawn(async () => {
    await Promise.resolve();
    reached.push("before");
    await sleep(1_000);
    reached.push("after");
  });
  kill(thread);
  await turns();
  assertEquals(reached, ["before"]);
});

testOnManualClock(
  "10,000 killed threads leave no timer, no waiter and no thread behind",
  async (clock) => {
    const semaphore = new Semaphore();
    const channel = new Channel<number>();
    const before = list().length;
    const threads = Array.from({ length: 10_000 }, (_, n) =>
      spawn(async () => {
        switch (n % 4) {
          case 0:
            return await sleep(1_000 + n);
          case 1:
            return await semaphore.wait(5_000);
          case 2:
            return void await channel.receive({ timeoutMs: 70 });
          default:
            return await sleep(30);
        }
      }));
    assertEquals(list().length, before + 10_000);
    assert(clock.pending > 0);
    for (const thread of threads) assertEquals(kill(thread), true);
    assertEquals(clock.pending, 0);
    assertEquals([semaphore.count(), list().length], [0, before]);
    assertEquals(channel.trySend(1), false);
    await turns();
    assertEquals(clock.pending, 0);
  },
);

Deno.test("a wait ends with AbortedError when its signal fires, its reason kept", async () => {
  const abort = new AbortController();
  const semaphore = new Semaphore();
  const channel = new Channel<number>();
  const { signal } = abort;
  const waits = [
    sleep(60_000, { signal }),
    semaphore.wait(undefined, { signal }),
    channel.receive({ signal }),
  ];
  const reason = new Error("enough");
  abort.abort(reason);
  for (const waiting of waits) {
    const error = await assertRejects(() => waiting, AbortedError, "enough");
    assertStrictEquals(error.cause, reason);
    assertEquals(error.code, "aborted");
  }
  await assertRejects(() => sleep(0, { signal }), AbortedError);
  await assertRejects(() => new Semaphore(1).wait(0, { signal }), AbortedError);
  assertEquals([semaphore.count(), channel.trySend(1)], [0, false]);
});

Deno.test("a wait that has ended leaves no listener on its signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (
    ...args: Parameters<typeof remove>
  ) => (listeners--, remove(...args));
  const semaphore = new Semaphore();
  const waiting = semaphore.wait(undefined, { signal });
  assertEquals(listeners, 1);
  semaphore.post();
  await waiting;
  assertEquals(listeners, 0);
});

Deno.test("the KilledError names the thread", async () => {
  let message = "";
  const thread = spawn(async function slowPage() {
    await sleep(1_000).catch((error) => message = error.message);
  });
  kill(thread);
  await turns();
  assertStringIncludes(message, "slowPage");
});
