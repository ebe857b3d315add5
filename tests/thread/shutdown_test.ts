import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BrokenError, ClosedError, KilledError } from "../../src/errors.ts";
import { connect, tcp, udp } from "../../src/socket/mod.ts";
import { Channel, detach, list, shutdown, sleep, spawn, wait } from "../../src/thread/mod.ts";
import { at, kill } from "../../src/thread/timer.ts";
import { testOnManualClock } from "../support/clock.ts";
import { logOf } from "../support/log.ts";
import { runProgram } from "../support/program.ts";

testOnManualClock("31: pending timers are called before threads are killed", async (clock) => {
  const order: string[] = [];
  const words = new Channel<string>();
  spawn(async () => {
    try {
      order.push(await words.receive());
      await sleep(1_000);
    } finally {
      order.push("thread ends");
    }
  });
  at(1_000, (premature) => {
    words.trySend(`timer ${premature}`);
  });
  await shutdown();
  assertEquals(order, ["timer true", "thread ends"]);
  assertEquals([list().length, clock.pending], [0, 0]);
});

Deno.test("threads are killed the latest first, each one's finally blocks done before the next", async () => {
  const order: string[] = [];
  const live = (name: string) =>
    spawn(async () => {
      try {
        await sleep(60_000);
      } catch (error) {
        order.push(`${name} ${(error as KilledError).code}`);
      } finally {
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name} done`);
      }
    });
  for (const name of ["a", "b", "c"]) live(name);
  await shutdown();
  assertEquals(order, ["c killed", "c done", "b killed", "b done", "a killed", "a done"]);
  assertEquals(list(), []);
});

Deno.test("the thread that calls is spared, and its parent is not", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  let killed: unknown;
  const parent = spawn(async () => {
    spawn(async () => {
      await shutdown();
      await sleep(0);
      resolve("alive");
    });
    await sleep(60_000).catch((error) => killed = error);
  });
  assertEquals(await promise, "alive");
  assert(killed instanceof KilledError);
  assertEquals(parent.status, "dead");
});

Deno.test("sockets, listeners, kept connections and detached threads are closed", async () => {
  const server = tcp();
  server.bind("127.0.0.1", 0);
  const { port } = server.localAddress!;
  const client = await connect("127.0.0.1", port);
  const session = await server.accept();
  const kept = await connect("127.0.0.1", port);
  await server.accept();
  kept.setKeepalive();
  const datagrams = udp();
  await datagrams.setSockName("127.0.0.1", 0);
  const worker = detach({ content: "export default () => new Promise(() => {})" });
  const receiving = assertRejects(() => datagrams.receive(), ClosedError);
  await shutdown();
  await receiving;
  await assertRejects(() => client.send("x"), ClosedError);
  await assertRejects(() => session.receive(), ClosedError);
  await assertRejects(() => datagrams.receive(), ClosedError);
  await assertRejects(() => connect("127.0.0.1", port), BrokenError, "refused");
  const end = await worker.terminated;
  assert(!end.ok && end.error instanceof ClosedError);
  assertThrows(() => worker.send(1), ClosedError);
});

Deno.test("afterwards everything can be used again", async () => {
  await shutdown();
  let isCalled = false;
  at(1, () => isCalled = true);
  assertEquals((await wait(spawn(sleep, 3))).ok, true);
  assertEquals(isCalled, true);
});

testOnManualClock(
  "a callback may take back the timer of another, which is not called then",
  async () => {
    const calls: string[] = [];
    at(10, () => {
      calls.push("first");
      kill(second);
    });
    const second = at(20, () => calls.push("second"));
    await shutdown();
    assertEquals(calls, ["first"]);
  },
);

testOnManualClock("a second shutdown while one is on returns, and does nothing", async () => {
  const calls: string[] = [];
  at(10, async () => {
    calls.push("timer");
    await shutdown();
    calls.push("second shutdown");
  });
  await shutdown();
  assertEquals(calls, ["timer", "second shutdown"]);
});

Deno.test("a callback that fails during a shutdown is logged, and the others are called", async () => {
  const calls: string[] = [];
  const log = await logOf(async () => {
    at(1, () => {
      throw new Error("in a hurry");
    });
    at(2, () => calls.push("called"));
    await shutdown();
  });
  assertEquals([calls, log.includes("in a hurry")], [["called"], true]);
});

Deno.test("a program that shuts down ends, whatever it had begun", async () => {
  const { code, out, err } = await runProgram(`
    import { Channel, shutdown, sleep, socket, thread, timer } from "@lasa/lasa";
    const server = socket.tcp();
    server.bind("127.0.0.1", 0);
    thread.spawn(() => server.accept());
    thread.spawn(() => new Channel().receive());
    thread.spawn(sleep, 1e9);
    timer.every(1e9, (premature) => console.log("every", premature));
    timer.at(1e9, (premature) => console.log("at", premature));
    await shutdown();
    console.log("done");
  `);
  assertEquals([code, out, err], [0, "every true\nat true\ndone\n", ""]);
});
