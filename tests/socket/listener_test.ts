import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import {
  BrokenError,
  BusyError,
  ClosedError,
  KilledError,
  LocalProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import { connect, tcp } from "../../src/socket/mod.ts";
import { kill, spawn, waitAll } from "../../src/thread/mod.ts";
import { testOnManualClock, turns } from "../support/clock.ts";

Deno.test("16: bind then accept makes a server", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  const { port } = server.localAddress!;
  assert(port > 0);
  await using client = await connect("127.0.0.1", port);
  await using session = await server.accept();
  assertEquals(session.remoteAddress, client.localAddress);
  assertEquals(session.localAddress, client.remoteAddress);
  await client.send("hello\n");
  assertEquals(await session.receive(), "hello");
  await session.send("welcome\n");
  assertEquals(await client.receive(), "welcome");
});

Deno.test("16: a thread per connection serves many clients at once", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  const { port } = server.localAddress!;
  const accepting = spawn(async () => {
    const sessions = [];
    for (let n = 0; n < 20; n++) {
      const accepted = await server.accept();
      sessions.push(spawn(async () => {
        await using session = accepted;
        const line = await session.receive();
        await session.send(`${line}${line}\n`);
      }));
    }
    await waitAll(...sessions);
  });
  const clients = Array.from({ length: 20 }, (_, n) =>
    spawn(async () => {
      await using client = await connect("127.0.0.1", port);
      await client.send(`n${n}\n`);
      return await client.receive();
    }));
  const ends = await waitAll(...clients);
  assertEquals(ends.map((end) => end.ok && end.value), clients.map((_, n) => `n${n}n${n}`));
  assertEquals((await waitAll(accepting))[0].ok, true);
});

Deno.test("16: Unix sockets connect, bind and accept", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `unix:${folder}/lasa.sock` as const;
    await using server = tcp();
    server.bind(path);
    assertEquals(server.localAddress, null);
    await using client = tcp();
    await client.connect(path);
    await using session = await server.accept();
    await client.send(["over ", "a path\n"]);
    assertEquals(await session.receive(), "over a path");
    await using other = await connect(path);
    (await server.accept()).close();
    await assertRejects(() => other.receive(), ClosedError);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an address in use, and one that is not here, say so", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  const { port } = server.localAddress!;
  const inUse = assertThrows(() => tcp().bind("127.0.0.1", port), BrokenError, `127.0.0.1:${port}`);
  assertEquals(inUse.code, "address already in use");
  const elsewhere = assertThrows(() => tcp().bind("192.0.2.1", 0), BrokenError);
  assertEquals(elsewhere.code, "cannot assign requested address");
});

Deno.test("accept on a socket that is not bound is refused", async () => {
  await assertRejects(() => tcp().accept(), LocalProtocolError, "not bound");
});

Deno.test("a second accept is busy", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  const accepting = server.accept();
  await assertRejects(() => server.accept(), BusyError, "busy accepting");
  await using _client = await connect("127.0.0.1", server.localAddress!.port);
  (await accepting).close();
});

testOnManualClock("accept waits without end until a timeout is set", async (clock) => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  const accepting = server.accept();
  await clock.advance(1e9);
  await using _first = await connect("127.0.0.1", server.localAddress!.port);
  (await accepting).close();
  server.setTimeout(40);
  const failed = assertRejects(() => server.accept(), TimeoutError, "a connection");
  await clock.advance(40);
  await failed;
});

testOnManualClock(
  "a connection that comes after a timeout is there for the next accept",
  async (clock) => {
    await using server = tcp();
    server.bind("127.0.0.1", 0);
    server.setTimeout(10);
    const failed = assertRejects(() => server.accept(), TimeoutError);
    await clock.advance(10);
    await failed;
    await using client = await connect("127.0.0.1", server.localAddress!.port);
    await turns(5);
    await using session = await server.accept();
    assertEquals(session.remoteAddress, client.localAddress);
  },
);

Deno.test("killing a thread in an accept leaves the next connection to others", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  let error: unknown;
  const thread = spawn(() => server.accept().catch((caught) => error = caught));
  kill(thread);
  await turns();
  assert(error instanceof KilledError);
  await using client = await connect("127.0.0.1", server.localAddress!.port);
  await using session = await server.accept();
  assertEquals(session.remoteAddress, client.localAddress);
});

Deno.test("closing a bound socket fails its accept, and drops who was not accepted", async () => {
  const server = tcp();
  server.bind("127.0.0.1", 0);
  const { port } = server.localAddress!;
  const failed = assertRejects(() => server.accept(), ClosedError, "the socket was closed");
  server.close();
  await failed;
  await assertRejects(() => server.accept(), LocalProtocolError, "not bound");
  // Refused, or reset where the system had taken the call for the accept that was going on.
  await assertRejects(() => connect("127.0.0.1", port).then((one) => one.receive()), BrokenError);
});

Deno.test("closing a bound socket in the moment in which somebody connects leaves nothing open", async () => {
  for (let round = 0; round < 20; round++) {
    const server = tcp();
    server.bind("127.0.0.1", 0);
    const failed = server.accept().then((session) => session.close(), () => {});
    const client = await connect("127.0.0.1", server.localAddress!.port);
    for (let ticks = round % 5; ticks > 0; ticks--) await Promise.resolve();
    server.close();
    client.close();
    await failed;
    await turns(3);
  }
});

Deno.test("a bind anew, and a connect, give the old address up", async () => {
  await using socket = tcp();
  socket.bind("127.0.0.1", 0);
  const first = socket.localAddress!.port;
  socket.bind("127.0.0.1", 0);
  const second = socket.localAddress!.port;
  assertNotEquals(first, second);
  await assertRejects(() => connect("127.0.0.1", first), BrokenError, "refused");
  await using other = tcp();
  other.bind("127.0.0.1", 0);
  await socket.connect("127.0.0.1", other.localAddress!.port);
  (await other.accept()).close();
  await assertRejects(() => connect("127.0.0.1", second), BrokenError, "refused");
});
