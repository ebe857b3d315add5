/**
 * The seed's functions, name by name: what each is called here, and a real call that shows it. Left
 * out are its HTTP client and its WebSocket, which have tests of their own.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import * as lasa from "@lasa/lasa";
import { flushLog } from "../src/log.ts";
import { text } from "./support/bytes.ts";
import { tcpPair, withSocket } from "./support/loopback.ts";
import { makeTestTls } from "./support/tls.ts";

// Every name of the seed, in its order.
const SEED = `
  lasa_exe lasa.detach lasa.now lasa.monotonictime lasa.encode_base64 lasa.decode_base64
  lasa.hmac_sha1 lasa.sha1 lasa.md5 lasa.md5_bin lasa.uuid lasa.escape_uri lasa.unescape_uri lasa.log
  lasa.thread.spawn coroutine.status coroutine.yield lasa.thread.wait lasa.thread.kill lasa.sleep
  lasa.timer.at lasa.timer.kill lasa.semaphore.new sema:wait sema:post sema:count
  lasa.socket.tcp tcpsock:bind tcpsock:accept tcpsock:receive(size) tcpsock:receive(pattern)
  tcpsock:receiveuntil tcpsock:send tcpsock:connect lasa.socket.connect tcpsock:sslhandshake
  tcpsock:close tcpsock:peek tcpsock:settimeout lasa.socket.udp udpsock:setpeername
  udpsock:setsockname udpsock:send udpsock:receive udpsock:close udpsock:settimeout
`.trim().split(/\s+/);

/** One row: the name here, as it is reached from `lasa`, and a call. */
type Row = [here: string, show: () => void | Promise<void>];

const { socket, thread, timer } = lasa;

/** A socket that is bound, and its port. */
function bound(): [lasa.socket.TcpSocket, number] {
  const server = socket.tcp();
  server.bind("127.0.0.1", 0);
  return [server, server.localAddress!.port];
}

/** Two UDP sockets, each the other's peer. */
async function datagrams(): Promise<[lasa.socket.UdpSocket, lasa.socket.UdpSocket]> {
  const [a, b] = [socket.udp(), socket.udp()];
  for (const each of [a, b]) await each.setSockName("127.0.0.1", 0);
  await a.setPeerName("127.0.0.1", b.localAddress!.port);
  await b.setPeerName("127.0.0.1", a.localAddress!.port);
  return [a, b];
}

