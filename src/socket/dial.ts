/**
 * Opens connections: TCP, Unix sockets, TLS on top, from a given local address where asked.
 *
 * @module
 */

import { loadOutside } from "../thread/frame.ts";
import { DenoStream } from "./deno_stream.ts";
import { NodeStream, whenOpen } from "./node_stream.ts";
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
  // Deno.connect ignores a local address.
  const needsNode = options.localAddress !== undefined;
  const stream = needsNode ? await nodeConnect(to, options) : await denoConnect(to, signal);
  if (tls === undefined) return stream;
  try {
    options.onConnected?.();
    const serverName = tls.serverName ?? ("host" in to ? to.host : "localhost");
    return (await tlsClient(stream, tls, serverName, signal)).stream;
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

async function nodeConnect(to: Destination, options: DialOptions): Promise<NodeStream> {
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
