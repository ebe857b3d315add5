/** A target that takes no more connections: who waits for one hears of it. @module */

import { assertEquals } from "@std/assert";
import { BrokenError } from "../../src/errors.ts";
import { failure, withClient } from "../support/client.ts";
import { turns, until } from "../support/clock.ts";

Deno.test("a refused port fails all who wait, however many more they are than dial at once", async () => {
  let url: string;
  {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    url = `http://127.0.0.1:${listener.addr.port}/`;
  }
  await withClient({ maxDialing: 2, maxRetries: 0 }, async (client) => {
    const all = Array.from({ length: 40 }, () => failure(client.get(url), BrokenError));
    for (const error of await Promise.all(all)) assertEquals(error.code, "connection refused");
  });
});

Deno.test("while a connection stands, who waits is served by it, and a refused dial is not repeated", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  await withClient({ maxPipelinedRequests: 0, maxRetries: 0 }, async (client) => {
    const first = client.get(url);
    using conn = await listener.accept();
    listener.close();
    const others = Array.from({ length: 30 }, () => client.get(url));
    await until(() => client.stats().dialing === 0);
    await turns(5);
    const { dialing, queued, inFlight } = client.stats();
    assertEquals({ dialing, queued, inFlight }, { dialing: 0, queued: 30, inFlight: 1 });
    const answering = answerAll(conn);
    for (const response of [await first, ...await Promise.all(others)]) {
      assertEquals(await response.text(), "ok");
    }
    await client.closeAll();
    await answering;
  });
});

/** Answers whatever comes on a connection, one request a read. */
async function answerAll(conn: Deno.Conn): Promise<void> {
  const answer = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const buffer = new Uint8Array(4096);
  while (await conn.read(buffer) !== null) await conn.write(answer);
}
