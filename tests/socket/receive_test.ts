import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { connect as connectNode } from "node:net";
import {
  BrokenError,
  ClosedError,
  type LasaError,
  LocalProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import { TcpSocket } from "../../src/socket/tcp.ts";
import { bytes, splitsOf, text } from "../support/bytes.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { withSocket } from "../support/loopback.ts";
import { PlannedStream } from "../support/planned_stream.ts";

/** What had arrived when a read failed, as text. */
async function partialOf(
  reading: Promise<unknown>,
  ErrorClass: new (message: string) => LasaError,
): Promise<string> {
  const { partial } = await assertRejects(() => reading, ErrorClass);
  return typeof partial === "string" ? partial : text(partial!);
}

Deno.test("1: a line drops every CR, and an unfinished one is the error's partial", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("foo\r\rbar\rbaz\n\n\r\nx\r");
    await peer.conn.closeWrite();
    assertEquals(await socket.receive(), "foobarbaz");
    assertEquals(await socket.receive("*l"), "");
    assertEquals(await socket.receive("*l"), "");
    assertEquals(await partialOf(socket.receive(), ClosedError), "x");
    assertEquals(await partialOf(socket.receive(), ClosedError), "");
  }));

Deno.test("1: lines come out the same at every split", async () => {
  const lines = "ab\r\n\nc\xc3\xa4\rd\r\r\n\xff\n";
  for (const pieces of splitsOf(lines)) {
    const sizes = pieces.map((piece) => piece.length);
    await withSocket(async ({ socket, peer }) => {
      await peer.send(lines);
      const got = [await socket.receive(), await socket.receive(), await socket.receive()];
      assertEquals(got, ["ab", "", "cäd"]);
      assertEquals(text(await socket.receive("*l", { as: "bytes" })), "\xff");
    }, (stream) => new PlannedStream(stream, sizes));
  }
});

Deno.test("1: lines and every other read share the bytes, the same at every split", async () => {
  const sent =
    "one\r\ntwo\n12345\nb\xe2\r\x82\xac\nby\rtes\r\n\xf0\x9f\x98\x80\nuntil|r\xff\n3\n4\n5\nend\xc3";
  for (const pieces of splitsOf(sent)) {
    const sizes = pieces.map((piece) => piece.length);
    await withSocket(async ({ socket, peer }) => {
      await peer.send(sent);
      await peer.conn.closeWrite();
      assertEquals([await socket.receive(), await socket.receive()], ["one", "two"]);
      assertEquals(text(await socket.receive(3)), "123");
      assertEquals([await socket.receive(), await socket.receive()], ["45", "b€"]);
      assertEquals(text(await socket.peekBytes(4)), "by\rt");
      assertEquals(text(await socket.receive("*l", { as: "bytes" })), "bytes");
      assertEquals(await socket.receive(), "😀");
      assertEquals(text((await socket.receiveUntil("|")())!), "until");
      assertEquals([await socket.receive(), await socket.receive()], ["r\ufffd", "3"]);
      assertEquals(text(await socket.receiveAny(1)), "4");
      assertEquals([await socket.receive(), await socket.receive()], ["", "5"]);
      assertEquals(await partialOf(socket.receive(), ClosedError), "end\ufffd");
    }, (stream) => new PlannedStream(stream, sizes));
  }
});

Deno.test("lines that are taken leave to others only what is behind them", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("one\ntwo\nthree\n");
    assertEquals(await socket.receive(), "one");
    await assertRejects(() => socket.sslHandshake(), LocalProtocolError, "10 bytes were received");
    assertEquals(await socket.receive(), "two");
    const { stream, received } = socket.detach();
    assertEquals(text(received), "three\n");
    stream.close();
  }));

Deno.test("thousands of lines of all lengths come out, taken in turn as text and as bytes", () =>
  withSocket(async ({ socket, peer }) => {
    const lines = Array.from({ length: 5_000 }, (_, n) => `${n}`.padEnd(n % 97, "äx"));
    const sending = peer.send(text(new TextEncoder().encode(lines.join("\r\n") + "\n")));
    const utf8 = new TextDecoder();
    for (const [n, line] of lines.entries()) {
      const got = n % 89 === 0
        ? utf8.decode(await socket.receive("*l", { as: "bytes" }))
        : await socket.receive();
      assertEquals(got, line);
    }
    await sending;
  }));

