/**
 * Opens connections: TCP, Unix sockets, TLS on top, from a given local address where asked.
 *
 * @module
 */

import { DnsError } from "../errors.ts";
import { loadOutside } from "../thread/frame.ts";
import { abortable } from "./abortable.ts";
import { DenoStream } from "./deno_stream.ts";
import { ATTEMPT_DELAY_MS, connectFirst, interleaved } from "./happy_eyeballs.ts";
import { requireNet } from "./net_permission.ts";
import { NodeStream, whenOpen } from "./node_stream.ts";
import { isQuiet, quietly } from "./quiet_signal.ts";
import { isAddress, lookupHost, mayCallEveryAddress } from "./resolve.ts";
import type { ByteStream } from "./stream.ts";
import { tlsClient, type TlsOptions } from "./tls.ts";

/** Whom to call. */
export type Destination =
  | { readonly host: string; readonly port: number }
  | { readonly path: string };

/**
 * Reads a host and a port, or `unix:/path`.
 *
 * @param verb What is to be done there; a port of 0 is one only for `bind`.
 * @throws {TypeError} Where the host is none.
 * @throws {RangeError} Where the port is none.
 */
export function destinationOf(host: string, port: number | undefined, verb: string): Destination {
  if (typeof host !== "string" || host === "") {
    throw new TypeError(`Cannot ${verb}: ${JSON.stringify(host)} is not a host`);
  }
  if (host.startsWith("unix:")) return { path: host.slice(5) };
  const least = verb === "bind" ? 0 : 1;
  if (!Number.isInteger(port) || port! < least || port! > 65535) {
    throw new RangeError(`Cannot ${verb}: bad port number: ${port}`);
  }
  return { host, port: port! };
}

/** The destination in words. */
export function nameOf(to: Destination): string {
  return "path" in to ? to.path : `${to.host}:${to.port}`;
}

/** How to call. */
export interface DialOptions {
  /** The local address to call from. */
  localAddress?: string;
  /** The host's addresses, where they are known already; they are tried as RFC 8305 has it. */
  addresses?: readonly string[];
  /** Milliseconds after which the next address is tried beside the last; `Infinity` for never. */
  happyEyeballsMs?: number;
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
 * @throws {DnsError} Where the host has no address.
 * @throws What the platform throws; the caller knows what it was doing and says so.
 */
export function dial(to: Destination, options: DialOptions = {}): Promise<ByteStream> {
  const isKnown = "path" in to || (options.addresses === undefined && isAddress(to.host));
  const connecting = isKnown ? connectTo(to, options) : connectByName(to, options);
  return options.tls === undefined ? connecting : overTls(to, connecting, options.tls, options);
}

async function overTls(
  to: Destination,
  connecting: Promise<ByteStream>,
  tls: TlsOptions,
  options: DialOptions,
): Promise<ByteStream> {
  const stream = await connecting;
  try {
    options.onConnected?.();
    const serverName = tls.serverName ?? ("host" in to ? to.host : "localhost");
    return (await tlsClient(stream, tls, serverName, options.signal)).stream;
  } catch (error) {
    stream.close();
    throw error;
  }
}

/** Tries the addresses of a host. */
async function connectByName(
  to: Extract<Destination, { host: string }>,
  options: DialOptions,
): Promise<ByteStream> {
  const { localAddress, signal, happyEyeballsMs = ATTEMPT_DELAY_MS } = options;
  if (options.addresses === undefined && !mayCallEveryAddress()) return connectTo(to, options);
  const found = options.addresses ?? await abortable(lookupHost(to.host), signal);
  const addresses = interleaved(found).filter((address) => {
    // A call cannot go from one family to the other.
    return localAddress === undefined || address.includes(":") === localAddress.includes(":");
  });
  const doing = `connect to ${nameOf(to)}`;
  if (addresses.length === 0) {
    throw new DnsError(
      `Cannot ${doing}: none of ${found.join(", ")} can be called from ${localAddress}`,
    );
  }
  return await connectFirst(
    addresses,
    (host, signal) => connectTo({ host, port: to.port }, { ...options, signal }),
    { doing, delayMs: happyEyeballsMs, signal },
  );
}

function connectTo(to: Destination, options: DialOptions): Promise<ByteStream> {
  // Deno.connect ignores a local address.
  if (options.localAddress !== undefined) return nodeConnect(to, options);
  if ("path" in to) return denoConnect({ transport: "unix", path: to.path });
  const { signal } = options;
  return signal === undefined || isQuiet(signal)
    ? denoConnect(callOf(to, options), signal)
    : quietly(signal, (quiet) => denoConnect(callOf(to, { ...options, signal: quiet }), quiet));
}

function callOf(
  { host, port }: Extract<Destination, { host: string }>,
  { signal, happyEyeballsMs: delayMs = ATTEMPT_DELAY_MS }: DialOptions,
): Deno.ConnectOptions {
  return {
    hostname: host,
    port,
    signal,
    // Of use only where the platform is given a name.
    autoSelectFamily: delayMs !== Infinity,
    autoSelectFamilyAttemptDelay: delayMs === Infinity ? undefined : Math.max(10, delayMs),
  };
}

async function denoConnect(
  call: Deno.ConnectOptions | Deno.UnixConnectOptions,
  signal?: AbortSignal,
): Promise<DenoStream> {
  if (signal?.aborted) throw signal.reason;
  const conn = await Deno.connect(call as Deno.ConnectOptions);
  if (signal?.aborted) {
    conn.close();
    throw signal.reason;
  }
  return new DenoStream(conn);
}

async function nodeConnect(to: Destination, options: DialOptions): Promise<NodeStream> {
  if ("host" in to) {
    requireNet(to.host, to.port);
    if (options.localAddress !== undefined) requireNet(options.localAddress, 0);
  }
  const net = await loadOutside(() => import("node:net"));
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
