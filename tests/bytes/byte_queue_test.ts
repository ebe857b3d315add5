import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { ByteQueue } from "../../src/bytes/byte_queue.ts";
import { bytes, text } from "../support/bytes.ts";
import { Random } from "../support/random.ts";

function queueOf(...pieces: string[]): ByteQueue {
  const queue = new ByteQueue();
  for (const piece of pieces) queue.push(bytes(piece));
  return queue;
}

Deno.test("a byte queue gives back what went in, in order", () => {
  const queue = queueOf("ab", "", "cdef");
  assertEquals(queue.size, 6);
  assertEquals(text(queue.view()), "abcdef");
  assertEquals(text(queue.take(3)), "abc");
  queue.skip(1);
  assertEquals(text(queue.takeAll()), "ef");
  assertEquals(queue.size, 0);
  assertEquals(queue.take(0), new Uint8Array(0));
});

Deno.test("a byte queue gives a line without its LF and without any CR", () => {
  const queue = queueOf("foo\r\rbar\rbaz\n\n\r\nrest\r");
  assertEquals(text(queue.takeLine()!), "foobarbaz");
  assertEquals(text(queue.takeLine()!), "");
  assertEquals(text(queue.takeLine()!), "");
  assertEquals(queue.takeLine(), null);
  assertEquals(queue.size, 5);
  assertEquals(text(queue.takePartialLine()), "rest");
});

Deno.test("a byte queue looks for a line's end only where it has not looked", () => {
  const queue = new ByteQueue();
  let looked = 0;
  const proto = Object.getPrototypeOf(Uint8Array.prototype);
  const { indexOf } = proto;
  proto.indexOf = function (this: Uint8Array, ...args: [number, number?]) {
    looked += this.length - (args[1] ?? 0);
    return indexOf.apply(this, args);
  };
  try {
    for (let n = 0; n < 2_000; n++) {
      queue.push(bytes("x"));
      assertEquals(queue.takeLine(), null);
    }
    queue.push(bytes("\n"));
    assertEquals(queue.takeLine()!.length, 2_000);
  } finally {
    proto.indexOf = indexOf;
  }
  // Each byte once for its LF, and the line once more for its CRs.
  assert(looked <= 4_010, `${looked} bytes were looked at`);
});

Deno.test("a byte queue finds a line whose end comes after other bytes were taken", () => {
  const queue = queueOf("abcd");
  assertEquals(queue.takeLine(), null);
  assertEquals(text(queue.take(2)), "ab");
  queue.push(bytes("\nnext\n"));
  assertEquals(text(queue.takeLine()!), "cd");
  assertEquals(text(queue.takeLine()!), "next");
});

Deno.test("what was taken from a byte queue is not overwritten by what comes later", () => {
  const queue = new ByteQueue(16);
  queue.push(bytes("first\nsecond"));
  const line = queue.takeLine()!;
  const rest = queue.takeAll();
  for (let n = 0; n < 10; n++) queue.push(bytes("XXXXXXXX"));
  assertEquals([text(line), text(rest)], ["first", "second"]);
});

Deno.test("a byte queue's room keeps its place while bytes are taken from the front", () => {
  const queue = queueOf("abc");
  const room = queue.room(4);
  assertEquals(text(queue.take(3)), "abc");
  room.set(bytes("late"));
  queue.commit(4);
  assertEquals(text(queue.takeAll()), "late");
});

Deno.test("a byte queue gives as much room as is asked for, and reuses what was taken", () => {
  const queue = new ByteQueue(1024);
  assert(queue.room(10_000).length >= 10_000);
  const { buffer } = queue.room(1);
  for (let n = 0; n < 1_000; n++) {
    queue.push(bytes("0123456789".repeat(10)));
    queue.skip(100);
  }
  assertStrictEquals(queue.room(1).buffer, buffer);
});

Deno.test("a byte queue lets a buffer go that one large take made large", () => {
  const queue = new ByteQueue(1024);
  queue.room(1 << 20);
  queue.commit(1 << 20);
  const large = queue.view().buffer;
  queue.skip(1 << 20);
  assertNotStrictEquals(queue.room(1).buffer, large);
  assertEquals(queue.room(1).buffer.byteLength < (1 << 20), true);
});

Deno.test("a byte queue agrees with a plain text under any sequence of calls", () => {
  const random = new Random(31);
  for (let round = 0; round < 300; round++) {
    const queue = new ByteQueue(1 + random.below(40));
    let model = "";
    for (let step = 0; step < 60; step++) {
      const size = random.below(model.length + 1);
      switch (random.below(6)) {
        case 0:
        case 1: {
          const more = random.text("ab\r\n", random.below(30));
          queue.push(bytes(more));
          model += more;
          break;
        }
        case 2:
          assertEquals(text(queue.take(size)), model.slice(0, size));
          model = model.slice(size);
          break;
        case 3:
          queue.skip(size);
          model = model.slice(size);
          break;
        case 4: {
          const end = model.indexOf("\n");
          const line = queue.takeLine();
          const expected = end < 0 ? null : model.slice(0, end).replaceAll("\r", "");
          assertEquals(line && text(line), expected);
          model = model.slice(end + 1);
          break;
        }
        case 5:
          assertEquals(text(queue.takePartialLine()), model.replaceAll("\r", ""));
          model = "";
      }
      assertEquals(text(queue.view()), model);
      assertEquals(queue.size, model.length);
    }
  }
});
