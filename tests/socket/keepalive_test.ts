import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, ClosedError, LocalProtocolError } from "../../src/errors.ts";
import { closeIdle } from "../../src/socket/keepalive.ts";
import { connect, type ConnectOptions, tcp, type TcpSocket } from "../../src/socket/mod.ts";
import { kill, spawn } from "../../src/thread/mod.ts";
import { text } from "../support/bytes.ts";
import { testOnManualClock, turns } from "../support/clock.ts";
import { runProgram } from "../support/program.ts";
import { makeTestTls } from "../support/tls.ts";

/** A server on loopback, with each connection that it has accepted. */
class Server implements AsyncDisposable {
  readonly socket = tcp();
  readonly sessions: TcpSocket[] = [];

  constructor(address = "127.0.0.1") {
    this.socket.bind(address, 0);
  }

  get port(): number {
    return this.socket.localAddress!.port;
  }

  /** A new connection, which the server has accepted. */
  async call(options: ConnectOptions = {}): Promise<TcpSocket> {
    const client = await connect("127.0.0.1", this.port, options);
    this.sessions.push(await this.socket.accept());
    return client;
  }

  /** A connection that needs no accept, since it was kept. */
  async callAgain(options: ConnectOptions = {}): Promise<TcpSocket> {
    const client = await connect("127.0.0.1", this.port, options);
    assert(client.getReusedTimes() > 0, "it is a new connection");
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeIdle();
    for (const socket of [this.socket, ...this.sessions]) await socket[Symbol.asyncDispose]();
    await turns(3);
  }
}

Deno.test("14: a kept connection is the one that the next connect gets, and counts", async () => {
  await using server = new Server();
  const first = await server.call();
  assertEquals(first.getReusedTimes(), 0);
  const { port } = first.localAddress!;
  first.setKeepalive();
  for (let times = 1; times <= 3; times++) {
    const again = await server.callAgain();
    assertEquals([again.getReusedTimes(), again.localAddress!.port], [times, port]);
    await again.send(`${times}\n`);
    assertEquals(await server.sessions[0].receive(), String(times));
    await server.sessions[0].send("answer\n");
    assertEquals(await again.receive(), "answer");
    again.setKeepalive();
  }
  await using taken = await server.callAgain();
  await using fresh = await server.call();
  assertEquals([taken.getReusedTimes(), fresh.getReusedTimes()], [4, 0]);
});

Deno.test("14: the object is closed once its connection is kept", async () => {
  await using server = new Server();
  const socket = await server.call();
  socket.setKeepalive();
  assertEquals([socket.localAddress, socket.remoteAddress], [null, null]);
  await assertRejects(() => socket.send("x"), ClosedError);
  await assertRejects(() => socket.receive(), ClosedError);
  assertThrows(() => socket.setKeepalive(), ClosedError);
  socket.close();
  await using again = await server.callAgain();
  await again.send("still open\n");
  assertEquals(await server.sessions[0].receive(), "still open");
});

