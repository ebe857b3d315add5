import { assertEquals, assertRejects } from "@std/assert";
import { concat } from "../../src/bytes/concat.ts";
import type { Pieces } from "../../src/http/decoder.ts";
import { pour } from "../../src/http/pour.ts";
import { turns } from "../support/clock.ts";

/** Bytes of which none stands at the place of another one's neighbour. */
function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, at) => (at * 7 + (at >> 8) * 13) & 255);
}

/** A body that is read into its reader's memory, in parts of these sizes, and then ends or fails. */
class Source implements Pieces {
  isCancelled = false;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #sizes: number[];
  readonly #error: Error | null;
  #at = 0;
  #reads = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>, sizes: number[], error: Error | null = null) {
    this.#bytes = bytes;
    this.#sizes = sizes;
    this.#error = error;
  }

  read(): Promise<never> {
    throw new Error("it is read into memory");
  }

  async readInto(into: Uint8Array<ArrayBuffer>): Promise<number | null> {
    const size = this.#sizes[this.#reads++ % this.#sizes.length];
    if (size > 1_000) await turns(1);
    if (this.isCancelled) throw new Error("cancelled");
    const part = this.#bytes.subarray(this.#at, this.#at + Math.min(size, into.length));
    if (part.length === 0 && this.#error !== null) throw this.#error;
    into.set(part);
    this.#at += part.length;
    return part.length === 0 ? null : part.length;
  }

  cancel(): void {
    this.isCancelled = true;
  }
}

for (const expected of [0, 50_000, 300_000, Infinity]) {
  for (const slow of [0, 1, 3]) {
    const how = `a sink that takes ${slow} turns, ${expected} bytes expected`;
    Deno.test(`what is poured comes whole and in order: ${how}`, async () => {
      const bytes = bytesOf(1_500_001);
      const parts: Uint8Array[] = [];
      await pour(new Source(bytes, [1, 70_000, 65_536, 3, 999]), expected, async (part) => {
        // Only once all is written may the memory be used again.
        await turns(slow);
        parts.push(part.slice());
      });
      assertEquals(concat(parts), bytes);
    });
  }
}

Deno.test("a body that fails is written as far as it came", async () => {
  const bytes = bytesOf(200_000);
  const source = new Source(bytes, [60_000], new Error("it broke"));
  const parts: Uint8Array[] = [];
  await assertRejects(
    () =>
      pour(source, Infinity, async (part) => {
        await turns(5);
        parts.push(part.slice());
      }),
    Error,
    "it broke",
  );
  assertEquals(concat(parts), bytes);
});

Deno.test("a sink that fails ends the pouring with its error, and gives the body up", async () => {
  const source = new Source(bytesOf(2_000_000), [60_000]);
  const failing = () => Promise.reject(new Error("the disk is full"));
  await assertRejects(() => pour(source, Infinity, failing), Error, "the disk is full");
  assertEquals(source.isCancelled, true);
});

Deno.test("nothing is read where there is no room, until something is written", async () => {
  const source = new Source(bytesOf(20_000), [5_000]);
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  let written = 0;
  const pouring = pour(source, 8_192, async (part) => {
    await held;
    written += part.length;
  });
  await turns(10);
  assertEquals(written, 0);
  release();
  await pouring;
  assertEquals(written, 20_000);
});
