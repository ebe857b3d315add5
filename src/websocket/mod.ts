/**
 * WebSocket: frames at hand when wanted, messages when not.
 *
 * @example Echo
 * ```ts
 * import { Client, serve } from "@lasa/lasa/websocket";
 *
 * await using server = serve("127.0.0.1:0", async (session) => {
 *   for await (const { data } of session) await session.sendText(`you said ${data}`);
 * });
 * await using client = new Client();
 * await client.connect(`ws://127.0.0.1:${server.address.port}/`);
 * await client.sendText("hello");
 * console.log(await client.receive()); // { type: "text", data: "you said hello" }
 * ```
 *
 * @module
 */

export type { Message } from "./assembler.ts";
export { Client, type ClientOptions, type ConnectOptions } from "./client.ts";
export type { SessionOptions } from "./options.ts";
export type { Pieces } from "./pieces.ts";
export { reconnecting, type ReconnectOptions } from "./reconnect.ts";
export { serve } from "./serve.ts";
export { Server } from "./server.ts";
export type {
  Admission,
  ServerOptions,
  ServerTls,
  UpgradeOptions,
  UpgradeRequest,
  Verdict,
} from "./server_options.ts";
export { ServerSession } from "./server_session.ts";
export { Session } from "./session.ts";
export { type BinaryLike, SessionSender, type TextLike } from "./session_sender.ts";
export { upgrade } from "./upgrade.ts";
export { WebSocket, type WebSocketData, type WebSocketOptions } from "./web_socket.ts";