Deno.test("a line is text from UTF-8, to the character: a byte order mark stays", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("\xef\xbb\xbfa\xef\xbb\xbf\n\xe2\x82\xac\n");
    assertEquals(await socket.receive(), "\ufeffa\ufeff");
    assertEquals(await socket.receive(undefined, { as: "text" }), "€");
  }));

Deno.test('2: "*a" gives everything up to the end, then nothing, then the end is an error', () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("abc");
    await peer.conn.closeWrite();
    assertEquals(text(await socket.receive("*a")), "abc");
    assertEquals(text(await socket.receive("*a")), "");
    assertEquals(await partialOf(socket.receive(1), ClosedError), "");
  }));

Deno.test("once the end is told every read fails with it, also one that needs no byte", () =>
  withSocket(async ({ socket, peer }) => {
    const before = socket.receiveUntil("|");
    await peer.send("a|b");
    await peer.conn.closeWrite();
    assertEquals(text((await before(2))!), "a");
    await assertRejects(() => socket.receive(2), ClosedError);
    await assertRejects(() => socket.receive("*a"), ClosedError);
    await assertRejects(() => socket.receive(0), ClosedError);
    await assertRejects(() => before(2), ClosedError);
  }));

Deno.test('2: "*a" of an empty stream is empty', () =>
  withSocket(async ({ socket, peer }) => {
    await peer.conn.closeWrite();
    assertEquals(text(await socket.receive("*a")), "");
  }));

Deno.test('"*a" gives what is left behind other reads, a few megabytes too', () =>
  withSocket(async ({ socket, peer }) => {
    const body = "0123456789abcdef".repeat(200_000);
    const sending = peer.send("head\n" + body).then(() => peer.conn.closeWrite());
    assertEquals(await socket.receive(), "head");
    assertEquals((await socket.receive(1_000_000)).length, 1_000_000);
    assertEquals(text(await socket.receive("*a")) === body.slice(1_000_000), true);
    await sending;
  }));

Deno.test("3: receive(0) is empty at once", () =>
  withSocket(async ({ socket }) => assertEquals((await socket.receive(0)).length, 0)));

Deno.test("3: what is no size, and no pattern, is refused at once", () =>
  withSocket(async ({ socket }) => {
    for (const size of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      await assertRejects(() => socket.receive(size), RangeError, "not a whole number");
    }
    await assertRejects(() => socket.receive("*x" as "*l"), TypeError, "no pattern");
  }));

Deno.test("4: receive(10) in a loop gives full pieces, then the short rest with the error", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("hello, world. hello\n");
    await peer.send("o\n");
    await peer.conn.closeWrite();
    assertEquals(text(await socket.receive(10)), "hello, wor");
    assertEquals(text(await socket.receive(10)), "ld. hello\n");
    assertEquals(await partialOf(socket.receive(10), ClosedError), "o\n");
  }));

testOnManualClock(
  "5: a partial that was handed out with a timeout is never repeated",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      await peer.send("abc");
      await until(() => socket.peek());
      const partial = partialOf(socket.receive(6), TimeoutError);
      await clock.advance(30_000);
      assertEquals(await partial, "abc");
      await peer.send("def");
      assertEquals(text(await socket.receive(3)), "def");
    }),
);

testOnManualClock(
  "6: a line that times out goes on where its partial ended",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      await peer.send("hello\r\nwor");
      assertEquals(await socket.receive(), "hello");
      const partial = partialOf(socket.receive(), TimeoutError);
      await clock.advance(30_000);
      assertEquals(await partial, "wor");
      await peer.send("ld\n");
      assertEquals(await socket.receive(), "ld");
    }),
);

testOnManualClock(
  "6: a character that is cut by a timeout comes whole with the next line",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      await peer.send("a\xe2\x82");
      await until(() => socket.peek());
      const first = partialOf(socket.receive(), TimeoutError);
      await clock.advance(30_000);
      assertEquals(await first, "a");
      await peer.send("\xacb\n");
      assertEquals(await socket.receive(), "€b");
    }),
);

