import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BusyError, LocalProtocolError } from "../../src/errors.ts";
import { connect, tcp } from "../../src/socket/mod.ts";

Deno.test("listen with a backlog keeps the address that bind has found", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  const { port } = server.localAddress!;
  server.listen(5);
  assertEquals(server.localAddress, { transport: "tcp", hostname: "127.0.0.1", port });
  await using client = await connect("127.0.0.1", port);
  await using session = await server.accept();
  await client.send("hello\n");
  assertEquals(await session.receive(), "hello");
});

Deno.test("listen without a backlog changes nothing: bind listens already", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  const accepting = server.accept();
  server.listen();
  await using _client = await connect("127.0.0.1", server.localAddress!.port);
  (await accepting).close();
});

Deno.test("connections wait in the backlog until they are accepted", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  server.listen(8);
  const { port } = server.localAddress!;
  const clients = await Promise.all(Array.from({ length: 8 }, () => connect("127.0.0.1", port)));
  const ports = clients.map((client) => client.localAddress!.port);
  const accepted: number[] = [];
  for (const _ of clients) {
    await using session = await server.accept();
    accepted.push(session.remoteAddress!.port);
  }
  assertEquals(accepted.toSorted(), ports.toSorted());
  for (const client of clients) client.close();
});

Deno.test("listen is busy while somebody accepts, and disturbs nobody", async () => {
  await using server = tcp();
  server.bind("127.0.0.1", 0);
  const accepting = server.accept();
  assertThrows(() => server.listen(3), BusyError, "busy accepting");
  await using _client = await connect("127.0.0.1", server.localAddress!.port);
  (await accepting).close();
  server.listen(3);
  await using _other = await connect("127.0.0.1", server.localAddress!.port);
  (await server.accept()).close();
});

Deno.test("a Unix socket listens on, whatever its backlog", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using server = tcp();
    server.bind(`unix:${folder}/x.sock`);
    server.listen(5);
    await using client = await connect(`unix:${folder}/x.sock`);
    await using session = await server.accept();
    await client.send("hello\n");
    assertEquals(await session.receive(), "hello");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("listen on what is not bound, and a backlog that is none, are refused", () => {
  assertThrows(() => tcp().listen(5), LocalProtocolError, "not bound");
  const server = tcp();
  server.bind("127.0.0.1", 0);
  for (const backlog of [0, -1, 1.5, NaN]) {
    assertThrows(() => server.listen(backlog), RangeError, "backlog");
  }
  server.close();
});

Deno.test("an error of the system's accept is told once, and the listener works on", async () => {
  const { listen } = Deno;
  let failures = 1;
  const fake = (options: Deno.TcpListenOptions) => {
    const real = listen(options);
    const { accept } = real;
    real.accept = () => {
      if (failures-- > 0) return Promise.reject(new Deno.errors.Interrupted("too many open files"));
      return accept.call(real);
    };
    return real;
  };
  try {
    Deno.listen = fake as typeof Deno.listen;
    await using server = tcp();
    server.bind("127.0.0.1", 0);
    await using _client = await connect("127.0.0.1", server.localAddress!.port);
    await assertRejects(() => server.accept());
    (await server.accept()).close();
  } finally {
    Deno.listen = listen;
  }
});
