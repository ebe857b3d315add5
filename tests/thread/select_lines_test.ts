import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { AbortedError, KilledError, TimeoutError } from "../../src/errors.ts";
import {
  after,
  Channel,
  deadline,
  ending,
  kill,
  list,
  select,
  Semaphore,
  sleep,
  spawn,
  wait,
  waitAll,
} from "../../src/thread/mod.ts";
import { Random } from "../support/random.ts";
import { testOnManualClock, turns } from "../support/clock.ts";

testOnManualClock("the losers are withdrawn from every line and consume nothing", async (clock) => {
  const input = new Channel<number>();
  const output = new Channel<string>();
  const semaphore = new Semaphore();
  const sleeper = spawn(sleep, 1_000);
  const winner = new Channel<number>();
  const selecting = select({
    input: input.receiving(),
    output: output.sending("never"),
    place: semaphore.waiting(),
    end: ending(sleeper),
    late: after(500),
    won: winner.receiving(),
  });
  assertEquals(semaphore.count(), -1);
  assert(winner.trySend(7));
  // Withdrawn as soon as one has won, not only once the selecting thread runs on.
  assertEquals([semaphore.count(), input.trySend(1), output.tryReceive().ok], [0, false, false]);
  assertEquals(await selecting, { key: "won", value: 7 });
  await clock.advance(1_000);
  assertEquals((await wait(sleeper)).ok, true);
  semaphore.post();
  assertEquals([semaphore.count(), clock.pending], [1, 0]);
});

Deno.test("two selects meet: one sends what the other receives, and each only once", async () => {
  const [a, b] = [new Channel<string>(), new Channel<string>()];
  const sending = select({ a: a.sending("by a"), b: b.sending("by b") });
  const receiving = select({ b: b.receiving(), a: a.receiving() });
  assertEquals(await receiving, { key: "b", value: "by b" });
  assertEquals((await sending).key, "b");
  assertEquals([a.tryReceive().ok, b.tryReceive().ok], [false, false]);
  assertEquals([a.trySend("x"), b.trySend("x")], [false, false]);
});

Deno.test("one channel in both directions does not meet itself", async () => {
  const channel = new Channel<string>();
  const selecting = select({ out: channel.sending("mine"), in: channel.receiving() });
  await turns();
  assert(channel.trySend("yours"));
  assertEquals(await selecting, { key: "in", value: "yours" });
  assertEquals(channel.tryReceive(), { ok: false });
});

Deno.test("the same channel twice happens once, for the first named", async () => {
  const channel = new Channel<number>();
  const receiving = select({ one: channel.receiving(), two: channel.receiving() });
  assertEquals([channel.trySend(1), channel.trySend(2)], [true, false]);
  assertEquals(await receiving, { key: "one", value: 1 });
  const sending = select({ one: channel.sending(1), two: channel.sending(2) });
  assertEquals([channel.tryReceive(), channel.tryReceive()], [{ ok: true, value: 1 }, {
    ok: false,
  }]);
  assertEquals((await sending).key, "one");
});

Deno.test("one case may serve many selects, also at once", async () => {
  const channel = new Channel<number>();
  const receiving = channel.receiving();
  const soon = after(Infinity);
  const both = [select({ receiving, soon }), select({ receiving, soon })];
  assertEquals([channel.trySend(1), channel.trySend(2)], [true, true]);
  assertEquals((await Promise.all(both)).map(({ value }) => value), [1, 2]);
});

testOnManualClock("a select gives up in time, and leaves every line", async (clock) => {
  const channel = new Channel<number>();
  const semaphore = new Semaphore();
  const cases = { word: channel.receiving(), place: semaphore.waiting() };
  const failed = assertRejects(
    () => select(cases, { timeoutMs: 50 }),
    TimeoutError,
    "one of word, place",
  );
  await clock.advance(50);
  assertEquals((await failed).code, "timeout");
  assertEquals([channel.trySend(1), semaphore.count(), clock.pending], [false, 0, 0]);
});

