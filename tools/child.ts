/**
 * Other programs of this project, run in processes of their own.
 *
 * @module
 */

/** The import map for machines where JSR does not answer. */
const npmMap = new URL("./npm_imports.json", import.meta.url);

/**
 * The flags with which this process finds its packages, for a child to find them too: a process
 * cannot read its own flags, but it can see where its imports lead.
 */
export function ownImportFlags(): string[] {
  const usesMap = import.meta.resolve("@std/async/pool").startsWith("file:");
  return usesMap ? [`--import-map=${pathOf(npmMap)}`] : [];
}

/**
 * Starts a script in a Deno of its own.
 *
 * @param script The script's URL.
 * @param args What it is called with.
 * @param options Its streams and the like.
 */
export function spawnDeno(
  script: URL,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    ...options,
    args: ["run", "-A", "--quiet", ...ownImportFlags(), pathOf(script), ...args],
  }).spawn();
}

/** A file URL's path on this machine. */
function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}
