import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AbortedError,
  BrokenError,
  ClosedError,
  DnsError,
  KilledError,
  LasaError,
  TimeoutError,
} from "../../src/errors.ts";
import { connect, tcp } from "../../src/socket/mod.ts";
import { TcpSocket } from "../../src/socket/tcp.ts";
import { type Clock, installClock } from "../../src/thread/clock.ts";
import { kill, spawn } from "../../src/thread/mod.ts";
import { text } from "../support/bytes.ts";
import { turns } from "../support/clock.ts";
import { Peer } from "../support/loopback.ts";

/** A port where nobody listens. */
function deadPort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("8: a refused connection says so", async () => {
  const port = deadPort();
  const socket = tcp();
  const error = await assertRejects(
    () => socket.connect("127.0.0.1", port),
    BrokenError,
    `Cannot connect to 127.0.0.1:${port}: connection refused`,
  );
  assertEquals(error.code, "connection refused");
  assert(error.cause instanceof Deno.errors.ConnectionRefused);
});

Deno.test("8: a refused connection from a local address says so in the same words", async () => {
  const error = await assertRejects(
    () => connect("127.0.0.1", deadPort(), { localAddress: "127.0.0.2" }),
    BrokenError,
    "connection refused",
  );
  assertEquals(error.code, "connection refused");
});

Deno.test("8: a Unix socket that is not there says so", async () => {
  const error = await assertRejects(
    () => tcp().connect("unix:/nonexistent/lasa.sock"),
    BrokenError,
    "Cannot connect to /nonexistent/lasa.sock: no such file or directory",
  );
  assertEquals(error.code, "no such file or directory");
});

Deno.test("8: a bad port says so", async () => {
  for (const port of [65536, -1, 0, 1.5, NaN]) {
    await assertRejects(
      () => tcp().connect("127.0.0.1", port),
      RangeError,
      `bad port number: ${port}`,
    );
  }
  await assertRejects(() => tcp().connect("127.0.0.1"), RangeError, "bad port number: undefined");
  assertThrows(() => tcp().bind("127.0.0.1", 65536), RangeError, "bad port number: 65536");
});

Deno.test("8: a host that is none is refused", async () => {
  await assertRejects(() => tcp().connect("", 80), TypeError, "not a host");
  await assertRejects(() => tcp().connect(7 as unknown as string, 80), TypeError, "not a host");
});

Deno.test("a name without an address is a DnsError", async () => {
  const error = await assertRejects(() => connect("no-such-name.invalid", 80), LasaError);
  assert(error instanceof DnsError, String(error));
});

Deno.test("a local address that is not this machine's says so", async () => {
  const error = await assertRejects(
    () => connect("127.0.0.1", deadPort(), { localAddress: "192.0.2.1" }),
    BrokenError,
  );
  assertEquals(error.code, "cannot assign requested address");
});

Deno.test("9: after a failed connect, send and receive are closed, and close does nothing", async () => {
  const socket = tcp();
  await assertRejects(() => socket.connect("127.0.0.1", deadPort()), BrokenError);
  assertEquals((await assertRejects(() => socket.send("x"), ClosedError)).code, "closed");
  const error = await assertRejects(() => socket.receive(1), ClosedError);
  assertEquals([error.code, text(error.partial as Uint8Array)], ["closed", ""]);
  assertEquals((await assertRejects(() => socket.receive(), ClosedError)).partial, "");
  await assertRejects(() => socket.receive("*a"), ClosedError);
  await assertRejects(() => socket.receiveAny(1), ClosedError);
  await assertRejects(() => socket.receiveUntil("x")(), ClosedError);
  assertEquals(await socket.peek(), false);
  socket.close();
  socket.close();
});

