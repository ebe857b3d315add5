import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BrokenError,
  BusyError,
  ClosedError,
  KilledError,
  LocalProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import { udp } from "../../src/socket/mod.ts";
import { deadline, kill, list, spawn } from "../../src/thread/mod.ts";
import { text } from "../support/bytes.ts";
import { testOnManualClock, turns } from "../support/clock.ts";
import { bound, pair, testAgainOverDenos } from "../support/udp.ts";

testAgainOverDenos(import.meta.url);

Deno.test("15: a datagram arrives whole, from whom it was sent, and can be answered", async () => {
  await using server = await bound();
  await using client = udp();
  await client.setPeerName("127.0.0.1", server.port);
  assertEquals(await client.send(["pi", new Uint8Array([110, 103])]), 4);
  const { data, address } = await server.receiveFrom();
  assertEquals([text(data), address.hostname], ["ping", "127.0.0.1"]);
  assertEquals(address.port, client.localAddress!.port);
  assertEquals(await server.sendTo("pong", address), 4);
  assertEquals(text(await client.receive()), "pong");
});

Deno.test("15: datagrams keep their bounds, the empty one included", async () => {
  const [a, b] = await pair();
  await using _a = a;
  await using _b = b;
  const received = [];
  for (const each of ["one", "", "three"]) {
    await a.send(each);
    received.push(text(await b.receive()));
  }
  assertEquals(received, ["one", "", "three"]);
});

Deno.test("15: receive gives no more than its size, and drops the rest of the datagram", async () => {
  const [a, b] = await pair();
  await using _a = a;
  await using _b = b;
  await a.send("abcdef");
  await a.send("next");
  assertEquals(text(await b.receive(3)), "abc");
  assertEquals(text(await b.receive(100)), "next");
  await a.send("gone");
  assertEquals(text(await b.receive(0)), "");
  for (const size of [-1, 1.5, NaN]) await assertRejects(() => b.receive(size), RangeError, "size");
});

Deno.test("15: a receive's size is capped at 8192, unless the socket is made for more", async () => {
  const large = new Uint8Array(65_507).map((_, at) => at);
  const [a, b] = await pair();
  await using _a = a;
  await using _b = b;
  assertEquals(await a.send(large.slice(0, 20_000)), 20_000);
  assertEquals(await b.receive(), large.slice(0, 8_192));
  await a.send(large.slice(0, 20_000));
  assertEquals((await b.receive(10_000)).length, 8_192);
  const [c, d] = await pair({ maxReceiveBytes: 65_507 });
  await using _c = c;
  await using _d = d;
  await c.send(large);
  assertEquals(await d.receive(), large);
  for (const maxReceiveBytes of [0, 65_508, 1.5]) {
    assertThrows(() => udp({ maxReceiveBytes }), RangeError, "maxReceiveBytes");
  }
});

Deno.test("what is too long for a datagram is refused with the cause, and the socket works on", async () => {
  const [a, b] = await pair();
  await using _a = a;
  await using _b = b;
  await assertRejects(() => a.send(new Uint8Array(70_000)), BrokenError, "Cannot send");
  await a.send("short");
  assertEquals(text(await b.receive()), "short");
});

testOnManualClock(
  "a receive that times out leaves the socket open, and a late datagram to the next",
  async (clock) => {
    const [a, b] = await pair();
    await using _a = a;
    await using _b = b;
    b.setTimeout(40);
    const failed = assertRejects(() => b.receive(), TimeoutError, "nothing came for 40 ms");
    await clock.advance(40);
    const error = await failed;
    assertEquals([error.code, error.phase], ["timeout", "read"]);
    await a.send("late");
    await turns(10);
    assertEquals(text(await b.receive()), "late");
    b.setTimeout(0);
    const byDefault = assertRejects(() => b.receive(), TimeoutError, "30000 ms");
    await clock.advance(30_000);
    await byDefault;
  },
);

testOnManualClock(
  "what a receive gave, in time or late, is not overwritten by what comes after it",
  async (clock) => {
    const [a, b] = await pair();
    await using _a = a;
    await using _b = b;
    const failed = assertRejects(() => b.receive(), TimeoutError);
    await clock.advance(30_000);
    await failed;
    const sent = ["late and long", "second", "", "fourth"];
    for (const each of sent) await a.send(each);
    await turns(10);
    const received = [];
    for (const _ of sent) received.push(await b.receive());
    assertEquals(received.map(text), sent);
    assertEquals(clock.pending, 0);
  },
);

testOnManualClock("a deadline ends a receive, the socket stays", async (clock) => {
  const [a, b] = await pair();
  await using _a = a;
  await using _b = b;
  const failed = assertRejects(() => deadline(7, () => b.receive()), TimeoutError);
  await clock.advance(7);
  assertEquals((await failed).phase, "deadline");
  await a.send("x");
  assertEquals(text(await b.receive()), "x");
});

Deno.test("a second receive, and a close meanwhile, are busy", async () => {
  const [a, b] = await pair();
  await using _a = a;
  await using _b = b;
  const receiving = b.receive();
  await assertRejects(() => b.receive(), BusyError);
  assertThrows(() => b.close(), BusyError);
  await b.send("sends work");
  await a.send("x");
  assertEquals(text(await receiving), "x");
  b.close();
  b.close();
});

Deno.test("23: a thread that is killed before its receive has begun to wait ends too", async () => {
  const [a, b] = await pair();
  await using _a = a;
  let error: unknown;
  const thread = spawn(() => b.receive().catch((caught) => error = caught));
  kill(thread);
  await turns();
  assert(error instanceof KilledError);
  await assertRejects(() => b.receive(), ClosedError);
});

Deno.test("23: killing a thread in a receive closes the socket", async () => {
  const [a, b] = await pair();
  await using _a = a;
  let error: unknown;
  const thread = spawn(() => b.receive().catch((caught) => error = caught));
  await turns(2);
  assertEquals(list().find(({ id }) => id === thread.id)?.waitingOn, "a datagram");
  kill(thread);
  await turns();
  assert(error instanceof KilledError);
  await assertRejects(() => b.send("x"), ClosedError);
  await assertRejects(() => b.receive(), ClosedError);
});

Deno.test("a closed socket does nothing more, and closing ends a receive", async () => {
  const socket = await bound();
  const failed = assertRejects(() => socket.receive(), ClosedError, "the socket was closed");
  await turns();
  await socket[Symbol.asyncDispose]();
  await failed;
  const calls = [
    () => socket.sendTo("x", { hostname: "127.0.0.1", port: 9 }),
    () => socket.receive(),
    () => socket.setPeerName("127.0.0.1", 9),
    () => socket.setSockName("127.0.0.1", 0),
    () => socket.joinMulticast("239.1.2.3"),
  ];
  await assertRejects(() => socket.send("x"), LocalProtocolError, "no peer");
  for (const call of calls) await assertRejects(call, ClosedError);
  await udp()[Symbol.asyncDispose]();
});
