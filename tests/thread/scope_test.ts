import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { KilledError, LocalProtocolError } from "../../src/errors.ts";
import { scope, ThreadScope } from "../../src/thread/scope.ts";
import { sleep } from "../../src/thread/sleep.ts";
import { yieldNow } from "../../src/thread/yield.ts";
import { kill, type LightThread, spawn, wait } from "../../src/thread/mod.ts";
import { testOnManualClock, turns } from "../support/clock.ts";

Deno.test("leaving a scope kills what still runs, in reverse order of spawning", async () => {
  const order: string[] = [];
  {
    await using block = scope();
    for (const name of ["a", "b", "c"]) {
      block.spawn(async () => {
        try {
          await sleep(60_000);
        } finally {
          order.push(name);
        }
      });
    }
    assertEquals(order, []);
  }
  assertEquals(order, ["c", "b", "a"]);
});

Deno.test("leaving a scope waits until each child's finally blocks are done", async () => {
  const order: string[] = [];
  {
    await using block = scope();
    for (const name of ["a", "b"]) {
      block.spawn(async () => {
        try {
          await sleep(60_000);
        } finally {
          order.push(`${name} cleans`);
          await turns(2);
          order.push(`${name} is clean`);
        }
      });
    }
  }
  assertEquals(order, ["b cleans", "b is clean", "a cleans", "a is clean"]);
});

Deno.test("leaving a scope by an error kills its children too, and the error goes on", async () => {
  let child: LightThread<void> | undefined;
  await assertRejects(
    async () => {
      await using block = scope();
      child = block.spawn(sleep, 60_000);
      throw new Error("left");
    },
    Error,
    "left",
  );
  assertEquals(child!.status, "dead");
});

Deno.test("a scope's wait gives how all children ended, in the order of spawning", async () => {
  await using block = scope();
  block.spawn(async () => {
    await yieldNow();
    return 1;
  });
  block.spawn(() => 2);
  const ends = await block.wait();
  assertEquals(ends.map((end) => end.ok && end.value), [1, 2]);
  assertEquals(ends.map((end) => end.thread.status), ["dead", "dead"]);
});

Deno.test("a scope's wait on no children gives none", async () => {
  await using block = new ThreadScope();
  assertEquals(await block.wait(), []);
});

Deno.test("the first failure kills the other children and is thrown", async () => {
  const order: string[] = [];
  await using block = scope();
  const sleepers = ["a", "b"].map((name) =>
    block.spawn(async () => {
      try {
        await sleep(60_000);
      } catch (error) {
        assertInstanceOf(error, KilledError);
        order.push(name);
      }
    })
  );
  const failure = new Error("no such page");
  block.spawn(async () => {
    await yieldNow();
    throw failure;
  });
  assertStrictEquals(await assertRejects(() => block.wait()), failure);
  assertEquals(order, ["b", "a"]);
  assertEquals(sleepers.map((thread) => thread.status), ["dead", "dead"]);
});

Deno.test("a child that fails inside spawn fails the scope", async () => {
  await using block = scope();
  const sleeper = block.spawn(sleep, 60_000);
  block.spawn(() => {
    throw new Error("at once");
  });
  await assertRejects(() => block.wait(), Error, "at once");
  assertEquals(sleeper.status, "dead");
});

Deno.test("with failFast: false the others go on, and wait tells how each ended", async () => {
  await using block = scope({ failFast: false });
  block.spawn(() => {
    throw new Error("first");
  });
  block.spawn(async () => {
    await yieldNow();
    return "done";
  });
  const ends = await block.wait();
  assertEquals(ends.map((end) => end.ok ? end.value : String(end.error)), ["Error: first", "done"]);
});

Deno.test("a child that its owner kills has not failed", async () => {
  await using block = scope();
  const killed = block.spawn(sleep, 60_000);
  const quick = block.spawn(yieldNow);
  kill(killed);
  const ends = await block.wait();
  assertEquals(ends.map((end) => end.ok), [false, true]);
  assertEquals(quick.status, "dead");
});

Deno.test("a scope that is over, or another thread's, takes no children", async () => {
  const block = scope();
  const end = await wait(spawn(() => {
    block.spawn(() => {});
  }));
  assert(!end.ok);
  assertInstanceOf(end.error, LocalProtocolError);
  await block[Symbol.asyncDispose]();
  assertThrows(() => block.spawn(() => {}), LocalProtocolError, "over");
});

Deno.test("killing a scope's owner ends its children too", async () => {
  const order: string[] = [];
  const owner = spawn(async () => {
    try {
      await using block = scope();
      block.spawn(async () => {
        try {
          await sleep(60_000);
        } finally {
          await turns(2);
          order.push("child");
        }
      });
      await block.wait();
    } finally {
      order.push("owner");
    }
  });
  kill(owner);
  await turns(4);
  assertEquals(order, ["child", "owner"]);
});

testOnManualClock("children of a child are the child's own affair", async (clock) => {
  let hasRun = false;
  {
    await using block = scope();
    block.spawn(async () => {
      spawn(async () => {
        await sleep(10);
        hasRun = true;
      });
      await sleep(60_000);
    });
  }
  await clock.advance(10);
  assertEquals([hasRun, clock.pending], [true, 0]);
});
