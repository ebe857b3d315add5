/**
 * Two gibibytes in and out of a process that holds hardly any of them: who is slow slows the other
 * end down by TCP, and nothing gathers in between.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { spawnDeno } from "../../tools/child.ts";
import { LineProcess } from "../bench/line_process.ts";
import type { Order, Standing } from "../support/big_body_client.ts";
import { closeQuietly } from "../support/loopback.ts";

const GIB = 2 ** 30;
const SIZE = 2 * GIB;
/** Where whoever takes the bytes pauses. */
const PAUSES = [0, 64 * 2 ** 20, 700 * 2 ** 20, 1.5 * GIB];
/** What may be on its way between two ends that do not take: the system's buffers, and a few pieces. */
const ON_ITS_WAY = 128 * 2 ** 20;
/** What a process may hold that sends at full speed, or whose reader rests. */
const MOST_RSS = 150 * 2 ** 20;
/** What one may hold that reads at full speed: more comes while V8 collects what was dropped. */
const MOST_RSS_AT_FULL_SPEED = 250 * 2 ** 20;

/** The server's end of one connection, and how far it has come. */
class Origin implements Disposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  #conn: Deno.TcpConn | null = null;
  /** Bytes of the body that were sent, or received. */
  passed = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}/`;
  }

  /** Takes the connection and reads the head of the request. */
  async head(): Promise<void> {
    this.#conn = await this.#listener.accept();
    const end = [..."\r\n\r\n"].map((char) => char.charCodeAt(0));
    const byte = new Uint8Array(1);
    for (let matched = 0; matched < end.length;) {
      if (await this.#conn.read(byte) === null) throw new Error("The request has no end");
      matched = byte[0] === end[matched] ? matched + 1 : byte[0] === end[0] ? 1 : 0;
    }
  }

  async send(text: string): Promise<void> {
    await this.#conn!.write(new TextEncoder().encode(text));
  }

  /** Sends a body, as fast as it is taken. */
  async sendBody(): Promise<void> {
    const piece = new Uint8Array(256 * 1024);
    while (this.passed < SIZE) {
      this.passed += await this.#conn!.write(piece.subarray(0, SIZE - this.passed));
    }
  }

  /** Takes bytes of the request's body, chunks' frames and all, until there have been so many. */
  async takeUntil(count: number): Promise<void> {
    const into = new Uint8Array(256 * 1024);
    while (this.passed < count) this.passed += await this.#conn!.read(into) ?? count;
  }

  [Symbol.dispose](): void {
    if (this.#conn !== null) closeQuietly(this.#conn);
    this.#listener.close();
  }
}

/** Waits until a count stands still: until it has been the same for a while. */
async function whenStill(count: () => number | Promise<number>): Promise<number> {
  for (let last = -1;;) {
    const now = await count();
    if (now === last) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

function startClient() {
  const script = new URL("../support/big_body_client.ts", import.meta.url);
  const child = new LineProcess(
    "the client's process",
    spawnDeno(script, [], { stdin: "piped", stdout: "piped" }),
  );
  return { child, ask: (order: Order) => child.ask<Standing>(order) };
}

function assertBelow(most: number, held: number): void {
  assert(held < most, `the process holds ${Math.round(held / 2 ** 20)} MiB`);
}

Deno.test("a download of 2 GiB waits for who reads it, and hardly any of it is held", async () => {
  using origin = new Origin();
  const { child, ask } = startClient();
  await using _ = child;
  const serving = (async () => {
    await origin.head();
    await origin.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
    await origin.sendBody();
  })();
  // Where a check fails first, that is what is told.
  serving.catch(() => {});
  await ask({ download: origin.url });
  for (const pause of PAUSES) {
    const { passed } = await ask({ readUntil: pause });
    const sent = await whenStill(() => origin.passed);
    assertBelow(MOST_RSS, (await ask({ tell: "now" })).rss);
    assert(sent < SIZE, "all of it was sent though nobody read it");
    assert(sent - passed < ON_ITS_WAY, `${sent} were sent, ${passed} were read`);
  }
  const end = await ask({ readUntil: SIZE });
  await serving;
  assertEquals([end.passed, origin.passed], [SIZE, SIZE]);
  assertBelow(MOST_RSS_AT_FULL_SPEED, end.peakRss);
});

Deno.test("a reader who is always a little behind holds nothing of what he has taken", async () => {
  using origin = new Origin();
  const { child, ask } = startClient();
  await using _ = child;
  const serving = (async () => {
    await origin.head();
    await origin.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
    await origin.sendBody();
  })();
  // What is not read is not sent either: the client goes away before.
  serving.catch(() => {});
  await ask({ download: origin.url });
  const { peakRss } = await ask({ readUntil: 400 * 2 ** 20, rests: true });
  assertBelow(MOST_RSS, peakRss);
});

Deno.test("an upload of 2 GiB waits for who takes it, and hardly any of it is held", async () => {
  using origin = new Origin();
  const { child, ask } = startClient();
  await using _ = child;
  await ask({ upload: origin.url, size: SIZE });
  await origin.head();
  for (const pause of PAUSES) {
    await origin.takeUntil(pause);
    const given = await whenStill(async () => (await ask({ tell: "now" })).passed);
    assert(given < SIZE, "all of it was given though nobody took it");
    assert(given - origin.passed < ON_ITS_WAY, `${given} were given, ${origin.passed} were taken`);
  }
  await origin.takeUntil(SIZE);
  // The rest of the frames, and the answer; the client ends the connection behind it.
  await origin.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nread");
  const end = await ask({ tell: "at the end" });
  assertEquals([end.passed, end.answer], [SIZE, "read"]);
  assertBelow(MOST_RSS, end.peakRss);
});
