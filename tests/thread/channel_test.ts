import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { AbortedError, ClosedError, TimeoutError } from "../../src/errors.ts";
import { Channel } from "../../src/thread/channel.ts";
import { yieldNow } from "../../src/thread/yield.ts";
import { kill, spawn, wait, waitAll } from "../../src/thread/mod.ts";
import { testOnManualClock, turns } from "../support/clock.ts";
import { Random } from "../support/random.ts";

Deno.test("a channel without room makes the sender wait for a receiver", async () => {
  const channel = new Channel<number>();
  const order: string[] = [];
  const sender = spawn(async () => {
    await channel.send(1);
    order.push("sent");
  });
  await turns();
  assertEquals([order, channel.size, sender.status], [[], 0, "suspended"]);
  assertEquals(await channel.receive(), 1);
  await wait(sender);
  assertEquals(order, ["sent"]);
});

Deno.test("a channel without room hands a value to a receiver that waits already", async () => {
  const channel = new Channel<string>();
  const receiver = spawn(() => channel.receive());
  await channel.send("x");
  const end = await wait(receiver);
  assertEquals(end.ok && end.value, "x");
});

Deno.test("a channel with room takes that many values before a sender waits", async () => {
  const channel = new Channel<number>(2);
  await channel.send(1);
  await channel.send(2);
  assertEquals(channel.size, 2);
  const third = spawn(() => channel.send(3));
  assertEquals(third.status, "suspended");
  assertEquals(await channel.receive(), 1);
  // The sender's value has its place now, behind the others.
  assertEquals(channel.size, 2);
  assertEquals((await wait(third)).ok, true);
  assertEquals([await channel.receive(), await channel.receive()], [2, 3]);
});

Deno.test("receivers are served first come, first served", async () => {
  const channel = new Channel<number>();
  const receivers = [1, 2, 3].map(() => spawn(() => channel.receive()));
  for (const n of [1, 2, 3]) await channel.send(n);
  const ends = await waitAll(...receivers);
  assertEquals(ends.map((end) => end.ok && end.value), [1, 2, 3]);
});

Deno.test("senders are served first come, first served", async () => {
  const channel = new Channel<number>(1);
  const senders = [1, 2, 3, 4].map((n) => spawn(() => channel.send(n)));
  const received = [];
  for (let n = 0; n < 4; n++) received.push(await channel.receive());
  assertEquals(received, [1, 2, 3, 4]);
  assertEquals((await waitAll(...senders)).every((end) => end.ok), true);
});

Deno.test("trySend and tryReceive never wait", async () => {
  const rendezvous = new Channel<number>();
  assertEquals(rendezvous.trySend(1), false);
  assertEquals(rendezvous.tryReceive(), { ok: false });
  const sender = spawn(() => rendezvous.send(2));
  assertEquals(rendezvous.tryReceive(), { ok: true, value: 2 });
  const receiver = spawn(() => rendezvous.receive());
  assertEquals(rendezvous.trySend(3), true);
  await waitAll<unknown>(sender, receiver);
  const buffered = new Channel<number>(1);
  assertEquals([buffered.trySend(1), buffered.trySend(2)], [true, false]);
  assertEquals(buffered.tryReceive(), { ok: true, value: 1 });
});

Deno.test("a closed channel gives what is left, then ClosedError", async () => {
  const channel = new Channel<number>(2);
  await channel.send(1);
  await channel.send(2);
  channel.close();
  channel.close();
  assertEquals(channel.isClosed, true);
  await assertRejects(() => channel.send(3), ClosedError, "Cannot send");
  assertEquals(channel.trySend(3), false);
  assertEquals([await channel.receive(), await channel.receive()], [1, 2]);
  const error = await assertRejects(() => channel.receive(), ClosedError, "closed and empty");
  assertEquals(error.code, "closed");
  assertEquals(channel.tryReceive(), { ok: false });
});

Deno.test("close fails those that wait", async () => {
  const empty = new Channel<number>();
  const full = new Channel<number>();
  const receiving = assertRejects(() => empty.receive(), ClosedError);
  const sending = assertRejects(() => full.send(1), ClosedError);
  empty.close();
  full.close();
  await receiving;
  await sending;
  assertEquals(full.tryReceive(), { ok: false });
});

Deno.test("for await gives every value and ends on close", async () => {
  const channel = new Channel<number>();
  const receiver = spawn(async () => {
    const received: number[] = [];
    for await (const n of channel) received.push(n);
    return received;
  });
  for (const n of [1, 2, 3]) await channel.send(n);
  channel.close();
  const end = await wait(receiver);
  assertEquals(end.ok && end.value, [1, 2, 3]);
});

Deno.test("for await ends when its thread is killed, and takes no value along", async () => {
  const channel = new Channel<number>(1);
  const receiver = spawn(async () => {
    for await (const _ of channel);
  });
  kill(receiver);
  await turns();
  assertEquals([channel.trySend(1), channel.size], [true, 1]);
});

testOnManualClock("a receive that gives up costs nobody a value", async (clock) => {
  const channel = new Channel<number>();
  const impatient = assertRejects(() => channel.receive({ timeoutMs: 10 }), TimeoutError);
  const abort = new AbortController();
  const aborted = assertRejects(() => channel.receive({ signal: abort.signal }), AbortedError);
  const killed = spawn(() => channel.receive());
  const patient = spawn(() => channel.receive());
  await clock.advance(10);
  abort.abort();
  kill(killed);
  await impatient;
  await aborted;
  await channel.send(1);
  const end = await wait(patient);
  assertEquals(end.ok && end.value, 1);
  assertEquals(clock.pending, 0);
});

testOnManualClock("a send that gives up has not sent", async (clock) => {
  const channel = new Channel<string>();
  const impatient = assertRejects(() => channel.send("late", { timeoutMs: 10 }), TimeoutError);
  const killed = spawn(() => channel.send("killed"));
  const patient = spawn(() => channel.send("patient"));
  await clock.advance(10);
  await impatient;
  kill(killed);
  assertEquals(await channel.receive(), "patient");
  await wait(patient);
  assertEquals(channel.tryReceive(), { ok: false });
});

Deno.test("undefined and null are values like others", async () => {
  const channel = new Channel<unknown>(3);
  for (const value of [undefined, null]) await channel.send(value);
  assertEquals(channel.tryReceive(), { ok: true, value: undefined });
  assertEquals(channel.tryReceive(), { ok: true, value: null });
});

Deno.test("a channel of any capacity keeps the order of many values", async () => {
  const random = new Random(5);
  for (const capacity of [0, 1, 3, Infinity]) {
    const channel = new Channel<number>(capacity);
    const sender = spawn(async () => {
      for (let n = 0; n < 5_000; n++) {
        await channel.send(n);
        if (random.below(50) === 0) await yieldNow();
      }
      channel.close();
    });
    let next = 0;
    for await (const n of channel) {
      if (n !== next) assertEquals(n, next);
      next++;
      if (random.below(50) === 0) await yieldNow();
    }
    assertEquals(next, 5_000);
    await wait(sender);
  }
});

Deno.test("a capacity that is no whole number is refused", () => {
  for (const capacity of [-1, 0.5, NaN, -Infinity]) {
    assertThrows(() => new Channel(capacity), RangeError, "capacity");
  }
});
