/**
 * Opens connections: TCP, Unix sockets, TLS on top, from a given local address where asked.
 *
 * @module
 */

import type { Socket } from "node:net";
import { DenoStream } from "./deno_stream.ts";
import { NodeStream } from "./node_stream.ts";
import type { ByteStream } from "./stream.ts";

/** Whom to call. */
export type Destination =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/** What TLS is given. */
export interface TlsOptions {
  /** The name to ask for and to check; the host that was called unless told. */
  serverName?: string;
  /** Certificates of authorities to trust beside the platform's own, PEM. */
  caCerts?: string[];
  /** `false` takes any certificate; for tests only. */
  verify?: boolean;
  /** This side's certificate chain, PEM. */
  cert?: string;
  /** This side's private key, PEM. */
  key?: string;
  /** Protocols to offer, best first. */
  alpn?: string[];
}

/** How to call. */
export interface DialOptions {
  /** The local address to call from. */
  localAddress?: string;
  /** TLS on top, where given. */
  tls?: TlsOptions;
  /** Takes the call back. */
  signal?: AbortSignal;
  /** Told when TCP stands and TLS begins. */
  onConnected?: () => void;
}

/**
 * Opens a connection.
 *
 * @param to Whom to call.
 * @param options How.
 * @returns The connection; small writes leave at once (no Nagle).
 * @throws What the platform throws; the caller knows what it was doing and says so.
 */
export async function dial(to: Destination, options: DialOptions = {}): Promise<ByteStream> {
  const { tls, signal } = options;
  // Deno.connect ignores a local address, and Deno.startTls client certificates and verify: false.
  const needsNode = options.localAddress !== undefined ||
    (tls !== undefined && (tls.verify === false || tls.cert !== undefined));
  const stream = needsNode ? await nodeConnect(to, options) : await denoConnect(to, signal);
  if (tls === undefined) return stream;
  try {
    options.onConnected?.();
    const serverName = tls.serverName ?? ("host" in to ? to.host : "localhost");
    return stream instanceof NodeStream
      ? await nodeTls(stream, tls, serverName, signal)
      : await denoTls(stream as DenoStream, tls, serverName, signal);
  } catch (error) {
    stream.close();
    throw error;
  }
}

async function denoConnect(to: Destination, signal?: AbortSignal): Promise<DenoStream> {
  if ("path" in to) return new DenoStream(await Deno.connect({ transport: "unix", path: to.path }));
  const conn = await Deno.connect({ hostname: to.host, port: to.port, signal });
  // Nagle would hold a small write back until the last one is acknowledged.
  conn.setNoDelay(true);
  return new DenoStream(conn);
}

async function denoTls(
  stream: DenoStream,
  tls: TlsOptions,
  serverName: string,
  signal?: AbortSignal,
): Promise<DenoStream> {
  // connectTls would lose 44 ms to Nagle: it has no way to switch it off before the handshake.
  const conn = await Deno.startTls(stream.conn as Deno.TcpConn, {
    hostname: serverName,
    caCerts: tls.caCerts,
    alpnProtocols: tls.alpn,
  });
  const close = () => conn.close();
  signal?.addEventListener("abort", close);
  try {
    await conn.handshake();
  } catch (error) {
    try {
      close();
    } catch {
      // The signal closed it already.
    }
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener("abort", close);
  }
  return new DenoStream(conn);
}

async function nodeConnect(to: Destination, options: DialOptions): Promise<NodeStream> {
  const net = await import("node:net");
  // A peer that has ended may still be sent to, as over the platform's own connections.
  const socket = "path" in to ? net.connect({ path: to.path, allowHalfOpen: true }) : net.connect({
    host: to.host,
    port: to.port,
    localAddress: options.localAddress,
    noDelay: true,
    allowHalfOpen: true,
  });
  await whenOpen(socket, "connect", options.signal);
  return new NodeStream(socket);
}

async function nodeTls(
  stream: NodeStream,
  tls: TlsOptions,
  serverName: string,
  signal?: AbortSignal,
): Promise<NodeStream> {
  const node = await import("node:tls");
  const socket = node.connect({
    socket: stream.socket,
    // RFC 6066 §3: an address is not a name, and is not sent as one.
    servername: /^[\d.]+$|:/.test(serverName) ? "" : serverName,
    rejectUnauthorized: tls.verify !== false,
    checkServerIdentity: (_name, cert) => node.checkServerIdentity(serverName, cert),
    ca: tls.caCerts && [...node.rootCertificates, ...tls.caCerts],
    cert: tls.cert,
    key: tls.key,
    ALPNProtocols: tls.alpn,
  });
  await whenOpen(socket, "secureConnect", signal);
  return new NodeStream(socket);
}

function whenOpen(socket: Socket, event: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      signal?.removeEventListener("abort", onAbort);
      socket.off(event, onOpen);
      socket.off("error", onError);
      finish();
    };
    const onOpen = () => settle(resolve);
    const onError = (error: unknown) => settle(() => reject(error));
    const onAbort = () => {
      settle(() => reject(signal!.reason));
      // Whatever it still has to say has no listener any more, and must not end the process.
      socket.on("error", () => {});
      socket.destroy();
    };
    if (signal?.aborted) return onAbort();
    signal?.addEventListener("abort", onAbort);
    socket.once(event, onOpen);
    socket.once("error", onError);
  });
}
