/** Both ends of a WebSocket within this process. @module */

import { Client, type ClientOptions } from "../../src/websocket/client.ts";
import { Server } from "../../src/websocket/server.ts";
import type { ServerOptions } from "../../src/websocket/server_options.ts";
import type { ServerSession } from "../../src/websocket/server_session.ts";

/** A client, the session that it talks to, and their server. */
export class WebSocketPair implements AsyncDisposable {
  constructor(
    /** The server. */
    readonly server: Server,
    /** The client. */
    readonly client: Client,
    /** The server's end. */
    readonly session: ServerSession,
  ) {}

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.client.close(), this.session.close()]);
    await this.server.close();
  }
}

/** Connects both ends over loopback TCP. */
export async function webSocketPair(
  clientOptions: ClientOptions = {},
  serverOptions: Partial<ServerOptions> = {},
): Promise<WebSocketPair> {
  const server = new Server({ host: "127.0.0.1:0", ...serverOptions });
  const client = new Client(clientOptions);
  const accepting = server.accept();
  await client.connect(`ws://127.0.0.1:${server.address.port}/`);
  return new WebSocketPair(server, client, await accepting);
}
