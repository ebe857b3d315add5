/**
 * From a target to a connection over which requests can be sent: name, address, proxy, TLS.
 *
 * @module
 */

import { TlsError } from "../errors.ts";
import { closingOnFailure } from "../socket/abortable.ts";
import { dial } from "../socket/dial.ts";
import { connectFirst } from "../socket/happy_eyeballs.ts";
import { ioError } from "../socket/io_error.ts";
import type { ByteStream } from "../socket/stream.ts";
import { tlsClient, type TlsOptions } from "../socket/tls.ts";
import type { AddressBook } from "./address_book.ts";
import { openTunnel } from "./connect_tunnel.ts";
import type { Proxy } from "./proxy.ts";
import type { Settings } from "./settings.ts";
import { socks5Connect } from "./socks5.ts";
import type { Target } from "./target.ts";

/** What reaching a target needs. */
export interface ReachContext {
  readonly settings: Settings;
  readonly addresses: AddressBook;
  /** Takes it back. */
  readonly signal: AbortSignal;
  /** Told when a phase begins; each TLS handshake is one, all between them is another. */
  readonly onPhase: (phase: "connect" | "tls") => void;
}

/**
 * Opens a connection that leads to a target.
 *
 * @throws What went wrong on the way, not all of it as an error of lasa.
 */
export async function reach(target: Target, context: ReachContext): Promise<ByteStream> {
  const { route, host, port } = target;
  const { addresses, signal } = context;
  let stream: ByteStream;
  if (route.socketPath !== null) {
    await addresses.checkPath(route.socketPath, host, port, signal);
    stream = await dial({ path: route.socketPath }, { signal });
  } else if (route.proxy === null) {
    stream = await call(host, port, target.clientIp, context);
  } else if (route.isForwarded) {
    stream = await callProxy(route.proxy, target.clientIp, context);
  } else {
    stream = await tunnel(target, route.proxy, context);
  }
  return target.scheme === "https" ? await secured(stream, route.tls, host, context) : stream;
}

/** Calls a host by its addresses. */
async function call(
  host: string,
  port: number,
  localAddress: string | undefined,
  { addresses: book, settings, signal }: ReachContext,
): Promise<ByteStream> {
  const { happyEyeballsMs } = settings;
  if (book.isPlain(host)) return await dial({ host, port }, { localAddress, signal });
  const addresses = await book.find(host, port, { signal }) ?? undefined;
  return await dial({ host, port }, { localAddress, addresses, happyEyeballsMs, signal });
}

async function callProxy(
  proxy: Proxy,
  localAddress: string | undefined,
  context: ReachContext,
): Promise<ByteStream> {
  let stream: ByteStream;
  try {
    stream = await call(proxy.host, proxy.port, localAddress, context);
  } catch (error) {
    throw context.signal.aborted ? error : ioError(error, `connect to the proxy ${proxy.name}`);
  }
  if (proxy.kind !== "https") return stream;
  const secure = await secured(stream, proxy.tls, proxy.host, context);
  context.onPhase("connect");
  return secure;
}

/** A connection through a proxy, which is called anew for each address of the target. */
async function tunnel(target: Target, proxy: Proxy, context: ReachContext): Promise<ByteStream> {
  const { host, port } = target;
  const { addresses: book, settings, signal } = context;
  // With a guard the proxy is given an address that was allowed: it would look up names by itself.
  const isResolvedHere = book.isGuarded || proxy.kind === "socks5";
  const hosts = isResolvedHere
    ? await book.find(host, port, { signal, mustResolve: true }) ?? [host]
    : [host];
  // To call a proxy several times at once would look like an attack to it: one after the other.
  const options = { doing: `connect to ${host}:${port}`, delayMs: Infinity, signal };
  return await connectFirst(hosts, async (host, signal) => {
    // The attempt before may have ended in the middle of a handshake with the proxy.
    context.onPhase("connect");
    const stream = await callProxy(proxy, target.clientIp, {
      ...context,
      signal: signal ?? context.signal,
    });
    return await closingOnFailure(stream, signal, async () => {
      const proxyName = proxy.name;
      if (proxy.kind === "socks5" || proxy.kind === "socks5h") {
        const { user, password } = proxy;
        await socks5Connect(stream, { proxyName, host, port, user, password });
        return stream;
      }
      const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
      const { fields } = proxy;
      return await openTunnel(stream, { proxyName, authority, fields, limits: settings.reader });
    });
  }, options);
}

/** Speaks TLS on a connection; it is closed where that fails. */
async function secured(
  stream: ByteStream,
  given: TlsOptions,
  host: string,
  { signal, onPhase }: ReachContext,
): Promise<ByteStream> {
  onPhase("tls");
  // Only HTTP/1.1 is spoken here, and a server that could do more is told so (RFC 7301).
  const tls = { alpn: ["http/1.1"], ...given };
  return await closingOnFailure(stream, signal, async () => {
    const { stream: secure, info } = await tlsClient(stream, tls, tls.serverName ?? host, signal);
    if (info.alpn === null || info.alpn.startsWith("http/1.")) return secure;
    secure.close();
    throw new TlsError(
      `Cannot speak HTTP/1.1 with ${host}: both sides agreed on ${JSON.stringify(info.alpn)}`,
    );
  });
}
