/**
 * What every stream under a cosocket must do, whatever carries its bytes.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Address, ByteStream } from "../../src/socket/stream.ts";
import { writeAll } from "../../src/socket/stream.ts";
import { bytes, text } from "./bytes.ts";
import { turns } from "./clock.ts";

/** The two ends of a connection: the stream under test, and one that answers it. */
export interface StreamPair {
  readonly near: ByteStream;
  readonly far: ByteStream;
}

/** How a transport is opened, and what it tells of itself. */
export interface Transport {
  readonly name: string;
  /** Which kind of address it tells; `null` for none. */
  readonly addresses: Address["transport"] | null;
  open(): Promise<StreamPair>;
}

/** Reads that many bytes; fewer only where the stream ends. */
export async function readAll(stream: ByteStream, size: number): Promise<string> {
  const into = new Uint8Array(size);
  let count = 0;
  while (count < size) {
    const more = await stream.read(into.subarray(count));
    if (more === null) break;
    count += more;
  }
  return text(into.subarray(0, count));
}

/** Closes both ends, the near one first, and waits until it is known that it is closed. */
async function closeBoth({ near, far }: StreamPair): Promise<void> {
  near.close();
  const rest = new Uint8Array(1 << 16);
  try {
    while (await far.read(rest) !== null);
  } catch {
    // Reset, or closed by the test: over all the same.
  }
  far.close();
  // What a closed connection still has to tell its listeners comes in later turns.
  await turns(5);
}

/** Declares the contract's tests for one transport. */
export function testStreamContract(transport: Transport): void {
  const contract = (behaviour: string, test: (pair: StreamPair) => Promise<void>) => {
    Deno.test(`${transport.name}: ${behaviour}`, async () => {
      // As with a cosocket's calls, whose timeouts' alarm keeps the process alive: a stream need not.
      const keeper = setInterval(() => {}, 60_000);
      const pair = await transport.open();
      try {
        await test(pair);
      } finally {
        await closeBoth(pair);
        clearInterval(keeper);
      }
    });
  };

  contract("bytes arrive as they were written, both ways", async ({ near, far }) => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await writeAll(near, all);
    assertEquals(await readAll(far, 256), text(all));
    await writeAll(far, all);
    assertEquals(await readAll(near, 256), text(all));
  });

  contract("a read fills the front of its buffer and nothing else", async ({ near, far }) => {
    await writeAll(far, bytes("abcdef"));
    const into = new Uint8Array(10).fill(46);
    assertEquals(await near.read(into.subarray(2, 5)), 3);
    assertEquals(text(into), "..abc.....");
    assertEquals(await readAll(near, 3), "def");
  });

  contract("a read waits for bytes that come later", async ({ near, far }) => {
    const into = new Uint8Array(8);
    const reading = near.read(into);
    await turns(2);
    await writeAll(far, bytes("late"));
    const count = await reading;
    assert(count !== null && count > 0);
    const rest = await readAll(near, 4 - count);
    assertEquals(text(into.subarray(0, count)) + rest, "late");
  });

  contract("more than any buffer passes both ways at once, in order", async ({ near, far }) => {
    const size = 1 << 18;
    const there = Uint8Array.from({ length: size }, (_, at) => at % 253);
    const back = Uint8Array.from({ length: size }, (_, at) => at % 251);
    const [a, b] = await Promise.all([
      readAll(far, size),
      readAll(near, size),
      writeAll(near, there),
      writeAll(far, back),
    ]);
    assertEquals([a === text(there), b === text(back)], [true, true]);
  });

  contract("what was written may be changed once the write has ended", async ({ near, far }) => {
    const data = bytes("first");
    await writeAll(near, data);
    data.fill(0);
    assertEquals(await readAll(far, 5), "first");
  });

  contract(
    "the end of what is written is the end of what is read, and stays so",
    async ({ near, far }) => {
      await writeAll(near, bytes("last"));
      await near.closeWrite();
      assertEquals(await readAll(far, 10), "last");
      assertEquals(await far.read(new Uint8Array(1)), null);
    },
  );

  contract(
    "the other end's end is told once its bytes are read, and stays so",
    async ({ near, far }) => {
      await writeAll(far, bytes("last"));
      await far.closeWrite();
      assertEquals(await readAll(near, 10), "last");
      assertEquals(await near.read(new Uint8Array(1)), null);
    },
  );

  contract("who has ended writing can still read", async ({ near, far }) => {
    await near.closeWrite();
    assertEquals(await far.read(new Uint8Array(1)), null);
    await writeAll(far, bytes("still here"));
    assertEquals(await readAll(near, 10), "still here");
  });

  contract("whose peer has ended writing can still write", async ({ near, far }) => {
    await far.closeWrite();
    assertEquals(await near.read(new Uint8Array(1)), null);
    await turns(3);
    await writeAll(near, bytes("still here"));
    assertEquals(await readAll(far, 10), "still here");
  });

  contract("close ends a read that is pending", async ({ near }) => {
    const reading = near.read(new Uint8Array(1)).catch(() => null);
    await turns();
    near.close();
    assertEquals(await reading, null);
  });

  contract("close ends a write that is pending", async ({ near }) => {
    const writing = writeAll(near, new Uint8Array(64 << 20)).then(() => "taken", () => "failed");
    await turns(2);
    near.close();
    assertEquals(await writing, "failed");
  });

  contract("close tells the peer, and again does nothing", async ({ near, far }) => {
    near.close();
    near.close();
    assertEquals(await far.read(new Uint8Array(1)).catch(() => null), null);
  });

  contract("a closed stream takes nothing and gives nothing", async ({ near }) => {
    near.close();
    await assertRejects(() => near.write(bytes("x")));
    assertEquals(await near.read(new Uint8Array(1)).catch(() => null), null);
  });

  contract("it may be left alone with a read pending", async ({ near, far }) => {
    near.unref();
    const reading = near.read(new Uint8Array(4));
    await writeAll(far, bytes("x"));
    assertEquals(await reading, 1);
  });

  contract("it tells its addresses", ({ near }) => {
    const { localAddress, remoteAddress } = near;
    const expected = transport.addresses;
    assertEquals([localAddress?.transport ?? null, remoteAddress?.transport ?? null], [
      expected,
      expected,
    ]);
    if (remoteAddress?.transport === "tcp") {
      assertEquals(remoteAddress.hostname, "127.0.0.1");
      assert(remoteAddress.port > 0);
    }
    return Promise.resolve();
  });
}
