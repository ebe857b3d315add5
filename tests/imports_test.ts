import { assert, assertEquals } from "@std/assert";
import { pathOf, readSource, root, sourcesIn } from "./support/sources.ts";

type Imports = Record<string, string>;

const config: { imports: Imports } = JSON.parse(readSource("deno.json"));
const npmMap: { imports: Imports } = JSON.parse(readSource("tools/npm_imports.json"));

/** What a file imports from @std, its documentation's examples included. */
function stdSpecifiersIn(source: string): string[] {
  const quoted = /(?:from|import|import\()\s*"(@std\/[^"]+)"/g;
  return Array.from(source.matchAll(quoted), (match) => match[1]);
}

/** The map's entries as they would stand in deno.json, one folder up. */
function asSeenFromRoot(imports: Imports): Imports {
  return Object.fromEntries(
    Object.entries(imports)
      .filter(([name]) => !name.startsWith("@std/"))
      .map(([name, target]) => [name, target.replace(/^\.\.\//, "./")]),
  );
}

Deno.test("every @std module that the project imports is in the map for machines without JSR", () => {
  const files = ["src", "tests", "examples", "tools"].flatMap(sourcesIn);
  const used = new Set(files.flatMap((file) => stdSpecifiersIn(readSource(file))));
  assert(used.size > 0);
  const missing = [...used].filter((name) => npmMap.imports[name] === undefined);
  assertEquals(missing, []);
});

Deno.test("every @std module that the project imports comes from a package that deno.json names", () => {
  const packages = Object.keys(npmMap.imports)
    .filter((name) => name.startsWith("@std/"))
    .map((name) => name.split("/").slice(0, 2).join("/"));
  for (const name of packages) {
    assert(config.imports[name]?.startsWith(`jsr:${name}@^`), `${name} is not in deno.json`);
  }
});

Deno.test("deno.json and the map agree on every name that is not @std's", () => {
  const own = Object.entries(config.imports).filter(([name]) => !name.startsWith("@std/"));
  assertEquals(asSeenFromRoot(npmMap.imports), Object.fromEntries(own));
});

Deno.test("the map's @std entries are files that are there", async () => {
  for (const [name, target] of Object.entries(npmMap.imports)) {
    if (!name.startsWith("@std/")) continue;
    const info = await Deno.stat(new URL(target, new URL("tools/", root)));
    assert(info.isFile, name);
  }
});

Deno.test("tools/imports.ts prints nothing or one flag with an absolute path, wherever it is called", async () => {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", pathOf(new URL("tools/imports.ts", root))],
    cwd: Deno.build.os === "windows" ? undefined : "/",
    stderr: "null",
  }).output();
  assert(success);
  const said = new TextDecoder().decode(stdout);
  const map = pathOf(new URL("tools/npm_imports.json", root));
  assert(said === "" || said === `--import-map=${map}\n`, said);
});

Deno.test("@std imports are found in code, in dynamic imports and in examples", () => {
  // Put together here, so that the first test does not take them for imports of this file.
  const std = "@std";
  const source = [
    `import { a } from "${std}/one/two";`,
    ` * import { b } from "${std}/three";`,
    `await import("${std}/four");`,
    `import "${std}/five";`,
    `const text = "${std}/six";`,
  ].join("\n");
  assertEquals(stdSpecifiersIn(source), ["@std/one/two", "@std/three", "@std/four", "@std/five"]);
});
