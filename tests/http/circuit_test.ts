import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { AbortedError, BrokenError } from "../../src/errors.ts";
import { Circuit } from "../../src/http/circuit.ts";
import { Client } from "../../src/http/client.ts";
import { failure, withClient } from "../support/client.ts";
import { testOnManualClock, until } from "../support/clock.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

Deno.test("a circuit opens after failures in a row, lets one try, and closes with success", () => {
  const circuit = new Circuit({ maxFailures: 2, openMs: 100 });
  circuit.onFailure(0);
  circuit.onSuccess();
  circuit.onFailure(0);
  assertEquals(circuit.state(0), { state: "closed", failures: 1, retryInMs: 0 });
  circuit.onFailure(10);
  assertEquals(circuit.state(60), { state: "open", failures: 2, retryInMs: 50 });
  assertEquals(circuit.tryPass(60), false);
  assertEquals(circuit.state(110).state, "half-open");
  assertEquals([circuit.tryPass(110), circuit.tryPass(110)], [true, false]);
  circuit.onFailure(110);
  assertEquals(circuit.state(150), { state: "open", failures: 3, retryInMs: 60 });
  assertEquals(circuit.tryPass(210), true);
  circuit.onUndecided();
  assertEquals(circuit.tryPass(210), true);
  circuit.onSuccess();
  assertEquals(circuit.state(210), { state: "closed", failures: 0, retryInMs: 0 });
});

testOnManualClock("a target that fails is left alone, and can be asked about", async (clock) => {
  let arrived = 0;
  let isDown = true;
  await using server = await RawServer.start(answering(() => {
    arrived++;
    return isDown ? response("", "", "502 Bad Gateway") : response("up");
  }));
  await using other = await RawServer.start(answering(() => response("up")));
  await withClient({ circuit: { maxFailures: 2, openMs: 1_000 } }, async (client) => {
    for (let n = 0; n < 2; n++) assertEquals((await client.get(server.url())).status, 502);
    assertEquals(client.circuit(server.url("/any")).state, "open");
    const error = await failure(client.get(server.url()), BrokenError);
    assertEquals([error.code, error.sent, arrived], ["circuit open", "none", 2]);
    assertMatch(error.message, /circuit open after 2 failures/);
    // Others are not concerned.
    assertEquals(await (await client.get(other.url())).text(), "up");
    await clock.advance(1_000);
    assertEquals(client.circuit(server.url()).state, "half-open");
    isDown = false;
    assertEquals(await (await client.get(server.url())).text(), "up");
    assertEquals(client.circuit(server.url()).state, "closed");
  });
});

Deno.test("a request that was given up decides nothing", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.ended();
  });
  await withClient({ circuit: { maxFailures: 1 } }, async (client) => {
    const abort = new AbortController();
    const asking = client.get(server.url(), { signal: abort.signal });
    await until(() => server.received !== "");
    abort.abort();
    await failure(asking, AbortedError);
    assertEquals(client.circuit(server.url()).failures, 0);
  });
});

Deno.test("a client has no circuits unless told, and refuses ones that make no sense", async () => {
  await using server = await RawServer.start(answering(() => response("", "", "502 Bad Gateway")));
  await withClient({}, async (client) => {
    for (let n = 0; n < 9; n++) assertEquals((await client.get(server.url())).status, 502);
    assertEquals(client.circuit(server.url()).state, "closed");
  });
  assertThrows(() => new Client({ circuit: { maxFailures: 0 } }), RangeError);
  assertThrows(() => new Client({ circuit: { openMs: -1 } }), RangeError);
});
