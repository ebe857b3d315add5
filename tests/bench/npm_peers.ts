/**
 * Packages of npm, which run in Deno and in Node.
 *
 * @module
 */

import { denoVersionOf, type Machine } from "./machine.ts";
import { denoPeer, nodePeer, type Peer } from "./peers.ts";

/** A package's peer in Deno and, where Node loads it, there. */
export function npmPeers(
  name: "undici" | "got" | "ws",
  script: string,
  call: string,
  args: readonly string[],
  packages: Machine["packages"],
): Peer[] {
  const inNode = packages.get(name);
  const inDeno = denoVersionOf(name);
  const peers = [denoPeer(`${name} ${inDeno}${call}, Deno`, script, { args, kind: name })];
  if (inNode !== undefined) {
    const { version, place } = inNode;
    const more = { args: [...args, place], kind: name };
    peers.push(nodePeer(`${name} ${version}${call}, Node`, script, more));
  }
  return peers;
}
