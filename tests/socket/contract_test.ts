import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { BusyError, ClosedError, KilledError, TimeoutError } from "../../src/errors.ts";
import { TcpSocket } from "../../src/socket/tcp.ts";
import { after, deadline, kill, select, sleep, spawn } from "../../src/thread/mod.ts";
import { text } from "../support/bytes.ts";
import { turns } from "../support/clock.ts";
import { TRANSPORTS } from "../support/transports.ts";

// What every cosocket does, whatever carries its bytes.
for (const { name, open } of TRANSPORTS) {
  const contract = (
    behaviour: string,
    test: (near: TcpSocket, far: TcpSocket) => Promise<void>,
  ) => {
    Deno.test(`a cosocket over ${name}: ${behaviour}`, async () => {
      const pair = await open();
      const near = TcpSocket.over(pair.near);
      const far = TcpSocket.over(pair.far);
      try {
        await test(near, far);
      } finally {
        await near[Symbol.asyncDispose]();
        await far[Symbol.asyncDispose]();
        // What a closed connection still has to tell its listeners comes in later turns.
        await turns(8);
      }
    });
  };

  contract("lines, sizes and patterns come as they were sent", async (near, far) => {
    await far.send(["one\r\n", ["two", "--", "rest"]]);
    assertEquals(await near.receive(), "one");
    assertEquals(text((await near.receiveUntil("--")())!), "two");
    assertEquals(text(await near.receive(4)), "rest");
  });

  contract(
    "a read that times out keeps the socket, and its bytes for the next",
    async (near, far) => {
      await far.send("hel");
      await near.peekBytes(3);
      near.setTimeout(5);
      const error = await assertRejects(() => near.receive(5), TimeoutError);
      assertEquals(text(error.partial as Uint8Array), "hel");
      near.setTimeout(0);
      await far.send("lo\n");
      assertEquals(await near.receive(), "lo");
    },
  );

  contract("a half-closed peer is read to its end and can still be sent to", async (near, far) => {
    await near.send("question");
    await near.shutdown("send");
    assertEquals(text(await far.receive("*a")), "question");
    // TLS 1.3 lets either side end alone; what the platform's own TLS does not is left to it.
    if (name.startsWith("TLS")) return;
    await far.send("answer");
    far.close();
    assertEquals(text(await near.receive("*a")), "answer");
  });

  contract(
    "killing a thread in mid-read closes the socket and tells the peer",
    async (near, far) => {
      let caught: unknown;
      const reader = spawn(async () => {
        try {
          await near.receive(5);
        } catch (error) {
          caught = error;
        }
      });
      await far.send("abc");
      await sleep(1);
      kill(reader);
      await turns(3);
      assertInstanceOf(caught, KilledError);
      await assertRejects(() => near.send("x"), ClosedError);
      await far.receive("*a").catch(() => {});
    },
  );

  contract("a second reader is told that it is busy, and takes nothing", async (near, far) => {
    const first = near.receive(3);
    await assertRejects(() => near.receive(1), BusyError);
    await far.send("abc");
    assertEquals(text(await first), "abc");
  });

  contract("a deadline ends a read", async (near) => {
    const error = await assertRejects(() => deadline(5, () => near.receive(1)), TimeoutError);
    assertEquals(error.phase, "deadline");
  });

  contract("a select that something else won leaves the bytes alone", async (near, far) => {
    assertEquals((await select({ line: near.receiving(), late: after(2) })).key, "late");
    await far.send("still here\n");
    assertEquals(await select({ line: near.receiving() }), { key: "line", value: "still here" });
  });

  contract("what is large arrives whole past a slow reader", async (near, far) => {
    const size = 1 << 20;
    const sent = far.send(new Uint8Array(size).fill(7));
    let count = 0;
    while (count < size) {
      count += (await near.receiveAny(100_000)).length;
      await turns(1);
    }
    assertEquals([count, await sent], [size, size]);
  });
}
