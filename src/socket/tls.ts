/**
 * TLS over a connection that stands: from the side that called, and from the side that was called.
 *
 * @module
 */

import type { TLSSocket } from "node:tls";
import { loadOutside } from "../thread/frame.ts";
import { closingOnFailure } from "./abortable.ts";
import { DenoStream } from "./deno_stream.ts";
import { NodeStream, whenOpen } from "./node_stream.ts";
import { isAddress } from "./resolve.ts";
import type { ByteStream } from "./stream.ts";
import { tlsFault } from "./tls_fault.ts";
import { checkPins, readPins } from "./tls_pins.ts";

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
  /**
   * Public keys of which the server must have one, beside a certificate that is acceptable: `sha256/`
   * and the base64 of the SHA-256 of its SubjectPublicKeyInfo (RFC 7469 §2.4; curl's `sha256//` too).
   */
  pins?: readonly string[];
}

/** What a handshake came to. */
export interface TlsInfo {
  /** The protocol that both sides chose; `null` for none. */
  readonly alpn: string | null;
}

/** A connection with TLS on it. */
export interface TlsStream {
  readonly stream: ByteStream;
  readonly info: TlsInfo;
}

/** What two handshakes must agree in for one to stand for the other. */
export function termsOf(tls: TlsOptions, serverName: string, isServer: boolean): string {
  const { verify = true, caCerts, cert, key, alpn, pins } = tls;
  return JSON.stringify([serverName, isServer, verify, caCerts, cert, key, alpn, pins]);
}

/**
 * Starts TLS from the side that called.
 *
 * @throws {TlsError} Where the certificate, the key or the protocols are not acceptable.
 * @throws {LocalProtocolError} Where a pin is none.
 * @throws What the platform throws; the connection is lost then.
 */
export async function tlsClient(
  stream: ByteStream,
  tls: TlsOptions,
  serverName: string,
  signal?: AbortSignal,
): Promise<TlsStream> {
  try {
    // Deno.startTls stands on TCP alone: on no Unix socket, and on no TLS.
    return isPlain(tls) && stream instanceof DenoStream && stream.isTcp
      ? await denoClient(stream.takeConn() as Deno.TcpConn, tls, serverName, signal)
      : await nodeClient(stream, tls, serverName, signal);
  } catch (error) {
    throw tlsFault(error, serverName, tls.alpn);
  }
}

/** Deno.startTls ignores client certificates, shows no key, and cannot waive an unknown authority. */
function isPlain({ verify, cert, pins }: TlsOptions): boolean {
  return verify !== false && cert === undefined && pins === undefined;
}

async function nodeClient(
  stream: ByteStream,
  tls: TlsOptions,
  serverName: string,
  signal?: AbortSignal,
): Promise<TlsStream> {
  const pins = tls.pins && readPins(tls.pins);
  const [node, { duplexOver }] = await nodeParts();
  const socket = node.connect({
    socket: duplexOver(stream),
    // RFC 6066 §3: an address is not a name, and is not sent as one.
    servername: isAddress(serverName) ? "" : serverName,
    rejectUnauthorized: tls.verify !== false,
    checkServerIdentity: (_name, cert) => node.checkServerIdentity(serverName, cert),
    ca: tls.caCerts && [...node.rootCertificates, ...tls.caCerts],
    cert: tls.cert,
    key: tls.key,
    ALPNProtocols: tls.alpn,
  });
  await whenOpen(socket, "secureConnect", signal);
  if (pins !== undefined) {
    try {
      await checkPins(pins, socket.getPeerX509Certificate(), serverName);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }
  return over(socket, stream);
}

/**
 * Starts TLS from the side that was called; `caCerts` ask the caller for a certificate of theirs.
 *
 * @throws What the platform throws; the connection is lost then.
 */
export async function tlsServer(
  stream: ByteStream,
  tls: TlsOptions,
  signal?: AbortSignal,
): Promise<TlsStream> {
  const [node, { duplexOver }] = await nodeParts();
  // A server that listens nowhere: a TLSSocket by itself asks for the caller's certificate and then
  // lets in whoever has one, since to look at it is the server's part.
  const server = node.createServer({
    cert: tls.cert,
    key: tls.key,
    ca: tls.caCerts,
    requestCert: tls.caCerts !== undefined,
    rejectUnauthorized: tls.caCerts !== undefined && tls.verify !== false,
    ALPNProtocols: tls.alpn,
  });
  const carrier = duplexOver(stream);
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    // Both may have something to say when nobody listens any more; that must not end the process.
    const onEnd = () => reject(new Error("the peer went away in mid-handshake"));
    carrier.on("error", reject);
    carrier.on("end", onEnd);
    carrier.on("close", onEnd);
    server.on("tlsClientError", reject);
    server.on("secureConnection", resolve);
    signal?.addEventListener("abort", () => {
      reject(signal.reason);
      carrier.destroy();
    }, { once: true });
    server.emit("connection", carrier);
  });
  return over(socket, stream);
}

async function denoClient(
  below: Deno.TcpConn,
  tls: TlsOptions,
  serverName: string,
  signal?: AbortSignal,
): Promise<TlsStream> {
  // connectTls would lose 44 ms to Nagle: it has no way to switch it off before the handshake.
  const conn = await Deno.startTls(below, {
    hostname: serverName,
    caCerts: tls.caCerts,
    alpnProtocols: tls.alpn,
  });
  const stream = new DenoStream(conn);
  // What still bothers the author: closed in mid-handshake, Deno keeps the connection under it until
  // the peer has answered the client hello or ended; nothing here can take it back sooner.
  return await closingOnFailure(stream, signal, async () => {
    const { alpnProtocol } = await conn.handshake();
    return { stream, info: { alpn: alpnProtocol } };
  });
}

function over(socket: TLSSocket, below: ByteStream): TlsStream {
  const { alpnProtocol } = socket;
  return {
    stream: new NodeStream(socket, below),
    info: { alpn: typeof alpnProtocol === "string" ? alpnProtocol : null },
  };
}

/** What stands on Node's own streams is loaded where it is used: it costs more than all of lasa. */
function nodeParts() {
  return loadOutside(() => Promise.all([import("node:tls"), import("./duplex.ts")]));
}
