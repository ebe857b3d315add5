import { assert, assertEquals, assertRejects } from "@std/assert";
import { BrokenError, ClosedError } from "../../src/errors.ts";
import { udp } from "../../src/socket/mod.ts";

Deno.test("a UDP socket that was disposed of has given its address back", async () => {
  let port = 0;
  for (let round = 0; round < 5; round++) {
    await using socket = udp();
    await socket.setSockName("127.0.0.1", port);
    const bound = socket.localAddress!;
    assert(port === 0 || bound.port === port);
    port = bound.port;
    await using second = udp();
    const error = await assertRejects(() => second.setSockName("127.0.0.1", port), BrokenError);
    assertEquals(error.code, "address already in use");
  }
});

Deno.test("a UDP socket can be closed and disposed of again, and a receive then fails", async () => {
  await using socket = udp();
  await socket.setSockName("127.0.0.1", 0);
  const receiving = socket.receive();
  const failing = assertRejects(() => receiving, ClosedError);
  await socket[Symbol.asyncDispose]();
  await failing;
  socket.close();
  await socket[Symbol.asyncDispose]();
  await assertRejects(() => socket.receive(), ClosedError);
});
