/**
 * What there is on this machine to measure with.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import { findNode, type NodePackage } from "./node_packages.ts";
import { versionOf } from "./version.ts";

/** The programs that take part beside Deno. */
export interface Machine {
  /** Whether Node takes part. */
  readonly hasNode: boolean;
  readonly hasNginx: boolean;
  readonly hasWrk: boolean;
  readonly hasOpenssl: boolean;
  /** The packages that Node loads. */
  readonly packages: ReadonlyMap<string, NodePackage>;
  readonly versions: Readonly<Record<string, string>>;
  /** What is left out here, and why. */
  readonly notes: readonly string[];
}

/** The version that `deno.json` has of an npm package. */
export function denoVersionOf(
  name: "effect" | "effection" | "got" | "ky" | "undici" | "ws",
): string {
  return config.imports[name].replace(`npm:${name}@`, "");
}

/** Looks around. */
export async function machineHere(withNode: boolean): Promise<Machine> {
  const notes: string[] = [];
  const versions: Record<string, string> = { deno: Deno.version.deno, lasa: config.version };
  const names = ["effect", "effection", "got", "ky", "undici", "ws"] as const;
  for (const name of names) versions[name] = denoVersionOf(name);
  const found = withNode
    ? await findNode([
      ["undici", denoVersionOf("undici"), "7"],
      ["got", denoVersionOf("got"), "14"],
      ["ws", denoVersionOf("ws")],
    ])
    : "it was not wanted";
  const node = typeof found === "string" ? null : found;
  if (typeof found === "string") {
    notes.push(`Without Node: ${found}.`);
  } else {
    versions.node = found.version;
    for (const { name, version } of found.packages.values()) versions[`${name} (Node)`] = version;
    notes.push(...found.notes);
  }
  const programs = { nginx: "-v", wrk: "-v", openssl: "version" };
  const has: Record<string, boolean> = {};
  for (const [program, flag] of Object.entries(programs)) {
    const version = await versionOf(program, flag);
    has[program] = version !== null;
    if (version === null) notes.push(`Without ${program}: it is not installed here.`);
    else versions[program] = version;
  }
  return {
    hasNode: node !== null,
    hasNginx: has.nginx,
    hasWrk: has.wrk,
    hasOpenssl: has.openssl,
    packages: node?.packages ?? new Map(),
    versions,
    notes,
  };
}
