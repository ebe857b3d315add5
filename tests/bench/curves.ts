/**
 * Connections, requests that wait, and threads: up to ten thousand, a hundred thousand and a million.
 *
 * @module
 */

import type { Curve, CurvePeer } from "./curve.ts";
import { denoVersionOf, type Machine } from "./machine.ts";
import { startBatchOrigin, startOwn } from "./origins.ts";
import { denoPeer, nodePeer } from "./peers.ts";

const GC = { flags: ["--v8-flags=--expose-gc"] };

/**
 * All of them.
 *
 * @param machine What there is here.
 * @param cut How many steps to leave out at the upper ends.
 */
export function curves(machine: Machine, cut: number): Curve[] {
  return [connections(machine), queued(machine), threads()].map((curve) => ({
    ...curve,
    scales: curve.scales.slice(0, curve.scales.length - cut),
  }));
}

function connections(machine: Machine): Curve {
  return {
    name: "scale-connections",
    title: "connections that are kept, and requests over all of them at once",
    each: "a connection",
    timed: "a request",
    scales: [10, 100, 1_000, 10_000],
    peers: [
      denoPeer("raw sockets, Deno", "peers/curve_raw.ts", { role: "limit", ...GC }),
      ...clients("connections", machine),
    ],
    async prepare(stack) {
      return { url: `http://127.0.0.1:${await startOwn("gate.ts", [], stack)}` };
    },
  };
}

function queued(machine: Machine): Curve {
  return {
    name: "scale-queued",
    title: "requests that wait in line for 20 connections, 11 deep",
    each: "a waiting request",
    timed: "a request",
    scales: [100, 1_000, 10_000, 100_000],
    peers: clients("queued", machine),
    async prepare(stack) {
      return { url: await startBatchOrigin({ body: new TextEncoder().encode("hello") }, stack) };
    },
  };
}

function clients(what: string, { packages }: Machine): CurvePeer[] {
  const undici = packages.get("undici");
  const script = "peers/curve_undici.mjs";
  const peers = [
    denoPeer("lasa", "peers/curve_lasa.ts", { role: "lasa", args: [what], ...GC }),
    denoPeer(`undici ${denoVersionOf("undici")}, Deno`, script, { args: [what], ...GC }),
  ];
  if (undici !== undefined) {
    const args = [what, undici.place];
    const name = `undici ${undici.version}, Node`;
    peers.push(nodePeer(name, script, { args, flags: ["--expose-gc"] }));
  }
  return peers;
}

function threads(): Curve {
  const script = "peers/curve_threads.ts";
  const peer = (name: string, arg: string, role: CurvePeer["role"] = "peer", most?: number) => ({
    ...denoPeer(name, script, { role, args: [arg], ...GC }),
    most,
  });
  return {
    name: "scale-threads",
    title: "threads that are parked",
    each: "a thread",
    timed: "spawn, park, wake and end",
    scales: [1_000, 10_000, 100_000, 1_000_000],
    peers: [
      peer("lasa", "lasa", "lasa"),
      peer("plain promises", "promises", "limit"),
      peer("bare AsyncLocalStorage", "storage", "limit"),
      peer("effect fibers", "effect"),
      peer("effection tasks", "effection", "peer", 100_000),
    ],
    prepare: () => Promise.resolve({}),
  };
}
