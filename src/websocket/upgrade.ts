/**
 * The server's part of the opening handshake, over a stream: the request is read and judged, and the
 * answer sent.
 *
 * @module
 */

import { ClosedError, type LasaError, LimitError, LocalProtocolError } from "../errors.ts";
import {
  agreeingHead,
  judgeRequest,
  type Refusal,
  refusingAnswer,
} from "../protocol/websocket/handshake.ts";
import { type RequestHead, RequestHeadReader } from "../protocol/websocket/request_head.ts";
import { type Address, type ByteStream, writeAll } from "../socket/stream.ts";
import type { TcpSocket } from "../socket/tcp.ts";
import { log } from "../log.ts";
import { possible } from "./deflate_codec.ts";
import { establish } from "./establish.ts";
import { checkOptions, deflateOptions } from "./options.ts";
import type { Admission, UpgradeOptions, UpgradeRequest, Verdict } from "./server_options.ts";
import { ServerSession } from "./server_session.ts";

const encoder = new TextEncoder();

// As much as a session keeps to read into: a larger room leaves holes that sessions do not fill (4 KiB
// each cost every session 1 KiB of the process). Most requests take one read all the same.
const HANDSHAKE_ROOM_BYTES = 1024;

// Bytes of a refused request that are read before the connection is closed.
const MAX_REFUSED_BYTES = 64 * 1024;

/** Reads the request's head. */
export async function readRequest(
  stream: ByteStream,
  maxHeaderBytes: number | undefined,
): Promise<{ head: RequestHead; rest: Uint8Array<ArrayBuffer> }> {
  const reader = new RequestHeadReader(maxHeaderBytes);
  const room = new Uint8Array(HANDSHAKE_ROOM_BYTES);
  for (let next = reader.next();; next = reader.next()) {
    if (next !== null) return next;
    const count = await stream.read(room);
    if (count === null) throw new ClosedError("Cannot read the request: the client has ended");
    reader.receive(room.subarray(0, count));
  }
}

/** Answers a request, and gives the session where it agrees. @throws {LocalProtocolError} Where it does not. */
export async function answerRequest(
  stream: ByteStream,
  request: Pick<RequestHead, "method" | "target" | "headers">,
  received: Uint8Array<ArrayBuffer>,
  options: UpgradeOptions,
): Promise<ServerSession> {
  const judged = judgeRequest(request, {
    protocols: options.protocols,
    origins: options.origins,
    deflate: await possible(deflateOptions(options.compression)),
  });
  if (!judged.ok) throw await refuse(stream, judged.refusal);
  const asked = new Asked(request, stream.remoteAddress);
  const admission = await admit(asked, options);
  if (admission.refusal !== null) throw await refuse(stream, admission.refusal);
  const { agreement, key } = judged;
  const head = agreeingHead(key, agreement, Object.entries(admission.headers));
  await writeAll(stream, encoder.encode(head));
  const session = new ServerSession(options, asked);
  establish(session, options, {
    stream,
    received,
    agreement,
    role: "server",
    isMasked: options.sendMasked === true,
  });
  return session;
}

/** What asked, as small as it came. */
class Asked implements UpgradeRequest {
  readonly remoteAddress: Address | null;
  readonly #request: Pick<RequestHead, "target" | "headers">;

  constructor(request: Pick<RequestHead, "target" | "headers">, remoteAddress: Address | null) {
    this.#request = request;
    this.remoteAddress = remoteAddress;
  }

  get target(): string {
    return this.#request.target;
  }

  get headers(): Headers {
    return this.#request.headers;
  }
}

/** Asks whether a request is let in: with which fields, or how it is turned away. */
async function admit(
  asked: UpgradeRequest,
  { admit }: UpgradeOptions,
): Promise<{ refusal: Refusal | null; headers: Record<string, string> }> {
  let answer: Admission;
  try {
    answer = await admit?.(asked);
  } catch (error) {
    const told = error instanceof Error ? error.stack ?? String(error) : String(error);
    log("error", "websocket", `admit failed for ${asked.target}: ${told}`);
    answer = { status: 500, reason: "admission failed" };
  }
  const verdict: Verdict = typeof answer === "number" ? { status: answer } : answer ?? {};
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(verdict.headers ?? {})) {
    if (value !== undefined) headers[name] = value;
  }
  const { status, reason = "turned away" } = verdict;
  return { refusal: status === undefined ? null : { status, reason, headers }, headers };
}

/** Turns a request away, and gives the error that says so. */
export async function refuse(stream: ByteStream, refusal: Refusal): Promise<LocalProtocolError> {
  await writeAll(stream, encoder.encode(refusingAnswer(refusal)));
  await stream.closeWrite();
  // To close with bytes unread would reset the connection, and the answer might be lost.
  const room = new Uint8Array(4096);
  for (let drained = 0; drained < MAX_REFUSED_BYTES;) {
    const count = await stream.read(room);
    if (count === null) break;
    drained += count;
  }
  const { status, reason } = refusal;
  return new LocalProtocolError(`Cannot upgrade: ${reason} (answered ${status})`);
}

/** What to answer a head that could not be read. */
export function refusalFor(error: LasaError): Refusal {
  const status = error instanceof LimitError ? 431 : 400;
  return { status, reason: "the request cannot be read", headers: {} };
}

/**
 * Makes a session of a request inside another server: one that has read the request's head, and
 * whose socket stands behind it.
 *
 * @param request What was asked: a `Request`, or its method, target and fields.
 * @param socket The connection; the session's from here on.
 * @param options How to look at the request, and what the session is told.
 * @returns The session.
 * @throws {LocalProtocolError} Where the request is turned away; the answer has left, and the
 *   connection is closed.
 *
 * @example Inside a server of one's own
 * ```ts
 * import { socket, websocket } from "@lasa/lasa";
 *
 * await using listener = socket.tcp();
 * listener.bind("127.0.0.1", 0);
 * const client = new websocket.Client();
 * const connected = client.connect(`ws://127.0.0.1:${listener.localAddress!.port}/chat`);
 *
 * const tcp = await listener.accept();
 * const [method, target] = (await tcp.receive()).split(" ");
 * const headers = new Headers();
 * for (let line = await tcp.receive(); line !== ""; line = await tcp.receive()) {
 *   const colon = line.indexOf(":");
 *   headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
 * }
 * const session = await websocket.upgrade({ method, target, headers }, tcp);
 * await connected;
 * await session.sendText("hello");
 * console.log((await client.receive())?.data); // "hello"
 * await Promise.all([client.close(), session.close()]);
 * ```
 */
export async function upgrade(
  request: Request | { method: string; target: string; headers: Headers },
  socket: TcpSocket,
  options: UpgradeOptions = {},
): Promise<ServerSession> {
  checkOptions(options);
  const { stream, received } = socket.detach();
  const target = "target" in request ? request.target : pathOf(request.url);
  const { method, headers } = request;
  try {
    return await answerRequest(stream, { method, target, headers }, received, options);
  } catch (error) {
    stream.close();
    throw error;
  }
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}
