/** What the project's source files are, for the tests that read them. @module */

/** The project's folder. */
export const root = new URL("../../", import.meta.url);

/** Every TypeScript file in a folder of the project, as paths from the root, sorted. */
export function sourcesIn(folder: string): string[] {
  const found: string[] = [];
  let entries: Deno.DirEntry[] = [];
  try {
    entries = [...Deno.readDirSync(new URL(`${folder}/`, root))];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...sourcesIn(path));
    else if (entry.name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

/** Reads a file of the project. */
export function readSource(path: string): string {
  return Deno.readTextFileSync(new URL(path, root));
}

/** A file URL's path on this machine. */
export function pathOf(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}
