/**
 * Connections, one after the other: over TCP, and with a full handshake of TLS.
 *
 * @module
 */

import { nginxPlan } from "../support/nginx_plan.ts";
import { type Place, ServerProcess } from "../support/server_process.ts";
import { type Identity, makeTestTls } from "../support/tls.ts";
import type { Machine } from "./machine.ts";
import { startOwn, temporaryFile } from "./origins.ts";
import { denoPeer, nodePeer, type Peer, startPeers } from "./peers.ts";
import { opensslTime } from "./rate_programs.ts";
import type { Workload } from "./workload.ts";

/** What a peer is told. */
export interface ConnectTask {
  readonly port: number;
  /** The addresses to call, one after the other. */
  readonly hosts: readonly string[];
  /** The authority to trust, PEM; `null` for no TLS. */
  readonly ca: string | null;
}

/** How many of the origin's addresses are called. */
const HOSTS = Deno.build.os === "linux" ? 32 : 1;

/** Both. */
export function connectWorkloads(machine: Machine): Workload[] {
  return [tcpWorkload(machine), tlsWorkload(machine)];
}

function tcpWorkload(machine: Machine): Workload {
  return {
    name: "connect-tcp",
    title: "open and close connections over TCP, one after the other",
    unit: "connections/s",
    concurrency: 1,
    async prepare(stack) {
      const port = await startOwn("accept.ts", [], stack);
      const hosts = Array.from({ length: HOSTS }, (_, n) => `127.0.0.${n + 1}`);
      const task: ConnectTask = { port, hosts, ca: null };
      const peers = peersOf(machine, "Deno.connect", "node:net");
      return startPeers(peers, task, stack);
    },
  };
}

function tlsWorkload(machine: Machine): Workload {
  const origin = machine.hasNginx ? "nginx" : "Deno.listenTls";
  return {
    name: "connect-tls",
    title: `full handshakes of TLS, one after the other, against ${origin}`,
    unit: "connections/s",
    firstCount: 8,
    concurrency: 1,
    async prepare(stack) {
      const { ca, server } = await makeTestTls();
      const port = machine.hasNginx
        ? await startTlsNginx(server, stack)
        : await startOwnTls(server, stack);
      const task: ConnectTask = { port, hosts: ["127.0.0.1"], ca };
      const peers = peersOf(machine, "Deno.connectTls", "node:tls");
      const contestants = startPeers(peers, task, stack);
      return machine.hasOpenssl ? [opensslTime(port), ...contestants] : contestants;
    },
  };
}

function peersOf({ hasNode }: Machine, ofDeno: string, ofNode: string): Peer[] {
  const script = "peers/connect_node.mjs";
  const peers = [
    denoPeer("lasa", "peers/connect_lasa.ts", { role: "lasa" }),
    denoPeer(ofDeno, "peers/connect_deno.ts"),
    denoPeer(`${ofNode}, Deno`, script, { kind: ofNode }),
  ];
  if (hasNode) peers.push(nodePeer(`${ofNode}, Node`, script, { kind: ofNode }));
  return peers;
}

async function startOwnTls(server: Identity, stack: AsyncDisposableStack): Promise<number> {
  const files = await Promise.all(
    [server.cert, server.key].map((pem) => temporaryFile(new TextEncoder().encode(pem), stack)),
  );
  return await startOwn("accept.ts", files, stack);
}

async function startTlsNginx(server: Identity, stack: AsyncDisposableStack): Promise<number> {
  const http = async ({ folder, ports: [port] }: Place) => {
    await Deno.writeTextFile(`${folder}/cert.pem`, server.cert);
    await Deno.writeTextFile(`${folder}/key.pem`, server.key);
    return `
      server {
        listen 127.0.0.1:${port} ssl;
        ssl_certificate ${folder}/cert.pem;
        ssl_certificate_key ${folder}/key.pem;
        # Every handshake is a full one.
        ssl_session_cache off;
        ssl_session_tickets off;
      }`;
  };
  return stack.use(await ServerProcess.start(nginxPlan({ http }))).port;
}
