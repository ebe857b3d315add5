/**
 * The sans-I/O cores, HTTP/1.1 and WebSocket: bytes in, events out, with no socket, no clock and no promise.
 *
 * @example Read a response from bytes
 * ```ts
 * import { ResponseReader } from "@lasa/lasa/protocol";
 *
 * const reader = new ResponseReader();
 * reader.expect("GET");
 * reader.receive(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"));
 * for (let event = reader.nextEvent(); event !== null; event = reader.nextEvent()) {
 *   console.log(event.type); // "response", "data", "end"
 * }
 * ```
 *
 * @module
 */

export type { RequestEvent, ResponseEvent } from "./http1/events.ts";
export { type Framing, type FramingInput, responseFraming } from "./http1/framing.ts";
export { type Field, ReceivedFields, SentFields } from "./http1/headers.ts";
export type { ReaderLimits } from "./http1/limits.ts";
export { RequestWriter } from "./http1/request_writer.ts";
export { ResponseHead } from "./http1/response_head.ts";
export { ResponseReader } from "./http1/response_reader.ts";
export { Connection as WebSocketConnection } from "./websocket/connection.ts";
export type { ConnectionOptions as WebSocketConnectionOptions } from "./websocket/connection.ts";
export {
  type DeflateCodec,
  type DeflateFlow,
  type DeflateOptions,
  type DeflateTerms,
  PerMessageDeflate,
} from "./websocket/deflate.ts";
export type { Frame, FrameType } from "./websocket/frame.ts";
export {
  acceptKey,
  agreeingHead,
  type Agreement,
  checkAnswer,
  type ClientHandshake,
  handshakeFields,
  judgeRequest,
  type Refusal,
  refusingAnswer,
  type ServerHandshake,
} from "./websocket/handshake.ts";
export { type RequestHead, RequestHeadReader } from "./websocket/request_head.ts";
export type { AsciiDecoder } from "./websocket/text.ts";
