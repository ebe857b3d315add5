import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { ClosedError, LocalProtocolError } from "../../src/errors.ts";
import {
  after,
  Channel,
  ending,
  kill,
  select,
  Semaphore,
  spawn,
  wait,
} from "../../src/thread/mod.ts";
import { testOnManualClock, turns } from "../support/clock.ts";

Deno.test("a channel that has a value is received from at once", async () => {
  const channel = new Channel<string>(1);
  channel.trySend("a");
  assertEquals(await select({ got: channel.receiving() }), { key: "got", value: "a" });
  assertEquals(channel.size, 0);
});

Deno.test("a value that comes later ends the select", async () => {
  const channel = new Channel<string>();
  const selecting = select({ got: channel.receiving(), other: new Channel().receiving() });
  await channel.send("late");
  assertEquals(await selecting, { key: "got", value: "late" });
});

Deno.test("a receiver that waits already is sent to at once, one that comes later then", async () => {
  const channel = new Channel<number>();
  const receiver = spawn(() => channel.receive());
  assertEquals(await select({ sent: channel.sending(1) }), { key: "sent", value: undefined });
  assertEquals((await wait(receiver)).ok, true);
  const selecting = select({ sent: channel.sending(2) });
  assertEquals(await channel.receive(), 2);
  assertEquals((await selecting).key, "sent");
});

Deno.test("room in a buffered channel is used at once, room that comes later then", async () => {
  const channel = new Channel<number>(1);
  assertEquals((await select({ sent: channel.sending(1) })).key, "sent");
  const selecting = select({ sent: channel.sending(2) });
  assertEquals(channel.tryReceive(), { ok: true, value: 1 });
  assertEquals((await selecting).key, "sent");
  assertEquals(channel.tryReceive(), { ok: true, value: 2 });
});

Deno.test("a semaphore's resource is taken by the select that it ends, now or later", async () => {
  const semaphore = new Semaphore(1);
  assertEquals((await select({ place: semaphore.waiting() })).key, "place");
  const selecting = select({ place: semaphore.waiting() });
  assertEquals(semaphore.count(), -1);
  semaphore.post();
  assertEquals((await selecting).key, "place");
  assertEquals(semaphore.count(), 0);
});

testOnManualClock("the first of several times to pass ends the select", async (clock) => {
  const selecting = select({ slow: after(200), quick: after(100), never: after(Infinity) });
  await clock.advance(100);
  assertEquals(await selecting, { key: "quick", value: undefined });
  assertEquals(clock.pending, 0);
});

Deno.test("after(0) happens where nothing named before it can at once", async () => {
  const channel = new Channel<number>(1);
  assertEquals((await select({ got: channel.receiving(), none: after(0) })).key, "none");
  channel.trySend(1);
  assertEquals((await select({ got: channel.receiving(), none: after(0) })).key, "got");
  for (const ms of [-1, NaN]) assertThrows(() => after(ms), RangeError, "not a duration");
});

Deno.test("a thread's end, well or not, is taken as wait takes it", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const well = spawn(() => promise);
  const selecting = select({ end: ending(well), never: after(Infinity) });
  resolve("value");
  const { key, value } = await selecting;
  assert(key === "end" && value.ok);
  assertEquals([value.value, well.status], ["value", "dead"]);
  const failed = spawn(() => Promise.reject(new Error("no")));
  await turns();
  const end = await select({ end: ending(failed) });
  assertEquals([end.value.ok, failed.status], [false, "dead"]);
  const again = await assertRejects(() => select({ end: ending(failed) }), LocalProtocolError);
  assertEquals(again.code, "already waited or killed");
});

Deno.test("a thread whose end was not the one to happen is still there to be waited on", async () => {
  const thread = spawn(() => new Promise<number>((resolve) => setImmediate(() => resolve(5))));
  await select({ end: ending(thread), now: after(0) });
  const end = await wait(thread);
  assertEquals(end.ok && end.value, 5);
});

Deno.test("only a direct parent may select a thread's end", async () => {
  const stranger = spawn(() => {});
  const child = spawn(() => select({ end: ending(stranger) }));
  const end = await wait(child);
  assert(!end.ok && end.error instanceof LocalProtocolError);
  assertEquals(end.error.code, "not the parent");
  await wait(stranger);
});

Deno.test("of several that are ready the first named happens, and the others consume nothing", async () => {
  const [first, second] = [new Channel<number>(1), new Channel<number>(1)];
  const semaphore = new Semaphore(1);
  const out = new Channel<string>(1);
  const zombie = spawn(() => {});
  first.trySend(1);
  second.trySend(2);
  const { key, value } = await select({
    second: second.receiving(),
    first: first.receiving(),
    place: semaphore.waiting(),
    out: out.sending("x"),
    end: ending(zombie),
    now: after(0),
  });
  assertEquals([key, value], ["second", 2]);
  assertEquals([first.size, second.size, out.size], [1, 0, 0]);
  assertEquals([semaphore.count(), zombie.status], [1, "zombie"]);
  kill(zombie);
});

Deno.test("a closed channel ends the select with ClosedError, closed before or meanwhile", async () => {
  const closed = new Channel<number>(1);
  closed.trySend(1);
  closed.close();
  assertEquals((await select({ got: closed.receiving() })).value, 1);
  await assertRejects(() => select({ got: closed.receiving() }), ClosedError, "closed and empty");
  await assertRejects(() => select({ sent: closed.sending(1) }), ClosedError, "closed");
  const semaphore = new Semaphore();
  for (const direction of ["receiving", "sending"] as const) {
    const open = new Channel<number>();
    const selecting = select({ place: semaphore.waiting(), channel: open[direction](1) });
    open.close();
    await assertRejects(() => selecting, ClosedError);
    assertEquals(semaphore.count(), 0);
  }
});

Deno.test("a select without a case is refused", async () => {
  const error = await assertRejects(() => select({}), TypeError);
  assertStringIncludes(error.message, "no case was given");
});
