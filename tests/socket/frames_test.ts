import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BusyError,
  ClosedError,
  LimitError,
  RemoteProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import type { FrameOptions, TcpSocket } from "../../src/socket/mod.ts";
import { deadline, spawn, waitAll } from "../../src/thread/mod.ts";
import { bytes, splitsOf, text } from "../support/bytes.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { type Ends, withSocket } from "../support/loopback.ts";
import { Random } from "../support/random.ts";

/** A frame in front of which stands its length. */
function framed(payload: string, options: FrameOptions = {}): string {
  const { lengthBytes = 4, littleEndian = false, countsItself = false } = options;
  let length = payload.length + (countsItself ? lengthBytes : 0);
  const head: number[] = [];
  for (let at = 0; at < lengthBytes; at++, length >>>= 8) head.push(length & 255);
  return text(littleEndian ? head : head.reverse()) + payload;
}

Deno.test("peekBytes gives a copy of what comes next, and takes nothing", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("abc");
    const looked = await socket.peekBytes(2);
    assertEquals(text(looked), "ab");
    looked.fill(0);
    const waiting = socket.peekBytes(5);
    await assertRejects(() => socket.receive(1), BusyError);
    await peer.send("def");
    assertEquals(text(await waiting), "abcde");
    assertEquals(text(await socket.peekBytes(0)), "");
    assertEquals(text(await socket.receive(6)), "abcdef");
    for (const size of [-1, 1.5, NaN]) {
      await assertRejects(() => socket.peekBytes(size), RangeError);
    }
    await assertRejects(() => socket.peekBytes("1" as unknown as number), TypeError);
  }));

testOnManualClock(
  "a peekBytes that gets too little tells what there is, and leaves it",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      await peer.send("ab");
      await until(() => socket.peek());
      const failed = assertRejects(() => socket.peekBytes(3), TimeoutError);
      await clock.advance(30_000);
      assertEquals(text((await failed).partial as Uint8Array), "ab");
      await peer.conn.closeWrite();
      const closed = await assertRejects(() => socket.peekBytes(3), ClosedError);
      assertEquals(text(closed.partial as Uint8Array), "ab");
      assertEquals(text(await socket.receive("*a")), "ab");
    }),
);

const OPTIONS: FrameOptions[] = [1, 2, 4].flatMap((lengthBytes) =>
  [false, true].flatMap((littleEndian) =>
    [false, true].map((countsItself) => (
      { lengthBytes: lengthBytes as 1 | 2 | 4, littleEndian, countsItself }
    ))
  )
);

Deno.test("frames of every form come out as they went in, the empty one included", async () => {
  const random = new Random(7);
  for (const options of OPTIONS) {
    await withSocket(async ({ socket, peer }) => {
      const frames = ["", "a", random.text("abc\0\xff", 200), ""];
      if (options.lengthBytes !== 1) frames.push(random.text("xyz", 700));
      await peer.send(frames.map((frame) => framed(frame, options)).join("") + "rest\n");
      for (const frame of frames) assertEquals(text(await socket.receiveFrame(options)), frame);
      assertEquals(await socket.receive(), "rest");
    });
  }
});

Deno.test("a frame may come in any pieces", async () => {
  for (const pieces of splitsOf(framed("hello"))) {
    await withSocket(async ({ socket, peer }) => {
      const receiving = socket.receiveFrame();
      for (const piece of pieces) {
        await peer.send(piece);
        await turns();
      }
      assertEquals(text(await receiving), "hello");
    });
  }
});

Deno.test("a frame's bytes are its own", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send(framed("abc") + framed("def"));
    const first = await socket.receiveFrame();
    first.fill(0);
    assertEquals(text(await socket.receiveFrame()), "def");
  }));

async function assertStillThere({ socket }: Ends, expected: string): Promise<void> {
  assertEquals(text(await socket.receive(expected.length)), expected);
}

Deno.test("a frame over the limit is refused before any of it is taken, or has come", async () => {
  for (
    const [head, options] of [
      ["\0\0\0\x0b", { maxFrameBytes: 10 }],
      ["\xff\xff\xff\xff", {}],
      ["\x01\0\0\x01", {}],
      ["\xff", { lengthBytes: 1, maxFrameBytes: 254 }],
    ] as [string, FrameOptions][]
  ) {
    await withSocket(async (ends) => {
      await ends.peer.send(head);
      const error = await assertRejects(() => ends.socket.receiveFrame(options), LimitError);
      assertEquals([error.code, error.limit], ["limit", "maxFrameBytes"]);
      await assertStillThere(ends, head);
    });
  }
  await withSocket(async ({ socket, peer }) => {
    await peer.send(framed("0123456789"));
    assertEquals((await socket.receiveFrame({ maxFrameBytes: 10 })).length, 10);
  });
});

Deno.test("a length that counts itself and is too small for that is the peer's fault", () =>
  withSocket(async (ends) => {
    await ends.peer.send("\x01\0");
    await assertRejects(
      () => ends.socket.receiveFrame({ lengthBytes: 2, littleEndian: true, countsItself: true }),
      RemoteProtocolError,
      "length of 1 ",
    );
    await assertStillThere(ends, "\x01\0");
  }));

Deno.test("a length of three bytes is not one", () =>
  withSocket(async ({ socket }) => {
    await assertRejects(() => socket.receiveFrame({ lengthBytes: 3 as 4 }), RangeError, "not 3");
  }));

testOnManualClock(
  "a timeout takes nothing: the frame can be asked for again, wherever it stood",
  async (clock) => {
    const whole = framed("hello");
    for (let cut = 0; cut < whole.length; cut++) {
      await withSocket(async ({ socket, peer }) => {
        await peer.send(whole.slice(0, cut));
        if (cut > 0) await until(async () => await socket.peek());
        const failed = assertRejects(() => socket.receiveFrame(), TimeoutError);
        await turns(2);
        await clock.advance(30_000);
        assertEquals(text((await failed).partial as Uint8Array), whole.slice(0, cut));
        const late = assertRejects(() => deadline(5, () => socket.receiveFrame()), TimeoutError);
        await clock.advance(5);
        await late;
        await peer.send(whole.slice(cut));
        assertEquals(text(await socket.receiveFrame()), "hello");
      });
    }
  },
);

Deno.test("an end between frames is plain, one in a frame tells what had come", async () => {
  for (const [sent, partial] of [["", ""], ["\0\0", "\0\0"], ["\0\0\0\x05he", "\0\0\0\x05he"]]) {
    await withSocket(async ({ socket, peer }) => {
      await peer.send(sent);
      await peer.conn.closeWrite();
      const error = await assertRejects(() => socket.receiveFrame(), ClosedError);
      assertEquals(text(error.partial as Uint8Array), partial);
    });
  }
});

Deno.test("a frame is taken in one step: a thread that waits its turn begins behind it", () =>
  withSocket(async ({ socket, peer }) => {
    const patient = async (socket: TcpSocket): Promise<string> => {
      for (;;) {
        try {
          return text(await socket.receiveFrame());
        } catch (error) {
          assert(error instanceof BusyError);
          await turns();
        }
      }
    };
    const threads = [1, 2, 3].map(() => spawn(patient, socket));
    for (const byte of framed("one") + framed("two") + framed("three")) {
      await peer.conn.write(bytes(byte));
      await turns();
    }
    const frames = (await waitAll(...threads)).map((end) => end.ok && end.value);
    assertEquals(frames.toSorted(), ["one", "three", "two"]);
  }));
