import { assertEquals, assertRejects } from "@std/assert";
import { ClosedError } from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";
import { shutdown } from "../../src/thread/mod.ts";

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
