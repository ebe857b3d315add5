import { assertEquals } from "@std/assert";
import { BrokenError } from "../../src/errors.ts";
import { KeepingRecord } from "../../src/http/keeping.ts";
import { failure, withClient } from "../support/client.ts";
import { testOnManualClock } from "../support/clock.ts";
import { RawServer, response } from "../support/raw_server.ts";

Deno.test("connections are used once after three that ended behind their first answer", () => {
  const record = new KeepingRecord();
  record.onLost(0);
  record.onLost(1);
  record.onKept();
  record.onLost(2);
  record.onLost(3);
  assertEquals(record.isOnce(3), false);
  record.onLost(4);
  assertEquals([record.isOnce(5), record.isOnce(60_003), record.isOnce(60_004)], [
    true,
    true,
    false,
  ]);
  // Tried anew, it has three again.
  record.onLost(60_005);
  assertEquals(record.isOnce(60_006), false);
});

/** Promises a kept connection, and closes it with the next request on its way. */
async function closing(): Promise<RawServer> {
  return await RawServer.start(async (peer) => {
    await peer.send(response(`page ${(await peer.request())?.target}`));
    await peer.request();
    peer.end();
  });
}

testOnManualClock(
  "a server that closes behind each answer loses no request that may be repeated",
  async (clock) => {
    await using server = await closing();
    const options = {
      maxConnPerTarget: 1,
      maxPipelinedRequests: 0,
      retry: { budgetReserve: 0, budgetRatio: 0 },
    };
    await withClient(options, async (client) => {
      const get = async (n: number) => await (await client.get(server.url(`/${n}`))).text();
      const answers: string[] = [];
      for (let n = 0; n < 10; n++) answers.push(await get(n));
      assertEquals(answers, Array.from({ length: 10 }, (_, n) => `page /${n}`));
      // Three were lost, without cost to the budget; then nobody was sent into a closed door.
      assertEquals([client.totals().retries, client.stats().connections], [3, 0]);
      await clock.advance(60_000);
      assertEquals([await get(10), await get(11), client.totals().retries], [
        "page /10",
        "page /11",
        4,
      ]);
    });
  },
);

Deno.test("what must not be repeated is told that the kept connection ended", async () => {
  await using server = await closing();
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await (await client.get(server.url())).discard();
    const error = await failure(client.post(server.url(), { body: "x" }), BrokenError);
    assertEquals([error.sent, error.code], ["all", "closed"]);
  });
});
