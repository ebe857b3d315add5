/**
 * A copy of what gets published, for the commands that know no `--import-map`.
 *
 * @module
 */

type Imports = Record<string, string>;

/**
 * Copies the files that `publish.include` names into a new temporary folder, with the map for
 * machines without JSR written into its deno.json.
 *
 * The stand-ins for @std go along, and are counted in: a package may not import a file of its own
 * that it leaves out. Nothing else differs from what is published.
 *
 * @param root The project's folder.
 * @returns The folder, for the caller to remove.
 */
export async function publishableCopy(root: URL): Promise<string> {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const npmMap = JSON.parse(await Deno.readTextFile(new URL("tools/npm_imports.json", root)));
  const folder = await Deno.makeTempDir({ prefix: "lasa_publish_" });
  const include: string[] = [...config.publish.include, "tools/std"];
  for (const path of include) await copy(new URL(path, root), `${folder}/${path}`);
  config.imports = rebase(npmMap.imports);
  config.publish.include = include;
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config, null, 2));
  return folder;
}

/** Entries relative to tools/, relative to the folder above. */
function rebase(imports: Imports): Imports {
  return Object.fromEntries(
    Object.entries(imports).map(([name, target]) => [
      name,
      target.replace(/^\.\.?\//, (start) => start === "./" ? "./tools/" : "./"),
    ]),
  );
}

async function copy(from: URL, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) {
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(from, to);
    return;
  }
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    await copy(new URL(`${from.href.replace(/\/$/, "")}/${entry.name}`), `${to}/${entry.name}`);
  }
}
