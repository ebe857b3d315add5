import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, ClosedError, TimeoutError } from "../../src/errors.ts";
import type { UntilReader } from "../../src/socket/tcp_reader.ts";
import { bytes, splitsOf, text } from "../support/bytes.ts";
import { turns, until, withManualClock } from "../support/clock.ts";
import { withSocket } from "../support/loopback.ts";
import { PlannedStream } from "../support/planned_stream.ts";
import {
  type Call,
  type Expected,
  receiveUntilVectors,
  type UntilVector,
} from "../vectors/receive_until.ts";

/** How a read ended, in the words of the vectors. */
async function outcomeOf(reading: Promise<Uint8Array | null>): Promise<Expected> {
  try {
    const got = await reading;
    return got === null ? null : text(got);
  } catch (error) {
    if (error instanceof TimeoutError) return { timeout: text(error.partial as Uint8Array) };
    if (error instanceof ClosedError) return { closed: text(error.partial as Uint8Array) };
    throw error;
  }
}

/** Runs a vector over loopback TCP, reads bringing as many bytes each as `sizes` says. */
async function run(vector: UntilVector, sizes: readonly number[]): Promise<void> {
  let stream!: PlannedStream;
  await withManualClock((clock) =>
    withSocket(async ({ socket, peer }) => {
      const readers = vector.patterns.map((pattern) =>
        socket.receiveUntil(bytes(pattern), { inclusive: vector.inclusive })
      );
      const make = ([kind, size]: Call): Promise<Uint8Array | null> => {
        if (kind === "receive") return socket.receive(size as number);
        if (kind === "all") return socket.receive("*a");
        return readers[kind === "R2" ? 1 : 0](size);
      };
      const parts = [...vector.parts];
      let sent = 0;
      const sendPart = async () => {
        const part = parts.shift()!;
        await peer.send(part);
        sent += part.length;
        if (parts.length === 0) await peer.conn.closeWrite();
      };
      await sendPart();
      const outcomes: Expected[] = [];
      for (const [call, expected] of vector.steps) {
        const outcome = outcomeOf(make(call));
        if (expected !== null && typeof expected === "object" && "timeout" in expected) {
          await until(() => stream.delivered === sent);
          await turns();
          await clock.advance(30_000);
          outcomes.push(await outcome);
          await sendPart();
        } else {
          outcomes.push(await outcome);
        }
      }
      assertEquals(outcomes, vector.steps.map(([, expected]) => expected));
    }, (inner) => stream = new PlannedStream(inner, sizes))
  );
}

for (const vector of receiveUntilVectors) {
  const { patterns, parts, steps } = vector;
  const name = `receiveUntil ${patterns.map((pattern) => JSON.stringify(pattern)).join(" and ")}` +
    (vector.inclusive ? " inclusive" : "") +
    ` on ${parts.map((part) => JSON.stringify(part)).join(" pause ")}: ` +
    steps.map(([call, expected]) => `${call.join(" ")} ${JSON.stringify(expected)}`).join(", ");
  Deno.test(`${name}, at every split`, async () => {
    for (const pieces of splitsOf(parts.join(""))) {
      await run(vector, pieces.map((piece) => piece.length));
    }
  });
}

Deno.test("receiveUntil refuses an empty pattern", () =>
  withSocket(({ socket }) => {
    assertThrows(() => socket.receiveUntil(""), RangeError, "empty");
    assertThrows(() => socket.receiveUntil(new Uint8Array(0)), RangeError, "empty");
    return Promise.resolve();
  }));

Deno.test("receiveUntil's iterator refuses what is no size", () =>
  withSocket(async ({ socket }) => {
    const read = socket.receiveUntil("x");
    for (const size of [0, -1, 1.5, NaN]) await assertRejects(() => read(size), RangeError);
    await assertRejects(() => read("4" as unknown as number), TypeError);
  }));

Deno.test("receiveUntil takes text as UTF-8, and keeps a pattern that the caller changes", () =>
  withSocket(async ({ socket, peer }) => {
    const pattern = new Uint8Array([0xc3, 0xa4]);
    const readers: UntilReader[] = [socket.receiveUntil("ä"), socket.receiveUntil(pattern)];
    pattern.fill(0);
    await peer.send("one\xc3\xa4two\xc3\xa4");
    assertEquals(text((await readers[0]())!), "one");
    assertEquals(text((await readers[1]())!), "two");
  }));

Deno.test("receiveUntil's iterator is one reader among others", () =>
  withSocket(async ({ socket, peer }) => {
    const read = socket.receiveUntil("\n");
    const first = read();
    await assertRejects(() => read(), BusyError);
    await assertRejects(() => socket.receive(1), BusyError);
    await peer.send("x\n");
    assertEquals(text((await first)!), "x");
  }));

Deno.test("receiveUntil finds a pattern behind a megabyte that comes in pieces", () =>
  withSocket(async ({ socket, peer }) => {
    const line = "-".repeat(1023) + "\n";
    const sending = peer.send(line.repeat(1024) + "--end");
    const body = await socket.receiveUntil("\n--end")();
    await sending;
    assertEquals(body!.length, 1024 * 1024 - 1);
  }));
