/**
 * The PROXY protocol: a relay tells the server behind it who really calls.
 */
import { socket, thread } from "@lasa/lasa";

function listen(): socket.TcpSocket {
  const listener = socket.tcp();
  listener.bind("127.0.0.1", 0);
  return listener;
}

await using backend = listen();
await using relay = listen();

/** The server behind: its peer is the relay, yet it greets the caller by address. */
async function answer(connection: socket.TcpSocket): Promise<void> {
  await using peer = connection;
  const { version, source } = await peer.receiveProxyHeader();
  const question = await peer.receive();
  const caller = source === null ? "nobody" : `${source.hostname}:${source.port}`;
  await peer.send(`${caller} asks ${question} (version ${version})\r\n`);
}

/** The relay: first who calls, then bytes both ways until both have ended. */
async function pass(connection: socket.TcpSocket, version: 1 | 2): Promise<void> {
  await using caller = connection;
  await using server = await socket.connect("127.0.0.1", backend.localAddress!.port);
  await server.sendProxyHeader({
    version,
    source: caller.remoteAddress,
    destination: caller.localAddress,
  });
  await Promise.all([
    caller.readable.pipeTo(server.writable),
    server.readable.pipeTo(caller.writable),
  ]);
}

// One caller after another, each in another version of the protocol.
for (const version of [1, 2] as const) {
  await using scope = thread.scope();
  scope.spawn(async () => await answer(await backend.accept()));
  scope.spawn(async () => await pass(await relay.accept(), version));

  await using caller = await socket.connect("127.0.0.1", relay.localAddress!.port);
  await caller.send("the time\r\n");
  const answered = await caller.receive();
  // The relay calls from a port of its own; the server was told of this one.
  const { hostname, port } = caller.localAddress!;
  console.log(answered.replace(`${hostname}:${port}`, "the caller itself"));
  await caller.shutdown("send");
  await scope.wait();
}

// Whoever comes past the relay brings no header, and is not served.
const rude = await socket.connect("127.0.0.1", backend.localAddress!.port);
const answering = thread.spawn(async () => await answer(await backend.accept()));
await rude.send("the time\r\n");
const end = await thread.wait(answering);
if (!end.ok) console.log((end.error as Error).message);
rude.close();
