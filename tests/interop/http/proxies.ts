/** The proxies, and what each takes away from the server behind it. @module */

import { startMicrosocks } from "../../support/microsocks.ts";
import { startSquid } from "../../support/squid.ts";
import { startTinyproxy } from "../../support/tinyproxy.ts";
import { versionOf } from "../../bench/version.ts";
import { findProgram } from "../../support/server_process.ts";
import type { Lack } from "./peers/peer.ts";

/** Who is let in. */
export const USER = { name: "ann", password: "p-ss.w_rd" };

/** A running proxy. */
export interface RunningProxy extends AsyncDisposable {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
}

/** A kind of proxy. */
export interface ProxyKind {
  /** What it calls itself, which is the program too. */
  readonly name: string;
  /** What makes the program tell its version; microsocks tells none. */
  readonly versionFlag: string | null;
  /** The schemes of its URL. */
  readonly schemes: readonly string[];
  /** What is lost where it forwards requests one by one. */
  readonly lacksForwarded: readonly Lack[];
  /** Starts one, which lets in everybody or one user. */
  start(user?: typeof USER): Promise<RunningProxy>;
}

/** The version on this machine; `null` where the proxy is not here. */
export async function proxyVersion(kind: ProxyKind): Promise<string | null> {
  const program = findProgram(kind.name);
  if (program === null) return null;
  if (kind.versionFlag !== null) return await versionOf(program, kind.versionFlag);
  try {
    const args = ["-W", "-f", "${Version}", kind.name];
    const { stdout } = await new Deno.Command("dpkg-query", { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout) || "of no package";
  } catch {
    return "of no package";
  }
}

/** All of them. */
export const PROXIES: readonly ProxyKind[] = [
  {
    name: "squid",
    versionFlag: "-v",
    schemes: ["http"],
    lacksForwarded: [],
    start: (user) => startSquid({ user }),
  },
  {
    name: "tinyproxy",
    versionFlag: "-v",
    schemes: ["http"],
    // It takes the whole body before it calls the server.
    lacksForwarded: ["kept connections", "100 Continue"],
    start: (user) => startTinyproxy({ user }),
  },
  {
    name: "microsocks",
    versionFlag: null,
    schemes: ["socks5", "socks5h"],
    lacksForwarded: [],
    start: (user) => startMicrosocks({ user }),
  },
];