testOnManualClock(
  "7: receiveAny gives what there is, up to its size",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      await peer.send("abcdef");
      await until(() => socket.peek());
      assertEquals(text(await socket.receiveAny(4)), "abcd");
      assertEquals(text(await socket.receiveAny(4)), "ef");
      const partial = partialOf(socket.receiveAny(4), TimeoutError);
      await clock.advance(30_000);
      assertEquals(await partial, "");
      await peer.conn.closeWrite();
      assertEquals(await partialOf(socket.receiveAny(4), ClosedError), "");
    }),
);

Deno.test("7: receiveAny without a size, or with none above 0, is refused", () =>
  withSocket(async ({ socket }) => {
    for (const max of [0, -1, 1.5]) await assertRejects(() => socket.receiveAny(max), RangeError);
    await assertRejects(() => socket.receiveAny(undefined as unknown as number), TypeError);
  }));

testOnManualClock(
  "bytes that arrive after a timeout are there for the next read",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      const failed = partialOf(socket.receive(3), TimeoutError);
      await clock.advance(30_000);
      assertEquals(await failed, "");
      // The platform's read is still pending: what it brings is banked while nobody reads.
      await peer.send("abcdef");
      await until(() => socket.peek());
      assertEquals(text(await socket.receive(6)), "abcdef");
      assertEquals(clock.pending, 0);
    }),
);

testOnManualClock(
  "each wait for data has the whole timeout, and a met read needs none",
  async (clock) => {
    let stream!: PlannedStream;
    await withSocket(async ({ socket, peer }) => {
      socket.setTimeout(100);
      const reading = socket.receive(3);
      for (const [at, char] of [..."abc"].entries()) {
        await clock.advance(99);
        assertEquals(clock.pending, 1);
        await peer.send(char);
        await until(() => stream.delivered === at + 1);
        await turns();
      }
      assertEquals(text(await reading), "abc");
      assertEquals(clock.pending, 0);
    }, (inner) => stream = new PlannedStream(inner));
  },
);

Deno.test("16: peek tells whether data is there, and takes none", () =>
  withSocket(async ({ socket, peer }) => {
    assertEquals(await socket.peek(), false);
    await peer.send("x");
    await until(() => socket.peek());
    assertEquals(await socket.peek(), true);
    assertEquals(text(await socket.receive(1)), "x");
    assertEquals(await socket.peek(), false);
    await peer.conn.closeWrite();
    await turns(5);
    assertEquals(await socket.peek(), false);
    assertEquals(await partialOf(socket.receive(1), ClosedError), "");
    assertEquals(await socket.peek(), false);
  }));

Deno.test("a reset is a BrokenError with the plain cause, and closes the socket", async () => {
  await using server = new TcpSocket();
  server.bind("127.0.0.1", 0);
  const peer = connectNode({ host: "127.0.0.1", port: server.localAddress!.port });
  await using socket = await server.accept();
  peer.write("ab");
  assertEquals(text(await socket.receive(2)), "ab");
  peer.resetAndDestroy();
  const error = await assertRejects(() => socket.receive(5), BrokenError);
  assertEquals(error.code, "connection reset by peer");
  assertStringIncludes(error.message, "connection reset by peer");
  assertInstanceOf(error.cause, Deno.errors.ConnectionReset);
  assertEquals(await partialOf(socket.receive(1), ClosedError), "");
  await assertRejects(() => socket.send("x"), ClosedError);
});

Deno.test("sizes from nothing to more than the buffer come out exactly", () =>
  withSocket(async ({ socket, peer }) => {
    const sizes = [1, 4095, 4096, 4097, 65_536, 300_000, 0, 7];
    const all = Uint8Array.from({ length: sizes.reduce((a, b) => a + b) }, (_, i) => i % 251);
    const sending = peer.send(text(all));
    let at = 0;
    for (const size of sizes) {
      assertEquals(await socket.receive(size), bytes(text(all.subarray(at, at += size))));
    }
    await sending;
  }));
