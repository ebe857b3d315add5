import { assert, assertEquals } from "@std/assert";
import { ByteQueue } from "../../src/bytes/byte_queue.ts";
import { TextLines } from "../../src/bytes/text_lines.ts";
import { bytes, splitsOf, text } from "../support/bytes.ts";
import { Random } from "../support/random.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** A text of one character a byte, as the decoder has it. */
function decoded(text: string): string {
  return utf8.decode(bytes(text));
}

function linesOf(...pieces: string[]): { queue: ByteQueue; lines: TextLines } {
  const queue = new ByteQueue();
  for (const piece of pieces) queue.push(bytes(piece));
  return { queue, lines: new TextLines(queue) };
}

/** Takes lines until there is none. */
function takeAll(lines: TextLines): string[] {
  const taken: string[] = [];
  for (let line = lines.take(); line !== null; line = lines.take()) taken.push(line);
  return taken;
}

Deno.test("a line's bytes leave the queue with it, and no others", () => {
  const { queue, lines } = linesOf("one\r\ntwo\nthree\nfo");
  assertEquals(lines.take(), "one");
  assertEquals(text(queue.view()), "two\nthree\nfo");
  assertEquals(lines.take(), "two");
  assertEquals(text(queue.view()), "three\nfo");
  assertEquals(lines.take(), "three");
  assertEquals(lines.take(), null);
  assertEquals(text(queue.view()), "fo");
  queue.push(bytes("ur\n"));
  assertEquals(lines.take(), "four");
  assertEquals(queue.size, 0);
});

Deno.test("whoever else takes from the queue finds what lines have left, and leaves them the rest", () => {
  const { queue, lines } = linesOf("a\nb\nc1\nd\ne\nf\ng\n");
  assertEquals(lines.take(), "a");
  assertEquals(text(queue.takeLine()!), "b");
  assertEquals(text(queue.take(1)), "c");
  assertEquals(lines.take(), "1");
  queue.skip(2);
  assertEquals(lines.take(), "e");
  assertEquals(lines.takePartial(false), "f\ng\n");
  assertEquals(lines.take(), null);
});

Deno.test("as many bytes as were decoded, taken and put back in other words, give the other words", () => {
  const { queue, lines } = linesOf("one\nold\n");
  assertEquals(lines.take(), "one");
  queue.takeAll();
  queue.push(bytes("new\n"));
  assertEquals(lines.take(), "new");
});

Deno.test("a CR in the middle of a character is dropped before it is decoded", () => {
  const { queue, lines } = linesOf(
    "a\n\xe2\r\x82\xac\r\n\xc3\r\xa4\xe2\x82\xac\nb\xe2\r\n\rc\r\r\nd\n",
  );
  assertEquals(takeAll(lines), ["a", "€", "ä€", "b\ufffd", "c", "d"]);
  assertEquals(queue.size, 0);
});

Deno.test("what is no UTF-8 is decoded as in a line alone, and so is what is", () => {
  const odd = [
    "\xff",
    "\xe2\x82",
    "\xf0\x9f\x98",
    "\xf0\x9f\x98\x80",
    "\xed\xa0\x80",
    "\xc0\xaf",
    "\xef\xbf\xbd",
    "\xef\xbb\xbf",
    "\xf8\x88\x80\x80\x80",
    "\xe2\x82\xac\x00\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf",
  ];
  for (const before of odd) {
    for (const line of odd) {
      const { queue, lines } = linesOf(`x\n${before}\n${line}a\nplain\nrest`);
      const expected = ["x", before, `${line}a`, "plain"].map(decoded);
      assertEquals(takeAll(lines), expected);
      assertEquals(text(queue.view()), "rest");
    }
  }
});

Deno.test("lines are the same at every split", () => {
  const whole =
    "ab\r\n\nc\xc3\xa4\rd\r\r\n\xff\n\xe2\r\x82\xac\n\xf0\x9f\x98\x80\r\n\xef\xbb\xbfz\nend";
  for (const pieces of splitsOf(whole)) {
    const queue = new ByteQueue();
    const lines = new TextLines(queue);
    const taken: string[] = [];
    for (const piece of pieces) {
      queue.push(bytes(piece));
      taken.push(...takeAll(lines));
    }
    assertEquals(taken, ["ab", "", "cäd", "\ufffd", "€", "😀", "\ufeffz"]);
    assertEquals(lines.takePartial(true), "end");
  }
});

Deno.test("lines of every length come out, those longer than what is decoded at once too", () => {
  const lengths = [0, 1, 254, 255, 256, 257, 511, 512, 4094, 4095, 4096, 4097, 70_000];
  for (const char of ["x", "\xc3\xa4", "\xff"]) {
    const wanted = [...lengths, ...lengths.toReversed(), ...lengths].map((n) => char.repeat(n));
    const { queue, lines } = linesOf(wanted.join("\r\n") + "\n");
    assertEquals(takeAll(lines), wanted.map(decoded));
    assertEquals(queue.size, 0);
  }
});

Deno.test("a long line that comes in pieces is looked at once for its end", () => {
  const { queue, lines } = linesOf();
  let looked = 0;
  const proto = Object.getPrototypeOf(Uint8Array.prototype);
  const { indexOf, lastIndexOf } = proto;
  proto.indexOf = function (this: Uint8Array, ...args: [number, number?]) {
    looked += this.length;
    return indexOf.apply(this, args);
  };
  proto.lastIndexOf = function (this: Uint8Array, ...args: [number]) {
    looked += this.length;
    return lastIndexOf.apply(this, args);
  };
  try {
    for (let n = 0; n < 2_000; n++) {
      queue.push(bytes("x"));
      assertEquals(lines.take(), null);
    }
    queue.push(bytes("\n"));
    assertEquals(lines.take()!.length, 2_000);
  } finally {
    Object.assign(proto, { indexOf, lastIndexOf });
  }
  // Each byte once for its LF, the LF once more, and the line once for its CRs or the run's end.
  assert(looked <= 4_010, `${looked} bytes were looked at`);
});

Deno.test("lines agree with a plain text under any sequence of calls", () => {
  const random = new Random(47);
  const alphabets = ["ab\n", "a\r\n", "a\n\xc3\xa4", "ab\r\n\xe2\x82\xac\xff", "abcdefghijklmno\n"];
  for (let round = 0; round < 600; round++) {
    const queue = new ByteQueue(1 + random.below(40));
    const lines = new TextLines(queue);
    const alphabet = alphabets[round % alphabets.length];
    let model = "";
    for (let step = 0; step < 80; step++) {
      switch (random.below(10)) {
        case 0:
        case 1: {
          const more = random.text(alphabet, random.below(random.below(8) === 0 ? 3_000 : 60));
          queue.push(bytes(more));
          model += more;
          break;
        }
        case 2: {
          const size = random.below(Math.min(model.length, 40) + 1);
          assertEquals(text(queue.take(size)), model.slice(0, size));
          model = model.slice(size);
          break;
        }
        case 3:
        case 4: {
          const end = model.indexOf("\n");
          const line = queue.takeLine();
          const expected = end < 0 ? null : model.slice(0, end).replaceAll("\r", "");
          assertEquals(line && text(line), expected);
          model = model.slice(end + 1);
          break;
        }
        default: {
          const end = model.indexOf("\n");
          const expected = end < 0 ? null : decoded(model.slice(0, end).replaceAll("\r", ""));
          assertEquals(lines.take(), expected);
          model = model.slice(end + 1);
        }
      }
      assertEquals(text(queue.view()), model);
    }
  }
});
