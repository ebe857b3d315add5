import type { Address } from "../socket/stream.ts";
import type { SessionOptions } from "./options.ts";

/** What asked for a session. */
export interface UpgradeRequest {
  /** Path and query, as they came. */
  readonly target: string;
  /** The fields. */
  readonly headers: Headers;
  /** Who asked; `null` where the platform does not tell. */
  readonly remoteAddress: Address | null;
}

/** How a request is answered. */
export interface Verdict {
  /** The status that turns it away, from 300 to 599; nothing lets it in. */
  status?: number;
  /** Why it is turned away, in words. */
  reason?: string;
  /** Fields of the answer. */
  headers?: Record<string, string | undefined>;
}

/** What {@linkcode UpgradeOptions.admit} gives: nothing lets a request in, a number turns it away. */
export type Admission = void | number | Verdict;

/** A server's certificate and key: PEM, or files that hold it. */
export type ServerTls =
  | { cert: string; key: string; caCerts?: string[] }
  | { certFile: string | URL; keyFile: string | URL; caCerts?: string[] };

/** How requests are looked at, and what the sessions are told. */
export interface UpgradeOptions extends SessionOptions {
  /** The subprotocols that are spoken, best first. */
  protocols?: readonly string[];
  /** The origins that are let in, as browsers tell them. Default: everyone. */
  origins?: readonly string[];
  /**
   * Asked about every request that is well formed: nothing lets it in, a status turns it away, fields
   * are sent with the answer that lets it in.
   */
  admit?: (
    request: UpgradeRequest,
  ) => Admission | Promise<Admission>;
  /** Whether to mask what is sent, which no server should. Default `false`. */
  sendMasked?: boolean;
}

/** What a {@linkcode Server} is made with. */
export interface ServerOptions extends UpgradeOptions {
  /** Where to listen: `"host:port"`; port 0 for any that is free. */
  host: string;
  /** Speaks TLS; with `caCerts` it asks callers for a certificate of theirs. */
  ssl?: ServerTls;
  /** Sessions at a time, those in their handshake included; more get 503. Default 10,000. */
  maxSessions?: number;
  /** Milliseconds for TLS and the handshake. Default 10,000. */
  handshakeTimeoutMs?: number;
  /** Bytes of a request's head. Default 16 KiB. */
  maxHeaderBytes?: number;
  /** Connections that the system keeps until they are accepted. */
  backlog?: number;
}

/** Splits `"host:port"`, an IPv6 address in brackets. @throws {TypeError} Where it is none. */
export function parseHost(host: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(host) ?? [];
  if (port === undefined) {
    throw new TypeError(`Cannot listen: ${JSON.stringify(host)} is not "host:port"`);
  }
  return { host: bracketed ?? (plain || "0.0.0.0"), port: Number(port) };
}

/** The certificate and key, read where they lie in files. */
export function readTls(
  ssl: ServerTls,
): { cert: string; key: string; caCerts?: string[] } {
  if ("cert" in ssl) return ssl;
  return {
    cert: Deno.readTextFileSync(ssl.certFile),
    key: Deno.readTextFileSync(ssl.keyFile),
    caCerts: ssl.caCerts,
  };
}
