/**
 * Other people's WebSocket ends, as servers and clients that echo, so that ours can talk to them.
 *
 * @module
 */

import { WebSocket as WsClient, WebSocketServer as WsServer } from "ws";

/** A server that sends back every message, until it is stopped. */
export interface EchoServer {
  /** Where it listens. */
  readonly port: number;
  /** Ends it. */
  stop(): Promise<void>;
}

/** What a client heard: its echoes, in the form that it sent them, and how it was closed. */
export interface Heard {
  readonly messages: readonly (string | Uint8Array)[];
  readonly code: number;
  readonly extensions: string;
}

/** Somebody else's implementation. */
export interface Peer {
  readonly name: string;
  /** Whether it is there on this machine. */
  readonly isThere: boolean;
  /** Starts a server that echoes. */
  serve(isCompressing: boolean): Promise<EchoServer>;
  /** Connects, sends the messages, hears as many, and closes with 3000. */
  talk(url: string, messages: readonly (string | Uint8Array)[]): Promise<Heard>;
}

const MOST_BYTES = 4 * 1024 * 1024;

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    : new Uint8Array(data);
}

const deno: Peer = {
  name: "Deno",
  isThere: true,
  serve() {
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    });
    return Promise.resolve({ port: server.addr.port, stop: () => server.shutdown() });
  },
  talk(url, messages) {
    const ws = new WebSocket(url);
    ws.binaryType = "arraybuffer";
    const heard: (string | Uint8Array)[] = [];
    ws.onopen = () => {
      for (const message of messages) ws.send(message as Uint8Array<ArrayBuffer>);
    };
    ws.onmessage = ({ data }) => {
      heard.push(typeof data === "string" ? data : bytesOf(data));
      if (heard.length === messages.length) ws.close(3000);
    };
    return new Promise((resolve) => {
      ws.onclose = ({ code }) => resolve({ messages: heard, code, extensions: ws.extensions });
    });
  },
};

const ws: Peer = {
  name: "ws",
  isThere: true,
  serve(isCompressing) {
    return new Promise((resolve) => {
      const server = new WsServer({
        host: "127.0.0.1",
        port: 0,
        maxPayload: MOST_BYTES,
        perMessageDeflate: isCompressing ? { threshold: 0 } : false,
      }, () => {
        const { port } = server.address() as { port: number };
        const stop = () => new Promise<void>((done) => server.close(() => done()));
        resolve({ port, stop });
      });
      server.on("connection", (client: WsClient) => {
        client.on("message", (data: Uint8Array, isBinary: boolean) => {
          client.send(data, { binary: isBinary });
        });
      });
    });
  },
  talk(url, messages) {
    const client = new WsClient(url, {
      perMessageDeflate: { threshold: 0 },
      maxPayload: MOST_BYTES,
    });
    const heard: (string | Uint8Array)[] = [];
    client.on("open", () => {
      for (const message of messages) client.send(message);
    });
    client.on("message", (data: Uint8Array, isBinary: boolean) => {
      heard.push(isBinary ? bytesOf(data) : new TextDecoder().decode(data));
      if (heard.length === messages.length) client.close(3000);
    });
    return new Promise((resolve) => {
      client.on("close", (code: number) => {
        resolve({ messages: heard, code, extensions: client.extensions });
      });
    });
  },
};

const SCRIPT = decodeURIComponent(new URL("python_peer.py", import.meta.url).pathname);

// Debian's packages belong to its own Python, which may not be the first on the path.
const PYTHON = ["/usr/bin/python3", "python3"].find((name) => {
  try {
    const args = ["-c", "import websockets"];
    return new Deno.Command(name, { args, stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
});

const python: Peer = {
  name: "websockets (Python)",
  isThere: PYTHON !== undefined,
  async serve(isCompressing) {
    const process = new Deno.Command(PYTHON!, {
      args: [SCRIPT, "serve", isCompressing ? "deflate" : "plain"],
      stdout: "piped",
    }).spawn();
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const port = Number((await reader.read()).value);
    return {
      port,
      async stop() {
        process.kill("SIGTERM");
        await reader.cancel();
        await process.status;
      },
    };
  },
  async talk(url, messages) {
    const process = new Deno.Command(PYTHON!, {
      args: [SCRIPT, "talk", url],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const input = messages.map((each) =>
      typeof each === "string" ? { text: each } : { hex: each.toHex() }
    );
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify(input)));
    await writer.close();
    const { stdout } = await process.output();
    const told = JSON.parse(new TextDecoder().decode(stdout)) as {
      messages: { text?: string; hex?: string }[];
      code: number;
      extensions: string;
    };
    return {
      ...told,
      messages: told.messages.map(({ text, hex }) => text ?? Uint8Array.fromHex(hex!)),
    };
  },
};

/** All of them. */
export const peers: readonly Peer[] = [deno, ws, python];
