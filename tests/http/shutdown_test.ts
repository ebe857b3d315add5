import { assertEquals, assertRejects } from "@std/assert";
import { ClosedError } from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";
import { shutdown } from "../../src/thread/mod.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { until } from "../support/clock.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

Deno.test("shutdown closes a client's connections, and what is on them fails", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = new Client();
  const asked = client.get(`http://127.0.0.1:${listener.addr.port}/`);
  const failed = assertRejects(() => asked, ClosedError, "shut down");
  using server = await listener.accept();
  const room = new Uint8Array(1_024);
  await server.read(room);
  assertEquals(client.stats().inFlight, 1);

  await shutdown();
  await failed;
  assertEquals(await server.read(room), null);
  assertEquals(client.stats(), { connections: 0, idle: 0, dialing: 0, queued: 0, inFlight: 0 });
});

Deno.test("shutdown ends what waits in line or rests, and opens nothing for it", async () => {
  const busy = response("", "Retry-After: 20\r\n", "503 Busy");
  await using server = await RawServer.start(
    answering(({ target }) => target === "/busy" ? busy : null),
  );
  await withClient({ maxConn: 1, maxPipelinedRequests: 0 }, async (client) => {
    const resting = failure(client.get(server.url("/busy")), ClosedError);
    await until(() => client.totals().responses === 1);
    const all = ["/front", "/a", "/b"].map((path) =>
      failure(client.get(server.url(path)), ClosedError)
    );
    await server.peers[0].until("/front");
    assertEquals(client.stats().queued, 3);

    await shutdown();
    assertEquals((await Promise.all(all)).map((each) => each.sent), ["all", "none", "none"]);
    await resting;
    assertEquals([client.stats(), server.peers.length], [NOTHING_LEFT, 1]);
  });
});
