/**
 * `deno task example NAME` runs one of the examples; without a name it lists them.
 *
 * @module
 */

const folder = new URL("../examples/", import.meta.url);

/** The examples' names, sorted. */
export function exampleNames(): string[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name }) => name.endsWith(".ts"))
    .map(({ name }) => name.slice(0, -".ts".length))
    .sort();
}

/** What an example is about: the first sentence of its first comment. */
function aboutOf(name: string): string {
  const source = Deno.readTextFileSync(new URL(`${name}.ts`, folder));
  return /^\/\*\*\s*\* ([^\n]*)/.exec(source)?.[1] ?? "";
}

/** Runs an example by its name, or says which there are; gives the exit code. */
async function main([given]: readonly string[]): Promise<number> {
  const names = exampleNames();
  const name = given?.replace(/^.*\/|\.ts$/g, "");
  if (name !== undefined && names.includes(name)) {
    await import(new URL(`${name}.ts`, folder).href);
    return 0;
  }
  if (given !== undefined) console.log(`There is no example ${JSON.stringify(given)}.\n`);
  console.log("deno task example NAME, where NAME is one of:\n");
  for (const each of names) console.log(`  ${each.padEnd(18)}${aboutOf(each)}`);
  return given === undefined ? 0 : 2;
}

if (import.meta.main) {
  const code = await main(Deno.args);
  if (code !== 0) Deno.exit(code);
}
