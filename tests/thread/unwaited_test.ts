import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { scope } from "../../src/thread/scope.ts";
import { yieldNow } from "../../src/thread/yield.ts";
import { kill, spawn, wait, waitAll } from "../../src/thread/mod.ts";
import { turns } from "../support/clock.ts";
import { logOf } from "../support/log.ts";
import { runProgram } from "../support/program.ts";

async function fail(message: string): Promise<void> {
  await Promise.resolve();
  throw new Error(message);
}

Deno.test("an error that nobody waits on is logged, with the thread's name and the stack", async () => {
  const log = await logOf(() => {
    spawn(fail, "nobody came");
  });
  assertMatch(
    log,
    /light thread \d+ \(fail\), spawned at \S+unwaited_test\.ts:\d+:\d+, ended with an error: Error: nobody came/,
  );
  assertMatch(log, /at fail \(.*unwaited_test\.ts/);
});

Deno.test("an error thrown before the first wait, and one that is no Error, are logged too", async () => {
  const log = await logOf(() => {
    spawn(() => {
      throw new Error("at once");
    });
    spawn(() => Promise.reject("a text"));
  });
  assertStringIncludes(log, "at once");
  assertStringIncludes(log, "ended with an error: a text");
});

Deno.test("an error that the parent comes for is not logged", async () => {
  const log = await logOf(async () => {
    await wait(spawn(fail, "waited on"));
    const now = spawn(() => {
      throw new Error("waited on");
    });
    await wait(now);
    const zombie = spawn(fail, "killed as a zombie");
    await turns();
    kill(zombie);
    await waitAll(spawn(fail, "one"), spawn(fail, "two"));
  });
  assertEquals(log, "");
});

Deno.test("an error of a scope's child is thrown by its wait, or logged when the scope ends", async () => {
  const waited = await logOf(async () => {
    await using block = scope();
    block.spawn(() => fail("thrown"));
    await block.wait().catch(() => {});
  });
  assertEquals(waited, "");
  const left = await logOf(async () => {
    await using block = scope();
    block.spawn(() => fail("left behind"));
    await turns();
  });
  assertStringIncludes(left, "left behind");
});

Deno.test("a killed thread whose clean-up fails is logged, one that just ends is not", async () => {
  const log = await logOf(async () => {
    const clumsy = spawn(async () => {
      await yieldNow().catch(() => {
        throw new Error("while cleaning up");
      });
    });
    const tidy = spawn(yieldNow);
    kill(clumsy);
    kill(tidy);
    await turns();
  });
  assertStringIncludes(log, "while cleaning up");
  assertEquals(log.includes("killed"), false);
});

Deno.test("an unwaited error never ends the process", async () => {
  const { code, out, err } = await runProgram(`
    import { kill, sleep, spawn } from "@lasa/lasa/thread";
    spawn(function atOnce() { throw new Error("first"); });
    spawn(async function later() { await sleep(1); throw new Error("second"); });
    const killed = spawn(async function killed() { await sleep(1000); });
    kill(killed);
    spawn(async function parent() { spawn(async function orphan() { await sleep(2); throw new Error("third"); }); });
    await sleep(10);
    console.log("still here");
  `);
  assertEquals([code, out], [0, "still here\n"]);
  for (const name of ["atOnce", "later", "orphan"]) assertStringIncludes(err, `(${name})`);
  assert(!err.includes("(killed)"));
});

Deno.test("a process whose last thread fails logs that and ends well", async () => {
  const { code, err } = await runProgram(`
    import { sleep, spawn } from "@lasa/lasa/thread";
    spawn(async () => { await sleep(1); throw new Error("the last"); });
  `);
  assertEquals(code, 0);
  assertStringIncludes(err, "the last");
});
