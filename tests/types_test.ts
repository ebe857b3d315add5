import { assertEquals } from "@std/assert";
import { assertType, type Has, type IsExact } from "@std/testing/types";
import {
  Channel,
  type current,
  deadline,
  kill,
  type LightThread,
  type Result,
  scope,
  type Semaphore,
  sleep,
  spawn,
  wait,
  waitAll,
} from "@lasa/lasa/thread";
import { type Sendable, tcp, type TcpSocket, type UntilReader } from "@lasa/lasa/socket";
import type { Framing, RequestEvent, ResponseEvent, ResponseReader } from "@lasa/lasa/protocol";

type Bytes = Uint8Array<ArrayBuffer>;

/** Calls that are looked at by the compiler and made by nobody. */
function unused(_calls: () => unknown): void {}

Deno.test("receive's result is text for a line, bytes for a size and for everything", () => {
  const socket = tcp();
  unused(() => {
    assertType<IsExact<ReturnType<typeof one>, Promise<Bytes>>>(true);
    assertType<IsExact<ReturnType<typeof line>, Promise<string>>>(true);
    assertType<IsExact<ReturnType<typeof nothing>, Promise<string>>>(true);
    assertType<IsExact<ReturnType<typeof asBytes>, Promise<Bytes>>>(true);
    assertType<IsExact<ReturnType<typeof asText>, Promise<string>>>(true);
    assertType<IsExact<ReturnType<typeof all>, Promise<Bytes>>>(true);
    assertType<IsExact<ReturnType<typeof any>, Promise<Bytes>>>(true);
  });
  const one = () => socket.receive(1);
  const line = () => socket.receive("*l");
  const nothing = () => socket.receive();
  const asBytes = () => socket.receive("*l", { as: "bytes" });
  const asText = () => socket.receive("*l", { as: "text" });
  const all = () => socket.receive("*a");
  const any = () => socket.receiveAny(1);
  // @ts-expect-error There is no such pattern.
  unused(() => socket.receive("*x"));
  // @ts-expect-error A size goes without options.
  unused(() => socket.receive(1, { as: "bytes" }));
  // @ts-expect-error How many at most must be said.
  unused(() => socket.receiveAny());
});

Deno.test("receiveUntil gives a reader of bytes or null", () => {
  assertType<IsExact<UntilReader, (size?: number) => Promise<Bytes | null>>>(true);
  assertType<IsExact<ReturnType<TcpSocket["receiveUntil"]>, UntilReader>>(true);
});

Deno.test("connect takes a host with a port, or a Unix path without one", () => {
  const socket = tcp();
  unused(() => socket.connect("localhost", 80, { localAddress: "127.0.0.2" }));
  unused(() => socket.connect("unix:/run/x.sock"));
  unused(() => socket.connect("unix:/run/x.sock", { signal: new AbortController().signal }));
  // @ts-expect-error A port is a number.
  unused(() => socket.connect("localhost", "80"));
});

Deno.test("send takes text, bytes and nested lists of them, and gives a count", () => {
  assertType<IsExact<ReturnType<TcpSocket["send"]>, Promise<number>>>(true);
  assertType<Has<Sendable, string>>(true);
  assertType<Has<Sendable, Uint8Array>>(true);
  const nested: Sendable = ["a", [new Uint8Array(1), ["b"]]] as const;
  assertEquals(nested.length, 2);
  // @ts-expect-error A number is neither.
  unused(() => tcp().send(7));
});

Deno.test("spawn's arguments are its function's, and its result the thread's", () => {
  const thread = spawn((text: string, times: number) => text.repeat(times), "a", 2);
  assertType<IsExact<typeof thread, LightThread<string>>>(true);
  const later = spawn(() => Promise.resolve(1));
  assertType<IsExact<typeof later, LightThread<number>>>(true);
  const nothing = spawn(sleep, 0);
  assertType<IsExact<typeof nothing, LightThread<void>>>(true);
  kill(nothing);
  // @ts-expect-error An argument is missing.
  unused(() => spawn((text: string) => text));
  // @ts-expect-error An argument is of another type.
  unused(() => spawn((text: string) => text, 1));
  // @ts-expect-error An argument is too many.
  unused(() => spawn(() => 1, 2));
});

Deno.test("wait and waitAll give how threads ended, with their values' type", async () => {
  const first = await wait(spawn(() => 1), spawn(() => 2));
  assertType<IsExact<typeof first, Result<number>>>(true);
  if (first.ok) assertType<IsExact<typeof first.value, number>>(true);
  else assertType<IsExact<typeof first.error, unknown>>(true);
  const all = await waitAll(spawn(() => "a"));
  assertType<IsExact<typeof all, Result<string>[]>>(true);
  assertType<IsExact<LightThread["status"], "running" | "suspended" | "zombie" | "dead">>(true);
  assertType<IsExact<ReturnType<typeof current>, LightThread<unknown> | null>>(true);
});

Deno.test("kill takes a thread of any result", () => {
  unused(() => kill(spawn(() => 1)));
  unused(() => kill(spawn(() => Promise.resolve("a"))));
  assertType<IsExact<ReturnType<typeof kill>, boolean>>(true);
});

Deno.test("a scope's spawn is typed like spawn, and its wait tells of all", async () => {
  await using block = scope();
  const child = block.spawn((n: number) => n + 1, 1);
  assertType<IsExact<typeof child, LightThread<number>>>(true);
  const ends = await block.wait();
  assertType<IsExact<typeof ends, Result[]>>(true);
});

Deno.test("a deadline gives what its function gives", async () => {
  const value = await deadline(1_000, () => Promise.resolve("a"));
  assertType<IsExact<typeof value, string>>(true);
  const plain = await deadline(1_000, () => 1);
  assertType<IsExact<typeof plain, number>>(true);
});

Deno.test("a channel carries values of its type alone", () => {
  const channel = new Channel<number>(1);
  assertType<IsExact<ReturnType<typeof channel.receive>, Promise<number>>>(true);
  assertType<
    IsExact<ReturnType<typeof channel.tryReceive>, { ok: true; value: number } | { ok: false }>
  >(true);
  // @ts-expect-error A text is no number.
  unused(() => channel.send("a"));
  assertType<IsExact<ReturnType<Semaphore["wait"]>, Promise<void>>>(true);
});

Deno.test("the cores' events are told apart by their type", () => {
  type Of<E, T> = Extract<E, { type: T }>;
  assertType<
    IsExact<
      ResponseEvent["type"],
      "informational" | "response" | "data" | "end" | "tunnel" | "closed"
    >
  >(true);
  assertType<IsExact<Of<ResponseEvent, "data">["bytes"], Bytes>>(true);
  assertType<IsExact<RequestEvent["type"], "request" | "data" | "end">>(true);
  assertType<IsExact<Of<RequestEvent, "request">["bodyLength"], number | "chunked">>(true);
  assertType<IsExact<ReturnType<ResponseReader["nextEvent"]>, ResponseEvent | null>>(true);
  assertType<
    IsExact<Framing["kind"], "none" | "tunnel" | "length" | "chunked" | "until-close">
  >(true);
});
