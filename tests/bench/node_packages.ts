/**
 * Node with packages of its own, for the peers that run there.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { versionOf } from "./version.ts";

/** A package that Node can load. */
export interface NodePackage {
  readonly name: string;
  readonly version: string;
  /** The URL that a program in Node imports. */
  readonly place: string;
}

/** Node on this machine. */
export interface NodeHere {
  readonly version: string;
  /** The packages that it loads, by their names. */
  readonly packages: ReadonlyMap<string, NodePackage>;
  /** Packages that are left out, and why. */
  readonly notes: readonly string[];
}

/** Versions to try in turn: the one that Deno has, then what older Nodes load. */
export type Wanted = readonly [name: string, ...versions: string[]];

/**
 * Finds Node and the packages that it can load. npm installs them once, into the user's cache folder.
 *
 * @param wanted The packages.
 * @returns What there is, or why there is nothing.
 */
export async function findNode(wanted: readonly Wanted[]): Promise<NodeHere | string> {
  const version = await versionOf("node");
  if (version === null) return "node is not on the PATH";
  if (await versionOf(npm) === null) return "npm is not on the PATH";
  const packages = new Map<string, NodePackage>();
  const notes: string[] = [];
  await Promise.all(wanted.map(async ([name, ...versions]) => {
    const found = await findPackage(name, versions);
    if (found !== null) packages.set(name, found);
    else notes.push(`Without ${name} in Node: ${version} loads none of ${versions.join(", ")}.`);
  }));
  return { version, packages, notes };
}

const npm = Deno.build.os === "windows" ? "npm.cmd" : "npm";

async function findPackage(
  name: string,
  versions: readonly string[],
): Promise<NodePackage | null> {
  for (const wanted of versions) {
    const folder = `${cacheFolder()}/${name}@${wanted}`;
    if (await installed(folder, name) === null) await install(folder, name, wanted);
    const version = await installed(folder, name);
    const place = pathToFileURL(`${folder}/entry.mjs`).href;
    if (version !== null && await loads(place)) return { name, version, place };
  }
  return null;
}

// The user's own, not the machine's temporary folder, where another user could lay something.
function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE") ?? Deno.cwd();
  const caches = Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`;
  return `${caches.replaceAll("\\", "/")}/lasa-bench`;
}

async function install(folder: string, name: string, version: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  // A module beside node_modules, since only such a one finds a package by its name.
  const entry = `export * from "${name}";\nexport { default } from "${name}";\n`;
  await Deno.writeTextFile(`${folder}/entry.mjs`, entry);
  const quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts"];
  await new Deno.Command(npm, {
    args: ["install", "--prefix", folder, ...quiet, `${name}@${version}`],
    cwd: folder,
    stdin: "null",
  }).output();
}

/** The version that a folder holds; `null` for none. */
async function installed(folder: string, name: string): Promise<string | null> {
  try {
    await Deno.stat(`${folder}/entry.mjs`);
    const text = await Deno.readTextFile(`${folder}/node_modules/${name}/package.json`);
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
