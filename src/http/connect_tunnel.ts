/**
 * Tunnels through HTTP proxies (RFC 9110 §9.3.6).
 *
 * @module
 */

import { BrokenError, LasaError, RemoteProtocolError } from "../errors.ts";
import { type Field, SentFields } from "../protocol/http1/headers.ts";
import type { ReaderLimits } from "../protocol/http1/limits.ts";
import { RequestWriter } from "../protocol/http1/request_writer.ts";
import type { ResponseHead } from "../protocol/http1/response_head.ts";
import { ResponseReader } from "../protocol/http1/response_reader.ts";
import { ioError } from "../socket/io_error.ts";
import { PrefixedStream } from "../socket/prefixed_stream.ts";
import { type ByteStream, writeAll } from "../socket/stream.ts";

const READ_BYTES = 16 * 1024;

/** What a tunnel needs to know. */
export interface TunnelOptions {
  /** The proxy's name, for errors. */
  readonly proxyName: string;
  /** Where to, as `host:port`; an IPv6 address in brackets. */
  readonly authority: string;
  /** Fields for the proxy. */
  readonly fields: readonly Field[];
  /** How much of the answer is read. */
  readonly limits: ReaderLimits;
}

/**
 * Has a proxy open a tunnel.
 *
 * @param stream The connection to the proxy; whoever calls closes it where this fails.
 * @returns The tunnel. What the far end said before the proxy's answer was read comes first.
 * @throws {BrokenError} (code `"proxy refused"`) Where the proxy does not open it.
 * @throws {RemoteProtocolError} Where what it answers is no HTTP/1.1.
 */
export async function openTunnel(stream: ByteStream, options: TunnelOptions): Promise<ByteStream> {
  const { proxyName, authority, fields, limits } = options;
  const doing = `open a tunnel to ${authority} through ${proxyName}`;
  const writer = new RequestWriter();
  writer.send({
    type: "request",
    method: "CONNECT",
    // RFC 9112 §3.2.3: host and port, and nothing else; Host says the same.
    target: authority,
    fields: new SentFields([["Host", authority], ...fields]),
    bodyLength: 0,
  });
  try {
    await writeAll(stream, writer.takeOutput());
    const reader = new ResponseReader(limits);
    reader.expect("CONNECT");
    const head = await readHead(stream, reader);
    if (head.status < 200 || head.status > 299) throw refusalOf(head, doing);
    // Any 2xx stands for the tunnel, whatever else it says of a body (RFC 9110 §9.3.6).
    const event = reader.nextEvent();
    const rest = event?.type === "tunnel" ? event.rest : new Uint8Array(0);
    return rest.length === 0 ? stream : new PrefixedStream(stream, rest);
  } catch (error) {
    throw told(error, doing);
  }
}

async function readHead(stream: ByteStream, reader: ResponseReader): Promise<ResponseHead> {
  for (;;) {
    // The reader keeps views of what it is given.
    const room = new Uint8Array(READ_BYTES);
    const count = await stream.read(room);
    if (count === null) reader.receiveEnd();
    else reader.receive(room.subarray(0, count));
    for (let event = reader.nextEvent(); event !== null; event = reader.nextEvent()) {
      if (event.type === "response") return event.head;
      if (event.type === "closed") {
        throw new BrokenError("it closed the connection without an answer", { code: "closed" });
      }
    }
  }
}

function refusalOf(head: ResponseHead, doing: string): BrokenError {
  const answer = `${head.status} ${head.reason}`.trimEnd();
  const advice = head.status === 407
    ? head.fields.get("proxy-authenticate")?.toLowerCase().includes("basic") === false
      ? `; it wants ${head.fields.get("proxy-authenticate")}, of which only Basic is known here`
      : "; give a user and a password that it knows in the proxy's URL"
    : "";
  return new BrokenError(`Cannot ${doing}: it answered ${answer}${advice}`, {
    code: "proxy refused",
  });
}

/** The same failure, with what was being done where it does not say so itself. */
function told(error: unknown, doing: string): LasaError {
  if (error instanceof LasaError && error.message.startsWith(`Cannot ${doing}`)) return error;
  if (error instanceof BrokenError) {
    return new BrokenError(`Cannot ${doing}: ${error.message}`, { code: error.code, cause: error });
  }
  if (error instanceof RemoteProtocolError) {
    return new RemoteProtocolError(`Cannot ${doing}: ${error.message}`, {
      code: error.code,
      cause: error,
    });
  }
  return ioError(error, doing);
}
