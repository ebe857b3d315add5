/**
 * Every transport that a cosocket can stand upon, and how a pair of connected ends is opened.
 *
 * @module
 */

import { DenoStream } from "../../src/socket/deno_stream.ts";
import { dial } from "../../src/socket/dial.ts";
import { memoryPair } from "../../src/socket/memory_pair.ts";
import type { ByteStream } from "../../src/socket/stream.ts";
import type { TlsOptions } from "../../src/socket/tls.ts";
import type { StreamPair, Transport } from "./stream_contract.ts";
import { makeTestTls } from "./tls.ts";

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

function openMemory(): Promise<StreamPair> {
  const [near, far] = memoryPair();
  return Promise.resolve({ near, far });
}

/** All of them. */
export const TRANSPORTS: readonly Transport[] = [
  { name: "a memory pair", addresses: null, open: openMemory },
  { name: "TCP, the platform's", addresses: "tcp", open: () => openTcp() },
  { name: "TCP over node:net", addresses: "tcp", open: () => openTcp("127.0.0.2") },
  { name: "a Unix socket, the platform's", addresses: "unix", open: () => openUnix() },
  { name: "TLS by startTls", addresses: "tcp", open: () => openTls({ caCerts: [tls.ca] }) },
  {
    name: "TLS over node:tls",
    addresses: "tcp",
    open: () => openTls({ caCerts: [tls.ca], ...tls.client }),
  },
];
