/**
 * A host that has no workers, does not let one listen, and knows no datagrams, as on the edge: what
 * needs them says what is missing and what to do, and all the rest works.
 */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { UnsupportedError } from "../../src/errors.ts";
import { connect, tcp, udp } from "../../src/socket/mod.ts";
import { Channel, detach, scope, Semaphore, sleep, spawn, waitAll } from "../../src/thread/mod.ts";
import { pathOf, root } from "../support/sources.ts";

/** Runs a test on a host without some of the platform's names. */
async function without(
  hidden: { from: object; name: string }[],
  test: () => void | Promise<void>,
): Promise<void> {
  const were = hidden.map(({ from, name }) => Object.getOwnPropertyDescriptor(from, name));
  for (const { from, name } of hidden) Reflect.deleteProperty(from, name);
  try {
    await test();
  } finally {
    hidden.forEach(({ from, name }, index) => {
      const was = were[index];
      if (was !== undefined) Object.defineProperty(from, name, was);
    });
  }
}

const WORKERS = { from: globalThis, name: "Worker" };
const LISTENING = { from: Deno, name: "listen" };
const DATAGRAMS = { from: Deno, name: "listenDatagram" };

/** Checks that the message names what is missing and what to do. */
function assertSays(error: UnsupportedError, missing: string, whatToDo: string): void {
  assertEquals(error.code, "unsupported");
  assertStringIncludes(error.message, missing);
  assertStringIncludes(error.message, whatToDo);
}

Deno.test("bind on a host that does not let one listen says so, and leaves the socket usable", async () => {
  using echo = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await without([LISTENING], async () => {
    await using socket = tcp();
    const error = assertThrows(() => socket.bind("127.0.0.1", 0), UnsupportedError);
    assertSays(error, "Deno.listen", "serve with the host's own handler");
    assertThrows(() => socket.bind("unix:/tmp/lasa.sock"), UnsupportedError);
    assertEquals(socket.localAddress, null);

    // The same socket can still call.
    const [, peer] = await Promise.all([
      socket.connect("127.0.0.1", echo.addr.port),
      echo.accept(),
    ]);
    await socket.send("still here");
    const got = new Uint8Array(10);
    await peer.read(got);
    peer.close();
    assertEquals(new TextDecoder().decode(got), "still here");
  });
});

Deno.test("detach on a host without workers says so", async () => {
  await without([WORKERS], () => {
    const error = assertThrows(() => detach({ content: "" }), UnsupportedError);
    assertSays(error, "workers", "use thread.spawn");
  });
});

Deno.test("a Unix datagram socket without --unstable-net says so, and UDP goes on", async () => {
  await without([DATAGRAMS], async () => {
    await using path = udp();
    const error = await assertRejects(
      () => path.setSockName("unix:/tmp/lasa-datagrams.sock"),
      UnsupportedError,
    );
    assertSays(error, "Deno.listenDatagram", "--unstable-net");

    await using echo = udp();
    await echo.setSockName("127.0.0.1", 0);
    await using client = udp();
    await client.setPeerName("127.0.0.1", echo.localAddress!.port);
    await client.send("ping");
    const { data, address } = await echo.receiveFrom();
    await echo.sendTo(data, address);
    assertEquals(new TextDecoder().decode(await client.receive()), "ping");
  });
});

Deno.test("threads, channels and connections need none of it", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await without([WORKERS, LISTENING, DATAGRAMS], async () => {
    const serving = spawn(async () => {
      const conn = await listener.accept();
      await conn.write(new TextEncoder().encode("one\ntwo\nthree\n"));
      conn.close();
    });
    const lines = new Channel<string>();
    const reading = spawn(async () => {
      await using socket = await connect("127.0.0.1", listener.addr.port);
      for (let n = 0; n < 3; n++) await lines.send(await socket.receive());
      lines.close();
    });
    const got: string[] = [];
    for await (const line of lines) got.push(line);
    assertEquals(got, ["one", "two", "three"]);
    const ends = await waitAll<unknown>(serving, reading);
    assert(ends.every((end) => end.ok));

    await using children = scope();
    const places = new Semaphore();
    children.spawn(() => places.wait());
    children.spawn(async () => {
      await sleep(1);
      places.post();
    });
    await children.wait();
  });
});

/** What an edge host's program sees: no `node:dgram` either. */
const EDGE_PROGRAM = `
  for (const [from, name] of [[globalThis, "Worker"], [Deno, "listen"], [Deno, "listenDatagram"]]) {
    delete from[name];
  }
  // Everything is imported on a host that lacks it all.
  const { detach, socket, thread } = await import("@lasa/lasa");
  const tell = ({ name, message }) => console.log(name + ": " + message);
  const attempts = [
    () => socket.tcp().bind("127.0.0.1", 0),
    () => detach({ content: "" }),
    () => socket.udp().setSockName("127.0.0.1", 0),
    () => socket.udp().setSockName("unix:/tmp/lasa-datagrams.sock"),
    () => socket.udp().receive(),
  ];
  for (const attempt of attempts) {
    try {
      await attempt();
      console.log("done");
    } catch (error) {
      tell(error);
    }
  }
  const child = thread.spawn(() => socket.connect("127.0.0.1", 1));
  tell((await thread.wait(child)).error);
`;

Deno.test("a program on a host without any of it loads, is told, and ends", async () => {
  const given = new URL("tools/npm_imports.json", root);
  const { imports } = JSON.parse(await Deno.readTextFile(given));
  for (const [name, path] of Object.entries<string>(imports)) {
    if (path.startsWith(".")) imports[name] = new URL(path, given).href;
  }
  imports["node:dgram"] = "data:text/javascript,throw new Error('not on this host')";
  const map = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(map, JSON.stringify({ imports }));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", "--no-check", `--import-map=${map}`, EDGE_PROGRAM],
      cwd: pathOf(root),
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const noUdp = "UnsupportedError: Cannot use UDP: this host has neither " +
      "Deno.listenDatagram nor node:dgram; use TCP instead";
    assertEquals(new TextDecoder().decode(stderr), "");
    assertEquals(new TextDecoder().decode(stdout).trimEnd().split("\n"), [
      "UnsupportedError: Cannot bind: this host has no Deno.listen; serve with the host's own " +
      "handler instead",
      "UnsupportedError: Cannot detach a thread: this host has no workers; use thread.spawn, or " +
      "call another service",
      noUdp,
      "UnsupportedError: Cannot use Unix datagrams: Deno.listenDatagram is missing; run with " +
      "--unstable-net",
      noUdp,
      "BrokenError: Cannot connect to 127.0.0.1:1: connection refused",
    ]);
    assertEquals(code, 0);
  } finally {
    await Deno.remove(map);
  }
});
