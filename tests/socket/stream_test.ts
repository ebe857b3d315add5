import { DenoStream } from "../../src/socket/deno_stream.ts";
import { dial } from "../../src/socket/dial.ts";
import type { TlsOptions } from "../../src/socket/mod.ts";
import type { ByteStream } from "../../src/socket/stream.ts";
import { type StreamPair, testStreamContract } from "../support/stream_contract.ts";
import { makeTestTls } from "../support/tls.ts";

const tls = await makeTestTls();

/** Calls a listener of the platform's; the far end is the platform's own. */
async function pairOver(
  listener: Deno.Listener<Deno.Conn>,
  call: () => Promise<ByteStream>,
): Promise<StreamPair> {
  using _listener = listener;
  const accepting = listener.accept();
  const [near, far] = await Promise.all([
    call(),
    accepting.then(async (conn) => {
      if ("handshake" in conn) await (conn as Deno.TlsConn).handshake();
      return new DenoStream(conn);
    }),
  ]);
  return { near, far };
}

function openTcp(localAddress?: string): Promise<StreamPair> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  return pairOver(listener, () => dial({ host: "127.0.0.1", port }, { localAddress }));
}

function openTls(options: TlsOptions): Promise<StreamPair> {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...tls.server });
  const { port } = listener.addr;
  return pairOver(
    listener,
    () => dial({ host: "127.0.0.1", port }, { tls: { serverName: "localhost", ...options } }),
  );
}

async function openUnix(localAddress?: string): Promise<StreamPair> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/lasa.sock`;
    const listener = Deno.listen({ transport: "unix", path });
    return await pairOver(listener, () => dial({ path }, { localAddress }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testStreamContract({ name: "TCP, the platform's", addresses: "tcp", open: () => openTcp() });
testStreamContract({
  name: "TCP over node:net",
  addresses: "tcp",
  open: () => openTcp("127.0.0.2"),
});
testStreamContract({
  name: "a Unix socket, the platform's",
  addresses: "unix",
  open: () => openUnix(),
});
testStreamContract({
  name: "TLS by startTls",
  addresses: "tcp",
  open: () => openTls({ caCerts: [tls.ca] }),
});
testStreamContract({
  name: "TLS over node:tls",
  addresses: "tcp",
  open: () => openTls({ caCerts: [tls.ca], ...tls.client }),
});