Deno.test("14: connections are kept by host and port, by path, or by the name that is given", async () => {
  await using server = new Server();
  await using other = new Server();
  (await server.call()).setKeepalive();
  await using elsewhere = await other.call();
  assertEquals(elsewhere.getReusedTimes(), 0);
  const pool = "reports";
  (await server.call({ pool })).setKeepalive();
  await using named = await server.callAgain({ pool });
  await using plain = await server.callAgain();
  assertEquals([named, plain].map((each) => each.getReusedTimes()), [1, 1]);
  const folder = await Deno.makeTempDir();
  try {
    await using unix = tcp();
    unix.bind(`unix:${folder}/x.sock`);
    const first = await connect(`unix:${folder}/x.sock`);
    await using session = await unix.accept();
    first.setKeepalive();
    await using second = await connect(`unix:${folder}/x.sock`);
    await second.send("again\n");
    assertEquals([await session.receive(), second.getReusedTimes()], ["again", 1]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("14: the newest is taken first, the oldest is given up first", async () => {
  await using server = new Server();
  const sockets = [await server.call(), await server.call(), await server.call()];
  const ports = sockets.map((socket) => socket.localAddress!.port);
  for (const socket of sockets) socket.setKeepalive(0, 2);
  // The first had to make room: its other end is told.
  assertEquals(text(await server.sessions[0].receive("*a")), "");
  await using newest = await server.callAgain();
  await using older = await server.callAgain();
  assertEquals([newest, older].map((each) => each.localAddress!.port), [ports[2], ports[1]]);
  await using fresh = await server.call();
  assertEquals(fresh.getReusedTimes(), 0);
});

Deno.test("14: thirty are kept unless connect or setKeepalive says otherwise", async () => {
  await using server = new Server();
  const keepAll = async (count: number, poolSize?: number, pool?: string) => {
    const sockets = [];
    for (let n = 0; n < count; n++) sockets.push(await server.call({ poolSize, pool }));
    for (const socket of sockets) socket.setKeepalive();
    let kept = 0;
    const again = [];
    for (let n = 0; n < count; n++) {
      const socket = await connect("127.0.0.1", server.port, { pool });
      if (socket.getReusedTimes() > 0) kept++;
      else server.sessions.push(await server.socket.accept());
      again.push(socket);
    }
    for (const socket of again) socket.close();
    return kept;
  };
  assertEquals(await keepAll(32), 30);
  assertEquals(await keepAll(3, 1, "small"), 1);
});

testOnManualClock(
  "14: a connection is dropped once its idle time is over, and not before; 0 is without end",
  async (clock) => {
    await using server = new Server();
    const [brief, patient] = [await server.call({ pool: "a" }), await server.call({ pool: "b" })];
    brief.setKeepalive(1_000);
    patient.setKeepalive(0);
    await clock.advance(999);
    (await server.callAgain({ pool: "a" })).setKeepalive(1_000);
    await clock.advance(999);
    assertEquals(clock.pending, 1);
    await clock.advance(1);
    assertEquals(text(await server.sessions[0].receive("*a")), "");
    await using fresh = await server.call({ pool: "a" });
    assertEquals([fresh.getReusedTimes(), clock.pending], [0, 0]);
    await clock.advance(1e9);
    await using kept = await server.callAgain({ pool: "b" });
    assertEquals(kept.getReusedTimes(), 1);
  },
);

Deno.test("14: unread bytes in the buffer are an error, and the socket is still usable", async () => {
  await using server = new Server();
  await using socket = await server.call();
  await server.sessions[0].send("one\ntwo\n");
  assertEquals(await socket.receive(), "one");
  const error = assertThrows(() => socket.setKeepalive(), LocalProtocolError);
  assertEquals(error.message, "Cannot keep the connection: unread data in buffer (4 bytes)");
  assertEquals(await socket.receive(), "two");
  socket.setKeepalive();
  await using again = await server.callAgain();
  assertEquals(again.getReusedTimes(), 1);
});

Deno.test("14: bytes that arrive while it is idle, and the peer's end, drop the connection", async () => {
  for (const surprise of ["unasked", null]) {
    await using server = new Server();
    (await server.call()).setKeepalive();
    const [session] = server.sessions;
    if (surprise === null) await session.shutdown("send");
    else await session.send(surprise);
    // It is dropped when the other end sees it closed.
    await session.receive("*a").catch((error) =>
      assertEquals(error.code, "connection reset by peer")
    );
    await using fresh = await server.call();
    assertEquals(fresh.getReusedTimes(), 0);
  }
});

Deno.test("14: what is used, closed, accepted or never was connected is not kept", async () => {
  await using server = new Server();
  await using socket = await server.call();
  const [session] = server.sessions;
  const reader = spawn(() => socket.receive());
  assertThrows(() => socket.setKeepalive(), BusyError);
  kill(reader);
  await turns();
  assertThrows(() => socket.setKeepalive(), ClosedError);
  assertThrows(() => tcp().setKeepalive(), ClosedError);
  assertThrows(() => session.setKeepalive(), LocalProtocolError, "it was accepted");
  await using other = await server.call();
  for (const [idleMs, size] of [[-1, 1], [NaN, 1], [0, 0], [0, 1.5]]) {
    assertThrows(() => other.setKeepalive(idleMs, size), RangeError);
  }
  await other.send("x");
  assertEquals(text(await server.sessions[1].receive(1)), "x");
  await server.sessions[1].shutdown("send");
  assertEquals(text(await other.receive("*a")), "");
  assertThrows(() => other.setKeepalive(), ClosedError);
});

testOnManualClock(
  "14: a connection whose read timed out can be kept, and no byte of it goes to another",
  async (clock) => {
    await using server = new Server();
    const socket = await server.call();
    const failed = assertRejects(() => socket.receive());
    await clock.advance(30_000);
    await failed;
    socket.setKeepalive();
    await server.sessions[0].send("for the first\n");
    await server.sessions[0].receive("*a").catch(() => {});
    await using fresh = await server.call();
    assertEquals(fresh.getReusedTimes(), 0);
  },
);

Deno.test("14: a local address asks for a connection from there", async () => {
  await using server = new Server();
  (await server.call()).setKeepalive();
  await using socket = await server.call({ localAddress: "127.0.0.2" });
  assertEquals([socket.getReusedTimes(), socket.localAddress!.hostname], [0, "127.0.0.2"]);
});

Deno.test("14: a kept connection that speaks TLS needs no second handshake, on the same terms", async () => {
  const { ca, server: identity } = await makeTestTls();
  await using server = new Server();
  const options = { caCerts: [ca], alpn: ["lasa/1"] };
  const first = await server.call({ pool: "tls" });
  const [session] = server.sessions;
  await Promise.all([
    first.sslHandshake(options),
    session.sslHandshake({ ...identity, alpn: ["lasa/1"] }),
  ]);
  first.setKeepalive();
  await using again = await server.callAgain({ pool: "tls" });
  assertEquals(await again.sslHandshake(options), { alpn: "lasa/1" });
  await again.send("kept\n");
  assertEquals(await session.receive(), "kept");
  await assertRejects(
    () => again.sslHandshake({ verify: false }),
    LocalProtocolError,
    "on other terms",
  );
});

Deno.test("kept connections do not keep a program alive", async () => {
  const { code, out } = await runProgram(`
    import { connect, tcp } from "@lasa/lasa/socket";
    const server = tcp();
    server.bind("127.0.0.1", 0);
    const socket = await connect("127.0.0.1", server.localAddress.port);
    const session = await server.accept();
    server.close();
    socket.setKeepalive(60_000);
    console.log("end");
  `);
  assertEquals([code, out], [0, "end\n"]);
});
