/**
 * WebSocket: messages that come back, so many on their way at once; small ones, and large ones.
 *
 * @module
 */

import { denoVersionOf, type Machine } from "./machine.ts";
import { startOwn } from "./origins.ts";
import { denoPeer, nodePeer, type Peer, type Script, startPeer } from "./peers.ts";
import { LineProcess } from "./line_process.ts";
import type { Workload } from "./workload.ts";

/** What a client is told. */
export interface WebSocketTask {
  readonly url: string;
  /** Bytes of a message; text below 1 KiB, binary from there on. */
  readonly bytes: number;
  /** Messages that are on their way at once. */
  readonly window: number;
}

/** A client and the server that it talks to. */
interface Pair {
  readonly client: Peer;
  readonly server: Server;
}

/** Starts a server; the stack ends it. Returns its port. */
type Server = (bytes: number, stack: AsyncDisposableStack) => Promise<number>;

const MB = 1_000_000;

/** Both. */
export function webSocketWorkloads(machine: Machine): Workload[] {
  const pairs = pairsOn(machine);
  const workload = (task: Omit<WebSocketTask, "url">, more: Partial<Workload>): Workload => ({
    name: "",
    title: "",
    unit: "messages/s",
    concurrency: task.window,
    ...more,
    prepare: (stack) =>
      pairs.map(({ client, server }) =>
        startPeer(
          client,
          async () => ({ ...task, url: `ws://127.0.0.1:${await server(task.bytes, stack)}/` }),
          stack,
          task.window,
        )
      ),
  });
  return [
    workload({ bytes: 64, window: 64 }, {
      name: "websocket-64b",
      title: "WebSocket, text of 64 B there and back, 64 at once",
    }),
    workload({ bytes: 2 ** 20, window: 4 }, {
      name: "websocket-1m",
      title: "WebSocket, binary of 1 MiB there and back, 4 at once",
      unit: "MB/s",
      perTask: 2 ** 20 / MB,
      firstCount: 8,
    }),
  ];
}

function pairsOn({ packages }: Machine): Pair[] {
  const ofDeno = ownServer("websocket_deno.ts");
  const ofLasa = ownServer("websocket_lasa.ts");
  const lasa = (name: string, role: Peer["role"]) =>
    denoPeer(name, "peers/websocket_lasa.ts", { role });
  const native = (name: string, more: Script) => denoPeer(name, "peers/websocket_native.ts", more);
  const script = "peers/websocket_ws.mjs";
  const inDeno = `ws ${denoVersionOf("ws")}`;
  const pairs: Pair[] = [
    {
      client: denoPeer("raw sockets, Deno", "peers/websocket_raw.ts", { role: "limit" }),
      server: ownServer("websocket_raw.ts"),
    },
    { client: lasa("lasa ↔ lasa", "lasa"), server: ofLasa },
    { client: lasa("lasa ↔ Deno.serve", "half"), server: ofDeno },
    { client: native("native ↔ lasa", { role: "half" }), server: ofLasa },
    { client: native("native ↔ Deno.serve", { kind: "native" }), server: ofDeno },
    {
      client: denoPeer(`${inDeno} ↔ ws, Deno`, script, { kind: "ws" }),
      server: ownServer("websocket_ws.mjs"),
    },
  ];
  const ws = packages.get("ws");
  if (ws !== undefined) {
    const inNode = `ws ${ws.version}`;
    const args = [ws.place];
    pairs.push({
      client: nodePeer(`${inNode} ↔ ws, Node`, script, { args, kind: "ws" }),
      async server(_bytes, stack) {
        const server = LineProcess.ofNode("ws server", "origins/websocket_ws.mjs", args);
        return (await stack.use(server).next<{ port: number }>()).port;
      },
    });
  }
  return pairs;
}

function ownServer(script: string): Server {
  return (bytes, stack) => startOwn(script, [String(bytes)], stack);
}
