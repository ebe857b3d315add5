import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  after,
  Channel,
  current,
  detach,
  kill,
  list,
  report,
  scope,
  select,
  Semaphore,
  shutdown,
  sleep,
  spawn,
  wait,
} from "../../src/thread/mod.ts";
import { at, kill as killTimer } from "../../src/thread/timer.ts";
import { testOnManualClock } from "../support/clock.ts";
import { runProgram } from "../support/program.ts";

const DEADLOCK = "deadlock: every light thread waits on another, or on nobody";

testOnManualClock(
  "a report is a tree: what each thread waits on, for how long, and where it was spawned",
  async (clock) => {
    const semaphore = new Semaphore();
    const root = spawn(async function root() {
      spawn(sleep, 500);
      const waiter = spawn(async function waiter() {
        spawn(async function leaf() {
          await new Channel().receive();
        });
        await semaphore.wait();
      });
      await wait(waiter);
    });
    spawn(async function other() {
      await select({ word: new Channel().receiving(), late: after(900) });
    });
    const ids = list().map(({ id }) => id - root.id);
    assertEquals(ids, [0, 1, 2, 3, 4]);
    await clock.advance(40);
    const told = report().replaceAll(import.meta.url, "HERE").replace(/:\d+:\d+/g, "")
      .replace(/\d+(?= (root|sleep|\(?waiter|leaf|other))/g, "#");
    assertEquals(
      told,
      `5 light threads
├ # root: suspended for 40 ms, waits on the end of thread # (waiter), spawned at HERE
│ ├ # sleep: suspended for 40 ms, waits on 500 ms, spawned at HERE
│ └ # waiter: suspended for 40 ms, waits on a semaphore (1 waiting), spawned at HERE
│   └ # leaf: suspended for 40 ms, waits on a value of a channel, spawned at HERE
└ # other: suspended for 40 ms, waits on one of word, late, spawned at HERE`,
    );
    await shutdown();
  },
);

testOnManualClock("a child whose parent has ended stands among the roots", async (clock) => {
  let child: { readonly id: number } | undefined;
  const parent = spawn(() => {
    child = spawn(async function orphan() {
      await sleep(20);
    });
  });
  await wait(parent);
  assertMatch(report(), new RegExp(`^1 light thread\n└ ${child!.id} orphan: suspended`));
  await clock.advance(20);
  assertEquals(report(), "0 light threads");
});

Deno.test("threads that wait on one another alone are a deadlock", async () => {
  const [a, b] = [new Channel<number>(), new Channel<number>()];
  spawn(async () => {
    await a.receive();
    await b.send(1);
  });
  spawn(async () => {
    await b.receive();
    await a.send(1);
  });
  spawn(() => select({ a: a.receiving(), b: b.receiving() }));
  assertEquals(report().split("\n")[0], DEADLOCK);
  await shutdown();
  assertEquals(report(), "0 light threads");
});

Deno.test("a scope and a wait that wait on what never comes are a deadlock too", async () => {
  spawn(async () => {
    await using block = scope();
    block.spawn(() => new Semaphore().wait());
    await block.wait();
  });
  assertEquals(report().split("\n")[0], DEADLOCK);
  await shutdown();
  assertEquals(list(), []);
});

Deno.test("where anything may still come from elsewhere, there is no deadlock", async () => {
  const isDeadlock = () => report().startsWith(DEADLOCK);
  const channel = new Channel<number>();
  const parked = spawn(() => channel.receive());
  assertEquals(isDeadlock(), true);
  const sleeping = spawn(sleep, 60_000);
  assertEquals(isDeadlock(), false);
  kill(sleeping);
  const impatient = spawn(() => channel.receive({ timeoutMs: 60_000 }));
  assertEquals(isDeadlock(), false);
  kill(impatient);
  const selecting = spawn(() => select({ word: channel.receiving(), late: after(60_000) }));
  assertEquals(isDeadlock(), false);
  kill(selecting);
  const timer = at(60_000, () => channel.trySend(1));
  assertEquals(isDeadlock(), false);
  killTimer(timer);
  const worker = detach({ content: "export default () => new Promise(() => {})" });
  assertEquals(isDeadlock(), false);
  worker.terminate();
  const { promise, resolve } = Promise.withResolvers<void>();
  const running = spawn(() => promise);
  assertEquals(isDeadlock(), false);
  resolve();
  await wait(running);
  assertEquals(isDeadlock(), true);
  kill(parked);
});

Deno.test("a running thread is told by how long it lives", async () => {
  const talker = spawn(function talker() {
    assertEquals(list().find(({ id }) => id === current()!.id)?.status, "running");
    assertMatch(report(), /^1 light thread\n└ \d+ talker: running for \d+ ms, spawned at .+:\d+$/);
  });
  assertEquals(await wait(talker), { ok: true, value: undefined, thread: talker });
});

Deno.test("list tells where each was spawned", () => {
  const thread = spawn(sleep, 60_000);
  const { spawnedAt, waitingOn, parent, status } = list()[0];
  assertStringIncludes(spawnedAt!, `${import.meta.url}:`);
  assertEquals([waitingOn, parent, status], ["60000 ms", null, "suspended"]);
  kill(thread);
});

Deno.test("reportAtExit tells at the end what was left, and that it was a deadlock", async () => {
  const { code, out, err } = await runProgram(`
    import { Channel, reportAtExit, spawn } from "@lasa/lasa/thread";
    reportAtExit();
    const channel = new Channel();
    spawn(async function stuck() { await channel.receive(); });
    console.log("end");
  `);
  assertEquals([code, out], [0, "end\n"]);
  assertMatch(
    err,
    /^deadlock: .+\n1 light thread\n└ 1 stuck: suspended for \d+ ms, waits on a value of a channel, spawned at .+\n$/,
  );
});

Deno.test("reportAtExit tells at Deno.exit too, and nothing where nothing is left or it was taken back", async () => {
  const left = await runProgram(`
    import { reportAtExit, sleep, spawn } from "@lasa/lasa/thread";
    reportAtExit();
    spawn(sleep, 60_000);
    Deno.exit(3);
  `);
  assertEquals([left.code, left.err.split("\n")[0]], [3, "1 light thread"]);
  const silent = await runProgram(`
    import { kill, reportAtExit, sleep, spawn } from "@lasa/lasa/thread";
    reportAtExit();
    kill(spawn(sleep, 60_000));
  `);
  assertEquals(silent, { code: 0, out: "", err: "" });
  const forgotten = await runProgram(`
    import { reportAtExit, sleep, spawn } from "@lasa/lasa/thread";
    reportAtExit()();
    spawn(sleep, 60_000);
    Deno.exit(0);
  `);
  assertEquals(forgotten, { code: 0, out: "", err: "" });
});
