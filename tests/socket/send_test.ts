import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BrokenError,
  BusyError,
  ClosedError,
  KilledError,
  type LasaError,
  TimeoutError,
} from "../../src/errors.ts";
import type { Sendable } from "../../src/socket/flatten.ts";
import { kill, spawn } from "../../src/thread/mod.ts";
import { bytes } from "../support/bytes.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { withSocket } from "../support/loopback.ts";
import { PlannedStream } from "../support/planned_stream.ts";

// More than the system takes for a peer that does not read.
const TOO_MUCH = new Uint8Array(64 * 1024 * 1024);

Deno.test("send takes text as UTF-8, bytes and nested lists, which leave in one write", async () => {
  let stream!: PlannedStream;
  await withSocket(async ({ socket, peer }) => {
    const data: Sendable = ["GET ", ["/ä", bytes("\xff"), []], [["\r", ["\n"]], ""], "end"];
    const sent = "GET /\xc3\xa4\xff\r\nend";
    assertEquals(await socket.send(data), sent.length);
    assertEquals(stream.writes, 1);
    assertEquals(await peer.receive(sent.length), sent);
    assertEquals(await socket.send("text"), 4);
    assertEquals(await socket.send(bytes("bytes")), 5);
    assertEquals(await peer.receive(9), "textbytes");
    assertEquals(stream.writes, 3);
  }, (inner) => stream = new PlannedStream(inner));
});

Deno.test("send of nothing writes nothing", async () => {
  let stream!: PlannedStream;
  await withSocket(async ({ socket }) => {
    assertEquals([await socket.send(""), await socket.send([]), await socket.send([[""]])], [
      0,
      0,
      0,
    ]);
    assertEquals(stream.writes, 0);
  }, (inner) => stream = new PlannedStream(inner));
});

Deno.test("send refuses what is neither text nor bytes, and the socket stays as it was", () =>
  withSocket(async ({ socket, peer }) => {
    for (const wrong of [7, null, undefined, {}, ["a", 7]]) {
      await assertRejects(() => socket.send(wrong as Sendable), TypeError, "neither text");
    }
    await socket.send("ok");
    assertEquals(await peer.receive(2), "ok");
  }));

Deno.test("send waits until the system has taken everything", () =>
  withSocket(async ({ socket, peer }) => {
    const size = 8 * 1024 * 1024;
    const data = new Uint8Array(size).fill(65);
    let isSent = false;
    const sending = socket.send(data).then((count) => {
      isSent = true;
      return count;
    });
    await turns(3);
    assertEquals(isSent, false);
    const received = await peer.receive(size);
    assertEquals(await sending, size);
    assert(received === "A".repeat(size));
  }));

Deno.test("11: a second sender is busy, a reader is not, and neither disturbs the first", () =>
  withSocket(async ({ socket, peer }) => {
    const size = 8 * 1024 * 1024;
    const sending = socket.send(new Uint8Array(size));
    const error = await assertRejects(() => socket.send("x"), BusyError, "busy sending");
    assertEquals(error.code, "busy");
    await peer.send("while sending\n");
    assertEquals(await socket.receive(), "while sending");
    assertEquals((await peer.receive(size)).length, size);
    assertEquals(await sending, size);
    await socket.send("x");
    assertEquals(await peer.receive(1), "x");
  }));

testOnManualClock(
  "10: a send that times out is a timeout of its phase, and closes the socket",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      socket.setTimeouts(undefined, 50, undefined);
      const failed = assertRejects(() => socket.send(TOO_MUCH), TimeoutError, "Cannot send");
      await clock.advance(50);
      const error = await failed;
      assertEquals([error.code, error.phase], ["timeout", "send"]);
      await assertRejects(() => socket.send("x"), ClosedError);
      await assertRejects(() => socket.receive(1), ClosedError);
      while (await peer.receive(1 << 20) !== "");
      assertEquals(clock.pending, 0);
    }),
);

Deno.test("killing a thread in a send closes the socket", () =>
  withSocket(async ({ socket, peer }) => {
    let error: unknown;
    const thread = spawn(() => socket.send(TOO_MUCH).catch((caught) => error = caught));
    await turns(2);
    assertEquals(thread.status, "suspended");
    kill(thread);
    await turns();
    assert(error instanceof KilledError);
    await assertRejects(() => socket.send("x"), ClosedError);
    while (await peer.receive(1 << 20) !== "");
  }));

Deno.test("a send to a peer that is gone breaks with the plain cause, and closes the socket", () =>
  withSocket(async ({ socket, peer }) => {
    peer.conn.close();
    let error: unknown;
    // The first write after the peer's end is taken by the system all the same.
    await until(async () => {
      error = await socket.send("x").then(() => undefined, (caught) => caught);
      return error !== undefined;
    });
    assert(error instanceof BrokenError, String(error));
    assert(["broken pipe", "connection reset by peer"].includes((error as LasaError).code));
    await assertRejects(() => socket.send("x"), ClosedError);
    await assertRejects(() => socket.receive(1), ClosedError);
  }));

Deno.test("a socket whose peer has ended can still send", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.conn.closeWrite();
    await assertRejects(() => socket.receive(1), ClosedError);
    await socket.send("still here");
    assertEquals(await peer.receive(10), "still here");
  }));