Deno.test("9: close is idempotent on a connected socket too", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const socket = await connect("127.0.0.1", listener.addr.port);
  using peer = new Peer(await listener.accept());
  socket.close();
  socket.close();
  await socket[Symbol.asyncDispose]();
  assertEquals([socket.localAddress, socket.remoteAddress], [null, null]);
  assertEquals(await peer.isCutOff(), true);
});

Deno.test("12: connect on a connected socket closes the old connection first", async () => {
  using first = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using second = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using socket = await connect("127.0.0.1", first.addr.port);
  using oldPeer = new Peer(await first.accept());
  await oldPeer.send("old");
  await socket.connect("127.0.0.1", second.addr.port);
  using newPeer = new Peer(await second.accept());
  assertEquals(await oldPeer.isCutOff(), true);
  await newPeer.send("new");
  assertEquals(text(await socket.receive(3)), "new");
  assertEquals(socket.remoteAddress!.port, second.addr.port);
});

Deno.test("addresses are those of the connection", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using socket = await connect("127.0.0.1", listener.addr.port);
  using peer = new Peer(await listener.accept());
  assertEquals(socket.remoteAddress, {
    transport: "tcp",
    hostname: "127.0.0.1",
    port: listener.addr.port,
  });
  assertEquals(socket.localAddress!.port, (peer.conn as Deno.TcpConn).remoteAddr.port);
});

Deno.test("a local address is the one that the peer sees", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const calling = connect("127.0.0.1", listener.addr.port, { localAddress: "127.0.0.2" });
  using peer = new Peer(await listener.accept());
  await using socket = await calling;
  assertEquals((peer.conn as Deno.TcpConn).remoteAddr.hostname, "127.0.0.2");
  assertEquals(socket.localAddress!.hostname, "127.0.0.2");
  assertEquals(socket.localAddress!.port, (peer.conn as Deno.TcpConn).remoteAddr.port);
  await socket.send("ping\n");
  assertEquals(await peer.receive(5), "ping\n");
  await peer.send("pong\n");
  assertEquals(await socket.receive(), "pong");
});

// A clock by which all time is up as soon as anything has to wait.
function hastyClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    setAlarm: (callback, delayMs) => {
      queueMicrotask(() => {
        now += delayMs;
        callback();
      });
      return null;
    },
    clearAlarm() {},
  };
}

for (const localAddress of [undefined, "127.0.0.2"]) {
  const how = localAddress === undefined ? "" : " from a local address";

  Deno.test(`a connect${how} that takes too long is a timeout of its phase, and leaves nothing`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const before = installClock(hastyClock());
    try {
      const error = await assertRejects(
        () => connect("127.0.0.1", listener.addr.port, { localAddress }),
        TimeoutError,
        `connect to 127.0.0.1:${listener.addr.port}`,
      );
      assertEquals([error.code, error.phase], ["timeout", "connect"]);
    } finally {
      installClock(before);
    }
    await turns(5);
  });

  Deno.test(`a connect${how} ends when its thread is killed, and leaves nothing`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    let error: unknown;
    const thread = spawn(() =>
      connect("127.0.0.1", listener.addr.port, { localAddress }).catch((caught) => error = caught)
    );
    kill(thread);
    await turns(5);
    assert(error instanceof KilledError);
  });

  Deno.test(`a connect${how} ends when its signal fires`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const abort = new AbortController();
    const { signal } = abort;
    const calling = connect("127.0.0.1", listener.addr.port, { localAddress, signal });
    abort.abort();
    await assertRejects(() => calling, AbortedError);
    await assertRejects(
      () => connect("127.0.0.1", listener.addr.port, { localAddress, signal }),
      AbortedError,
    );
    await turns(5);
  });
}

Deno.test("a socket that is disposed of while it connects stays closed", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const socket = new TcpSocket();
  const calling = socket.connect("127.0.0.1", listener.addr.port);
  await socket[Symbol.asyncDispose]();
  await assertRejects(() => calling, ClosedError);
  await assertRejects(() => socket.send("x"), ClosedError);
  await turns(5);
});
