/**
 * Cosockets: sockets whose calls wait without holding anybody else up.
 *
 * @example Ask a server for a line
 * ```ts
 * import { connect, tcp } from "@lasa/lasa/socket";
 *
 * await using server = tcp();
 * server.bind("127.0.0.1", 0);
 * await using client = await connect("127.0.0.1", server.localAddress!.port);
 * await using session = await server.accept();
 * await session.send("220 ready\r\n");
 * console.log(await client.receive()); // "220 ready"
 * ```
 *
 * @module
 */

import { memoryPair } from "./memory_pair.ts";
import { type ConnectOptions, TcpSocket } from "./tcp.ts";
import { type UdpOptions, UdpSocket } from "./udp.ts";

export type { TlsInfo, TlsOptions } from "./tls.ts";
export type { Sendable } from "./flatten.ts";
export type { Address } from "./stream.ts";
export { type UdpOptions, UdpSocket } from "./udp.ts";
export type { DatagramAddress } from "./datagram.ts";
export type { ProxyHeader } from "./proxy_protocol.ts";
export { type ConnectOptions, type HandshakeOptions, TcpSocket } from "./tcp.ts";
export { type FrameOptions, TcpReader, type UntilReader } from "./tcp_reader.ts";

/**
 * Makes a TCP socket that is neither bound nor connected.
 *
 * @example A server on a free port
 * ```ts
 * import { tcp } from "@lasa/lasa/socket";
 *
 * await using server = tcp();
 * server.bind("127.0.0.1", 0);
 * console.log(server.localAddress!.port > 0); // true
 * ```
 */
export function tcp(): TcpSocket {
  return new TcpSocket();
}

/**
 * Makes a UDP socket that is bound when it is first used.
 *
 * @param options How much one receive gives.
 *
 * @example A datagram to oneself
 * ```ts
 * import { udp } from "@lasa/lasa/socket";
 *
 * await using me = udp();
 * await me.setSockName("127.0.0.1", 0);
 * await me.sendTo("hello", me.localAddress!);
 * console.log(new TextDecoder().decode(await me.receive())); // "hello"
 * ```
 */
export function udp(options?: UdpOptions): UdpSocket {
  return new UdpSocket(options);
}

/**
 * Makes a TCP socket and connects it.
 *
 * @param host A host name or address, or `unix:/path`.
 * @param port The port; not for a path.
 * @param options How to call.
 * @returns The connected socket.
 * @throws {BrokenError} With the plain cause, such as `connection refused`.
 *
 * @example A port where nobody listens
 * ```ts
 * import { connect } from "@lasa/lasa/socket";
 *
 * await connect("127.0.0.1", 1).catch((error) => console.log(error.code)); // "connection refused"
 * ```
 */
export function connect(
  host: string,
  port?: number,
  options?: ConnectOptions,
): Promise<TcpSocket> {
  const socket = new TcpSocket();
  const connecting = port === undefined
    ? socket.connect(host as `unix:${string}`, options)
    : socket.connect(host, port, options);
  return connecting.then(() => socket);
}

/**
 * Makes two connected sockets inside this process, with no network between them: for tests of
 * protocols. What one sends the other receives.
 *
 * @returns Both ends.
 *
 * @example Both sides of a protocol in one test
 * ```ts
 * import { pair } from "@lasa/lasa/socket";
 *
 * const [client, server] = pair();
 * await client.send("PING\n");
 * console.log(await server.receive()); // "PING"
 * client.close();
 * server.close();
 * ```
 */
export function pair(): [TcpSocket, TcpSocket] {
  const [near, far] = memoryPair();
  return [TcpSocket.over(near), TcpSocket.over(far)];
}
