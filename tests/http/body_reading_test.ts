import { assert, assertEquals } from "@std/assert";
import { LocalProtocolError } from "../../src/errors.ts";
import { failure, untilQuiet, withClient } from "../support/client.ts";
import { turns } from "../support/clock.ts";
import { answering, type RawPeer, RawServer, response } from "../support/raw_server.ts";

const MIB = 1024 * 1024;

/** Sends a body of many MiB and counts what the system takes. */
async function sendLarge(peer: RawPeer, size: number, onTaken: (total: number) => void) {
  await peer.request();
  await peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
  const piece = new Uint8Array(256 * 1024);
  for (let taken = 0; taken < size && !peer.hasEnded; onTaken(taken += piece.length)) {
    await peer.send(piece);
  }
}

/** Waits until a number stands still. */
async function settled(value: () => number): Promise<number> {
  for (let last = -1;;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (value() === last) return last;
    last = value();
  }
}

Deno.test("a body that nobody reads is not taken in without bound", async () => {
  const size = 64 * MIB;
  let taken = 0;
  await using server = await RawServer.start((peer) => sendLarge(peer, size, (n) => taken = n));
  await withClient({}, async (client) => {
    const answer = await client.get(server.url());
    const most = await settled(() => taken);
    assert(most < 24 * MIB, `the server could send ${most} bytes`);
    let size = 0;
    for await (const piece of answer.chunks()) size += piece.length;
    assertEquals(size, 64 * MIB);
  });
});

Deno.test("a body made of tiny chunks is not taken in without bound either", async () => {
  let taken = 0;
  const chunks = "1\r\nx\r\n".repeat(40_000);
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let round = 0; round < 100 && !peer.hasEnded; round++, taken += chunks.length) {
      await peer.send(chunks);
    }
    await peer.send("0\r\n\r\n");
  });
  await withClient({}, async (client) => {
    const answer = await client.get(server.url());
    assert(await settled(() => taken) < 24 * MIB);
    let size = 0;
    for await (const piece of answer.chunks()) size += piece.length;
    assertEquals(size, 4_000_000);
  });
});

Deno.test("leaving the loop over a short rest keeps the connection", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    await peer.until("never").catch(() => {});
  });
  await withClient({}, async (client) => {
    const answer = await client.get(server.url());
    for await (const _ of answer.chunks()) break;
    await failure(answer.text(), LocalProtocolError);
    assertEquals(client.stats().connections, 1);
    await server.peers[0].send("def");
    await untilQuiet(client);
    assertEquals(client.stats().idle, 1);
  });
});

const WAYS: Record<
  string,
  (answer: import("../../src/http/response.ts").HttpResponse) => Promise<unknown>
> = {
  "discard": (answer) => answer.discard(),
  "leaving the loop": async (answer) => {
    for await (const _ of answer.chunks()) break;
  },
  "cancelling the stream": (answer) => answer.body!.cancel(),
  "cancelling a reader": async (answer) => {
    const reader = answer.body!.getReader();
    await reader.read();
    await reader.cancel();
  },
  "cancelling a Response": (answer) => answer.toResponse().body!.cancel(),
};

for (const [name, giveUp] of Object.entries(WAYS)) {
  Deno.test(`${name} of a large body closes its connection`, async () => {
    await using server = await RawServer.start((peer) => sendLarge(peer, 16 * MIB, () => {}));
    await withClient({}, async (client) => {
      const answer = await client.get(server.url());
      await giveUp(answer);
      await untilQuiet(client);
      assertEquals(client.stats().connections, 0);
    });
  });

  Deno.test(`${name} of a small body leaves the connection to the next request`, async () => {
    await using server = await RawServer.start(answering(() => response("x".repeat(5_000))));
    await withClient({}, async (client) => {
      for (let round = 0; round < 3; round++) {
        await giveUp(await client.get(server.url()));
        await untilQuiet(client);
      }
      assertEquals(server.peers.length, 1);
    });
  });
}

Deno.test("giving up ends a read that waits", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const answer = await client.get(server.url());
    const reading = answer.text();
    const failed = failure(reading, LocalProtocolError);
    await turns(3);
    await answer.discard();
    await failed;
  });
});

Deno.test("a 205 with a body gives a Response without one and frees the connection", async () => {
  await using server = await RawServer.start(
    answering(() => response("body", "", "205 Reset Content")),
  );
  await withClient({}, async (client) => {
    assertEquals((await client.get(server.url())).toResponse().body, null);
    await untilQuiet(client);
  });
});

Deno.test("a body cut off in the middle is told as such", async () => {
  const heads = ["Content-Length: 9\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n9\r\nabc"];
  for (const head of heads) {
    for (const way of ["end", "reset"] as const) {
      await using server = await RawServer.start(async (peer) => {
        await peer.request();
        await peer.send(`HTTP/1.1 200 OK\r\n${head}`);
        await peer.until("\r\n\r\n");
        await new Promise((resolve) => setTimeout(resolve, 20));
        peer[way]();
      });
      await withClient({}, async (client) => {
        const answer = await client.get(server.url());
        const error = await answer.text().catch((error) => error);
        assertEquals(
          [error.name, error.code],
          way === "end"
            ? ["RemoteProtocolError", "incomplete"]
            : ["BrokenError", "connection reset by peer"],
        );
        assertEquals(error.sent, "all");
      });
    }
  }
});
