import { assert, assertEquals, assertRejects } from "@std/assert";
import { BrokenError, LocalProtocolError } from "../../src/errors.ts";
import { spawn } from "../../src/thread/thread.ts";
import { kill, wait } from "../../src/thread/wait_thread.ts";
import { reconnecting } from "../../src/websocket/reconnect.ts";
import { serve } from "../../src/websocket/serve.ts";
import { turns, until } from "../support/clock.ts";

Deno.test("a connection that is gone is followed by a new one; leaving the loop closes it", async () => {
  let calls = 0;
  await using server = serve("127.0.0.1:0", async (session) => {
    await session.sendText(`call ${++calls}`);
    if (calls === 3) await session.receive();
  });
  const heard: unknown[] = [];
  for await (const client of reconnecting(`ws://127.0.0.1:${server.address.port}/`)) {
    heard.push((await client.receive())?.data);
    if (heard.length === 3) break;
  }
  assertEquals(heard, ["call 1", "call 2", "call 3"]);
  await until(() => server.sessions.size === 0);
});

Deno.test("failed attempts wait longer and longer, with chance in it, up to a bound", async () => {
  const delays: number[] = [];
  const attempts = reconnecting("ws://127.0.0.1:1/", {
    minDelayMs: 2,
    maxDelayMs: 8,
    maxAttempts: 6,
    onFailed: (_error, delayMs) => delays.push(delayMs),
  });
  await assertRejects(() => attempts.next(), BrokenError);
  assertEquals(delays.length, 5);
  [2, 4, 8, 8, 8].forEach((most, at) => {
    assert(delays[at] >= most / 2 && delays[at] <= most, `${delays[at]} of ${most}`);
  });
});

Deno.test("what makes no sense is not tried again; a killed thread tries no more", async () => {
  await assertRejects(() => reconnecting("http://a/").next(), LocalProtocolError);
  const thread = spawn(() => reconnecting("ws://127.0.0.1:1/").next());
  await turns(20);
  kill(thread);
  assert(thread.hasEnded);
  await assertRejects(() => wait(thread));
  const patient = spawn(async () => {
    await reconnecting("ws://127.0.0.1:1/", { minDelayMs: 60_000 }).next();
  });
  await turns(20);
  assertEquals(patient.status, "suspended");
  kill(patient);
  await turns();
});
