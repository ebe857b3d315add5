/**
 * Node with an undici of its own, for the peers that run there.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { versionOf } from "./version.ts";

/** Where Node and its undici are. */
export interface NodeUndici {
  readonly node: string;
  readonly undici: string;
  /** The URL that a program in Node imports. */
  readonly place: string;
}

/** What a new undici that this Node is too old for is exchanged with. */
const FALLBACK = "7";

/**
 * Finds an undici that Node can load: the version that Deno has, or else the newest of the major
 * version before it. npm installs it once, into the user's cache folder.
 *
 * @param wanted The version that Deno has.
 * @returns Where it is, or why there is none.
 */
export async function findNodeUndici(wanted: string): Promise<NodeUndici | string> {
  const node = await versionOf("node");
  if (node === null) return "node is not on the PATH";
  if (await versionOf(npm) === null) return "npm is not on the PATH";
  for (const version of [wanted, FALLBACK]) {
    const folder = `${cacheFolder()}/undici@${version}`;
    if (await installed(folder) === null) await install(folder, version);
    const undici = await installed(folder);
    if (undici === null) return `npm does not get undici@${version}`;
    const place = pathToFileURL(`${folder}/node_modules/undici/index.js`).href;
    if (await loads(place)) return { node, undici, place };
  }
  return `Node ${node} loads neither undici ${wanted} nor ${FALLBACK}`;
}

const npm = Deno.build.os === "windows" ? "npm.cmd" : "npm";

// The user's own, not the machine's temporary folder, where another user could lay something.
function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? Deno.cwd();
  const caches = Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`;
  return `${caches.replaceAll("\\", "/")}/lasa-bench`;
}

async function install(folder: string, version: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
  await new Deno.Command(npm, {
    args: ["install", "--prefix", folder, ...quiet, `undici@${version}`],
    cwd: folder,
    stdin: "null",
  }).output();
}

/** The version that a folder holds; `null` for none. */
async function installed(folder: string): Promise<string | null> {
  try {
    const text = await Deno.readTextFile(`${folder}/node_modules/undici/package.json`);
    return JSON.parse(text).version;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function loads(place: string): Promise<boolean> {
  const { success } = await new Deno.Command("node", {
    args: ["--input-type=module", "--eval", `await import(${JSON.stringify(place)})`],
  }).output();
  return success;
}
