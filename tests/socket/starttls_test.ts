import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AbortedError,
  BusyError,
  ClosedError,
  KilledError,
  LocalProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import { connect, type HandshakeOptions, tcp, type TcpSocket } from "../../src/socket/mod.ts";
import { deadline, kill, list, spawn } from "../../src/thread/mod.ts";
import { text } from "../support/bytes.ts";
import { testOnManualClock, turns, until } from "../support/clock.ts";
import { tcpPair } from "../support/loopback.ts";
import { makeTestTls } from "../support/tls.ts";

const { ca, server, client: identity } = await makeTestTls();

/** A dialogue in which the client asks for TLS after a few lines in the open. */
async function dialogue(near: TcpSocket, far: TcpSocket, options: HandshakeOptions): Promise<void> {
  const serving = spawn(async () => {
    await far.send("220 mail.test ready\r\n");
    assertEquals(await far.receive(), "EHLO client.test");
    await far.send("250-mail.test\r\n250 STARTTLS\r\n");
    assertEquals(await far.receive(), "STARTTLS");
    await far.send("220 go ahead\r\n");
    await far.sslHandshake(server);
    assertEquals(await far.receive(), "secret");
    await far.send("250 kept\r\n");
  });
  assertEquals(await near.receive(), "220 mail.test ready");
  await near.send("EHLO client.test\r\n");
  assertEquals([await near.receive(), await near.receive()], ["250-mail.test", "250 STARTTLS"]);
  await near.send("STARTTLS\r\n");
  assertEquals(await near.receive(), "220 go ahead");
  await near.sslHandshake({ serverName: "localhost", caCerts: [ca], ...options });
  await near.send("secret\r\n");
  assertEquals(await near.receive(), "250 kept");
  await until(() => serving.hasEnded);
}

Deno.test("TLS begins in mid-dialogue, with whatever carries the connection", async () => {
  for (const options of [{}, { verify: false }, identity]) {
    for (const localAddress of [undefined, "127.0.0.2"]) {
      await using ends = await tcpPair({ localAddress });
      await dialogue(ends.near, ends.far, options);
    }
  }
});

Deno.test("TLS begins in mid-dialogue over a Unix socket", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using listener = tcp();
    listener.bind(`unix:${folder}/mail.sock`);
    await using near = await connect(`unix:${folder}/mail.sock`);
    await using far = await listener.accept();
    await dialogue(near, far, identity);
    await turns(5);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("bytes in the buffer before the handshake are an error, and are not lost", async () => {
  await using ends = await tcpPair();
  const { near, far } = ends;
  // As an attacker between the two would put a command behind the answer.
  await far.send("220 go ahead\r\nINJECTED\r\n");
  assertEquals(await near.receive(), "220 go ahead");
  await until(() => near.peek());
  await assertRejects(
    () => near.sslHandshake({ caCerts: [ca] }),
    LocalProtocolError,
    "10 bytes were received that nobody took",
  );
  assertEquals(await near.receive(), "INJECTED");
  const [info] = await Promise.all([
    near.sslHandshake({ caCerts: [ca] }),
    far.sslHandshake(server),
  ]);
  assertEquals(info, { alpn: null });
});

testOnManualClock(
  "a read that timed out is in a handshake's way, which says so and breaks nothing",
  async (clock) => {
    await using ends = await tcpPair();
    const { near, far } = ends;
    const failed = assertRejects(() => near.receive(), TimeoutError);
    await clock.advance(30_000);
    await failed;
    const error = await assertRejects(
      () => near.sslHandshake({ caCerts: [ca] }),
      LocalProtocolError,
    );
    assertEquals(error.message, "Cannot start TLS: a read that timed out is still pending");
    await far.send("x");
    assertEquals(text(await near.receive(1)), "x");
    await Promise.all([near.sslHandshake({ caCerts: [ca] }), far.sslHandshake(server)]);
  },
);

const SIDES: [string, HandshakeOptions, boolean][] = [
  ["the platform's client", { caCerts: [ca] }, false],
  ["node:tls's client", { verify: false }, false],
  ["the called side", server, true],
];

for (const [side, options, isServer] of SIDES) {
  const open = async () => {
    const ends = await tcpPair();
    const [self, peer] = isServer ? [ends.far, ends.near] : [ends.near, ends.far];
    return { ends, self, peer };
  };

  testOnManualClock(
    `${side}: a silent peer makes a timeout of the phase "tls", and the socket is closed`,
    async (clock) => {
      const { ends, self } = await open();
      await using _ends = ends;
      self.setTimeouts(250, 1, 1);
      const failed = assertRejects(() => self.sslHandshake(options), TimeoutError, "after 250 ms");
      await clock.advance(250);
      const error = await failed;
      assertEquals([error.code, error.phase], ["timeout", "tls"]);
      await assertRejects(() => self.send("x"), ClosedError);
      assertEquals(clock.pending, 0);
    },
  );

  testOnManualClock(`${side}: a deadline and a signal end a handshake`, async (clock) => {
    const first = await open();
    await using _first = first.ends;
    const failed = assertRejects(
      () => deadline(10, () => first.self.sslHandshake(options)),
      TimeoutError,
    );
    await clock.advance(10);
    assertEquals((await failed).phase, "deadline");
    const second = await open();
    await using _second = second.ends;
    const abort = new AbortController();
    const { signal } = abort;
    const aborted = assertRejects(
      () => second.self.sslHandshake({ ...options, signal }),
      AbortedError,
    );
    await turns(2);
    abort.abort();
    await aborted;
    await assertRejects(() => second.self.receive(), ClosedError);
  });

  Deno.test(`${side}: a kill in mid-handshake closes the socket, and the peer is told`, async () => {
    const { ends, self, peer } = await open();
    await using _ends = ends;
    let error: unknown;
    const thread = spawn(() => self.sslHandshake(options).catch((caught) => error = caught));
    await turns(2);
    assertEquals(list().find(({ id }) => id === thread.id)?.waitingOn, "start TLS");
    await assertRejects(() => self.sslHandshake(options), BusyError);
    kill(thread);
    await turns(2);
    assert(error instanceof KilledError);
    await assertRejects(() => self.receive(), ClosedError);
    // Deno's TLS lets go of its connection only once the peer has answered the client hello.
    if (side === "the platform's client") await peer.send("no TLS here\r\n");
    // What the client has said until then is still there to be read.
    await peer.receive("*a").catch((error) => assertEquals(error.code, "connection reset by peer"));
  });

  Deno.test(`${side}: a socket that is disposed of in mid-handshake stays closed`, async () => {
    const { ends, self } = await open();
    await using _ends = ends;
    const failed = assertRejects(() => self.sslHandshake(options), ClosedError);
    await turns();
    await self[Symbol.asyncDispose]();
    await failed;
    await assertRejects(() => self.sslHandshake(options), ClosedError);
  });
}