const ROWS: Record<string, Row> = {
  "lasa_exe": ["run", async () => {
    assertEquals(await lasa.run({ code: "export default (a) => a.length", args: ["four"] }), 4);
  }],
  "lasa.detach": ["detach", async () => {
    const end = await lasa.detach({ name: "sum", content: "export default () => 1 + 2" })
      .terminated;
    assertEquals(end.ok && end.value, 3);
  }],
  "lasa.now": ["now", () => {
    assert(Math.abs(lasa.now() - Date.now() / 1000) < 60);
    assertEquals(typeof lasa.now(), "number");
  }],
  "lasa.monotonictime": ["monotonicTime", () => {
    const [first, second] = [lasa.monotonicTime(), lasa.monotonicTime()];
    assert(first > 0 && second >= first);
  }],
  "lasa.encode_base64": ["encodeBase64", () => {
    assertEquals([lasa.encodeBase64("a"), lasa.encodeBase64("a", true)], ["YQ==", "YQ"]);
  }],
  "lasa.decode_base64": ["decodeBase64", () => {
    assertEquals(text(lasa.decodeBase64("aGVsbG8=")!), "hello");
    assertEquals(lasa.decodeBase64("not well formed"), null);
  }],
  "lasa.hmac_sha1": ["hmacSha1", () => {
    const digest = lasa.hmacSha1("thisisverysecretstuff", "some string we want to sign");
    assertEquals(lasa.encodeBase64(digest), "R/pvxzHC4NLtj7S+kXFg/NePTmk=");
  }],
  "lasa.sha1": ["sha1", () => {
    assertEquals(lasa.sha1("hello"), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
  }],
  "lasa.md5": ["md5", () => {
    assertEquals(lasa.md5("hello"), "5d41402abc4b2a76b9719d911017c592");
  }],
  "lasa.md5_bin": ["md5Bin", () => {
    assertEquals(lasa.md5Bin("hello").toHex(), lasa.md5("hello"));
  }],
  "lasa.uuid": [
    "uuid",
    () => assertMatch(lasa.uuid(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  ],
  "lasa.escape_uri": [
    "escapeUri",
    () => assertEquals(lasa.escapeUri("a b&c/ä"), "a%20b%26c%2F%C3%A4"),
  ],
  "lasa.unescape_uri": ["unescapeUri", () => assertEquals(lasa.unescapeUri("a+b%26"), "a b&")],
  "lasa.log": ["log", async () => {
    const lines: string[] = [];
    const { error } = console;
    console.error = (line: string) => lines.push(line);
    try {
      lasa.log("warn", "tag", "msg");
      lasa.log(6, "tag", "by number");
      await flushLog();
    } finally {
      console.error = error;
    }
    assertMatch(lines.join("\n"), /\[WRN\] lasa·tag: msg\n.+\[ERR\] lasa·tag: by number$/);
  }],
  "lasa.thread.spawn": ["thread.spawn", async () => {
    const order: string[] = [];
    const co = thread.spawn((a: string, b: string) => order.push(a, b), "arg1", "arg2");
    order.push("main");
    assertEquals(order, ["arg1", "arg2", "main"]);
    await thread.wait(co);
  }],
  "coroutine.status": ["LightThread.status", async () => {
    const sleeping = thread.spawn(lasa.sleep, 1);
    const ended = thread.spawn(() => {});
    assertEquals([sleeping.status, ended.status], ["suspended", "zombie"]);
    await thread.waitAll<void>(sleeping, ended);
    assertEquals([sleeping.status, ended.status], ["dead", "dead"]);
  }],
  "coroutine.yield": ["thread.yield", async () => {
    const order: string[] = [];
    const co = thread.spawn(async () => {
      await thread.yield();
      order.push("thread");
    });
    order.push("main");
    await thread.wait(co);
    assertEquals(order, ["main", "thread"]);
  }],
  "lasa.thread.wait": ["thread.wait", async () => {
    const slow = thread.spawn(lasa.sleep, 60_000);
    const failed = await thread.wait<unknown>(slow, thread.spawn(() => Promise.reject("error")));
    assertEquals([failed.ok, !failed.ok && failed.error], [false, "error"]);
    thread.kill(slow);
    const well = await thread.wait(thread.spawn(() => "result"));
    assertEquals([well.ok, well.ok && well.value], [true, "result"]);
  }],
  "lasa.thread.kill": ["thread.kill", () => {
    const co = thread.spawn(lasa.sleep, 60_000);
    assertEquals([thread.kill(co), thread.kill(co), co.status], [true, false, "dead"]);
  }],
  "lasa.sleep": ["sleep", async () => assertEquals(await lasa.sleep(1), undefined)],
  "lasa.timer.at": ["timer.at", async () => {
    const called = Promise.withResolvers<unknown[]>();
    timer.at(1, (...args) => called.resolve(args), "user_arg1", "user_arg2");
    assertEquals(await called.promise, [false, "user_arg1", "user_arg2"]);
  }],
  "lasa.timer.kill": ["timer.kill", () => {
    assertEquals(timer.kill(timer.at(60_000, () => {})), true);
  }],
  "lasa.semaphore.new": ["Semaphore", () => {
    assertEquals([new lasa.Semaphore().count(), new lasa.Semaphore(3).count()], [0, 3]);
  }],
  "sema:wait": ["Semaphore.wait", async () => {
    const sema = new lasa.Semaphore(1);
    await sema.wait(0);
    const error = await assertRejects(() => sema.wait(0), lasa.TimeoutError);
    assertEquals(error.code, "timeout");
  }],
  "sema:post": ["Semaphore.post", async () => {
    const sema = new lasa.Semaphore();
    const waiter = thread.spawn(() => sema.wait(1_000));
    sema.post(2);
    assertEquals([(await thread.wait(waiter)).ok, sema.count()], [true, 1]);
  }],
  "sema:count": ["Semaphore.count", () => {
    const sema = new lasa.Semaphore();
    const waiters = [1, 2].map(() => thread.spawn(() => sema.wait()));
    assertEquals(sema.count(), -2);
    for (const waiter of waiters) thread.kill(waiter);
    assertEquals(sema.count(), 0);
  }],
  "lasa.socket.tcp": ["socket.tcp", () => assertEquals(socket.tcp().localAddress, null)],
  "tcpsock:bind": ["socket.TcpSocket.bind", () => {
    const [server, port] = bound();
    assert(port > 0);
    server.close();
  }],
  "tcpsock:accept": ["socket.TcpSocket.accept", async () => {
    const [server, port] = bound();
    await using _server = server;
    await using client = await socket.connect("127.0.0.1", port);
    await using session = await server.accept();
    assertEquals(session.remoteAddress, client.localAddress);
  }],
  "tcpsock:receive(size)": [
    "socket.TcpSocket.receive",
    () =>
      withSocket(async ({ socket, peer }) => {
        await peer.send("abcde");
        assertEquals([text(await socket.receive(3)), text(await socket.receive(2))], ["abc", "de"]);
      }),
  ],
  "tcpsock:receive(pattern)": [
    "socket.TcpSocket.receive",
    () =>
      withSocket(async ({ socket, peer }) => {
        await peer.send("one\r\ntwo\nall the rest");
        await peer.conn.closeWrite();
        assertEquals([await socket.receive(), await socket.receive("*l")], ["one", "two"]);
        assertEquals(text(await socket.receive("*a")), "all the rest");
      }),
  ],
  "tcpsock:receiveuntil": [
    "socket.TcpSocket.receiveUntil",
    () =>
      withSocket(async ({ socket, peer }) => {
        await peer.send("hello, world! -agentzh\r\n--abcedhb blah blah");
        await peer.conn.closeWrite();
        const reader = socket.receiveUntil("\r\n--abcedhb");
        const read: string[] = [];
        for (let data = await reader(4); data !== null; data = await reader(4)) {
          read.push(text(data));
        }
        assertEquals(read, ["hell", "o, w", "orld", "! -a", "gent", "zh"]);
        const rest = await socket.receiveUntil("blah", { inclusive: true })();
        assertEquals(text(rest!), " blah");
      }),
  ],
  "tcpsock:send": ["socket.TcpSocket.send", () =>
    withSocket(async ({ socket, peer }) => {
      assertEquals(await socket.send(["two", " ", ["words"]]), 9);
      assertEquals(await peer.receive(9), "two words");
    })],
  "tcpsock:connect": ["socket.TcpSocket.connect", async () => {
    const [server, port] = bound();
    await using _server = server;
    await using client = socket.tcp();
    await client.connect("127.0.0.1", port);
    assertEquals(client.remoteAddress?.port, port);
  }],
  "lasa.socket.connect": ["socket.connect", async () => {
    const [server, port] = bound();
    server.close();
    const error = await assertRejects(() => socket.connect("127.0.0.1", port), lasa.BrokenError);
    assertEquals(error.code, "connection refused");
  }],
  "tcpsock:sslhandshake": ["socket.TcpSocket.sslHandshake", async () => {
    const { ca, server } = await makeTestTls();
    await using ends = await tcpPair();
    const [info] = await Promise.all([
      ends.near.sslHandshake({ serverName: "localhost", caCerts: [ca] }),
      ends.far.sslHandshake(server),
    ]);
    assertEquals(info, { alpn: null });
    await ends.near.send("secret\n");
    assertEquals(await ends.far.receive(), "secret");
  }],
  "tcpsock:close": ["socket.TcpSocket.close", () =>
    withSocket(async ({ socket, peer }) => {
      socket.close();
      assertEquals(await peer.receive(1), "");
      const error = await assertRejects(() => socket.send("x"), lasa.ClosedError);
      assertEquals(error.code, "closed");
    })],
  "tcpsock:peek": ["socket.TcpSocket.peek", () =>
    withSocket(async ({ socket, peer }) => {
      assertEquals(await socket.peek(), false);
      await peer.send("x");
      while (!await socket.peek());
      assertEquals(text(await socket.receive(1)), "x");
    })],
  "tcpsock:settimeout": [
    "socket.TcpSocket.setTimeout",
    () =>
      withSocket(async ({ socket, peer }) => {
        socket.setTimeout(5);
        await peer.send("part");
        while (!await socket.peek());
        const error = await assertRejects(() => socket.receive(), lasa.TimeoutError);
        assertEquals([error.code, error.partial], ["timeout", "part"]);
      }),
  ],
  "lasa.socket.udp": ["socket.udp", () => {
    const udpsock = socket.udp();
    assertEquals(udpsock.localAddress, null);
    udpsock.close();
  }],
  "udpsock:setpeername": ["socket.UdpSocket.setPeerName", async () => {
    await using udpsock = socket.udp();
    await udpsock.setPeerName("localhost", 9);
    await udpsock.setPeerName("unix:/path/to/unix-domain.socket");
  }],
  "udpsock:setsockname": ["socket.UdpSocket.setSockName", async () => {
    await using udpsock = socket.udp();
    await udpsock.setSockName("127.0.0.1", 0);
    assert(udpsock.localAddress!.port > 0);
  }],
  "udpsock:send": ["socket.UdpSocket.send", async () => {
    const [a, b] = await datagrams();
    assertEquals(await a.send("data"), 4);
    assertEquals(text(await b.receive()), "data");
    for (const each of [a, b]) each.close();
  }],
  "udpsock:receive": ["socket.UdpSocket.receive", async () => {
    const [a, b] = await datagrams();
    await a.send("a datagram");
    assertEquals(text(await b.receive(3)), "a d");
    for (const each of [a, b]) each.close();
  }],
  "udpsock:close": ["socket.UdpSocket.close", async () => {
    const [a, b] = await datagrams();
    for (const each of [a, a, b]) each.close();
    await assertRejects(() => a.send("x"), lasa.ClosedError);
  }],
  "udpsock:settimeout": ["socket.UdpSocket.setTimeout", async () => {
    const [a, b] = await datagrams();
    a.setTimeout(5);
    const error = await assertRejects(() => a.receive(), lasa.TimeoutError);
    assertEquals(error.code, "timeout");
    for (const each of [a, b]) each.close();
  }],
};

/** What a name leads to: a function, a class, or a member of a class's instances. */
function resolve(path: string): unknown {
  let at: unknown = { ...lasa, LightThread: thread.LightThread };
  for (const name of path.split(".")) {
    const isClass = typeof at === "function" && /^class\b/.test(String(at));
    const owner = (isClass ? (at as { prototype: object }).prototype : at) as object;
    if (!(name in owner)) return undefined;
    const { get, value } = Object.getOwnPropertyDescriptor(owner, name) ?? {};
    at = get ?? value ?? (owner as Record<string, unknown>)[name];
  }
  return at;
}

Deno.test("every name of the seed has a row, and every row is a name of the seed", () => {
  assertEquals(Object.keys(ROWS), SEED);
});

for (const [name, [here, show]] of Object.entries(ROWS)) {
  Deno.test(`${name} is ${here}`, async () => {
    assertEquals(typeof resolve(here), "function", `there is no ${here}`);
    await show();
  });
}