testOnManualClock("a deadline around a select ends it", async (clock) => {
  const semaphore = new Semaphore();
  const failed = assertRejects(
    () => deadline(30, () => select({ place: semaphore.waiting(), late: after(40) })),
    TimeoutError,
  );
  await clock.advance(30);
  assertEquals((await failed).phase, "deadline");
  assertEquals([semaphore.count(), clock.pending], [0, 0]);
});

Deno.test("a kill of the selecting thread, and a signal, take it out of every line", async () => {
  const channel = new Channel<number>();
  const semaphore = new Semaphore();
  const cases = () => ({ word: channel.receiving(), place: semaphore.waiting(), t: after(1e6) });
  let error: unknown;
  const thread = spawn(() => select(cases()).catch((caught) => error = caught));
  assertEquals(list().find(({ id }) => id === thread.id)?.waitingOn, "one of word, place, t");
  kill(thread);
  assertEquals([channel.trySend(1), semaphore.count()], [false, 0]);
  await turns();
  assertInstanceOf(error, KilledError);
  const abort = new AbortController();
  const selecting = select(cases(), { signal: abort.signal });
  abort.abort(new Error("enough"));
  await assertRejects(() => selecting, AbortedError, "enough");
  assertEquals([channel.trySend(1), semaphore.count()], [false, 0]);
});

Deno.test("a killed thread's select is refused also where something is ready", async () => {
  const channel = new Channel<number>(1);
  channel.trySend(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  let error: unknown;
  const thread = spawn(async () => {
    await promise;
    await select({ word: channel.receiving() }).catch((caught) => error = caught);
  });
  kill(thread);
  resolve();
  await turns();
  assertInstanceOf(error, KilledError);
  assertEquals(channel.size, 1);
});

Deno.test("a select stands in line with plain waiters, first come, first served", async () => {
  const semaphore = new Semaphore();
  const channel = new Channel<number>();
  const order: string[] = [];
  const plain = (name: string) =>
    spawn(async () => {
      await semaphore.wait();
      order.push(name);
    });
  const selecting = (name: string) =>
    spawn(async () => {
      await select({ place: semaphore.waiting(), word: channel.receiving() });
      order.push(name);
    });
  const threads = [plain("1"), selecting("2"), plain("3"), selecting("4")];
  for (let n = 0; n < 4; n++) {
    semaphore.post();
    await turns();
  }
  await waitAll(...threads);
  assertEquals(order, ["1", "2", "3", "4"]);
});

Deno.test("a select that lost costs nobody behind it a turn", async () => {
  const [busy, other] = [new Channel<number>(), new Channel<number>()];
  const first = select({ busy: busy.receiving(), other: other.receiving() });
  const second = busy.receive();
  other.trySend(9);
  busy.trySend(1);
  assertEquals([(await first).value, await second], [9, 1]);
});

Deno.test("300 random selects of many threads lose no value and give none twice", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = new Random(seed);
    const channels = [0, 0, 1, 2].map((capacity) => new Channel<number>(capacity));
    const received: number[] = [];
    const sent: number[] = [];
    const senders = Array.from({ length: 30 }, (_, n) =>
      spawn(async () => {
        const [a, b] = [random.of(channels), random.of(channels)];
        if (random.below(2) === 0) await sleep(0);
        const { key } = await select({ a: a.sending(2 * n), b: b.sending(2 * n + 1) });
        sent.push(key === "a" ? 2 * n : 2 * n + 1);
      }));
    const receiver = spawn(async () => {
      while (received.length < 30) {
        const [w, x, y, z] = channels;
        const cases = { w: w.receiving(), x: x.receiving(), y: y.receiving(), z: z.receiving() };
        received.push((await select(cases)).value);
      }
    });
    const ends = await waitAll<void>(...senders, receiver);
    assert(ends.every(({ ok }) => ok));
    const inOrder = (all: number[]) => all.toSorted((a, b) => a - b);
    assertEquals(inOrder(received), inOrder(sent), `seed ${seed}`);
    assertEquals(new Set(sent.map((n) => n >> 1)).size, 30);
  }
});
