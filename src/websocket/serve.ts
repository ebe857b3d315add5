import {
  BrokenError,
  ClosedError,
  KilledError,
  LimitError,
  RemoteProtocolError,
  TimeoutError,
} from "../errors.ts";
import { log } from "../log.ts";
import { runOutside } from "../thread/frame.ts";
import { spawn } from "../thread/thread.ts";
import { Server } from "./server.ts";
import type { ServerOptions } from "./server_options.ts";
import type { ServerSession } from "./server_session.ts";

/**
 * Serves sessions, each in a light thread of its own. When the thread's function is over its session is
 * closed; an error of its own closes it with 1011 and is logged.
 *
 * @param where `"host:port"`, or more to tell.
 * @param handler What to do with a session.
 * @returns The server; closing it ends the sessions.
 *
 * @example Echo
 * ```ts
 * import { websocket } from "@lasa/lasa";
 *
 * await using server = websocket.serve("127.0.0.1:0", async (session) => {
 *   for await (const { type, data } of session) {
 *     if (type === "text") await session.sendText(data);
 *     else await session.sendBinary(data);
 *   }
 * });
 * await using client = new websocket.Client();
 * await client.connect(`ws://127.0.0.1:${server.address.port}/`);
 * await client.sendText("hello");
 * console.log((await client.receive())?.data); // "hello"
 * ```
 */
export function serve(
  where: string | ServerOptions,
  handler: (session: ServerSession) => unknown,
): Server {
  const server = new Server(where);
  runOutside(() => void acceptAll(server, handler));
  return server;
}

async function acceptAll(
  server: Server,
  handler: (session: ServerSession) => unknown,
): Promise<void> {
  for await (const session of server) {
    const thread = spawn(() => run(session, handler));
    thread.name = `WebSocket ${session.request.target}`;
    // Its errors are taken care of, and nobody waits for it.
    thread.leaveToScope();
    thread.whenFinished(() => thread.reap());
  }
}

async function run(
  session: ServerSession,
  handler: (session: ServerSession) => unknown,
): Promise<void> {
  try {
    await handler(session);
    await session.close();
  } catch (error) {
    if (isOfTheConnection(error)) return session.beginClose(1001);
    const told = error instanceof Error ? error.stack ?? String(error) : String(error);
    log("error", "websocket", `the session ${session.request.target} failed: ${told}`);
    await session.close(1011);
  }
}

/** Whether it tells of a peer that has gone, been slow or broken the protocol: no fault of the program's. */
function isOfTheConnection(error: unknown): boolean {
  return error instanceof ClosedError || error instanceof BrokenError ||
    error instanceof RemoteProtocolError || error instanceof LimitError ||
    error instanceof KilledError || error instanceof TimeoutError;
}
