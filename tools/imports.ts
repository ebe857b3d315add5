/**
 * Prints the flags that a `deno` command needs on this machine: none where JSR answers, else
 * `--import-map=…/npm_imports.json`, which finds the same packages on npm.
 *
 * ```sh
 * deno test -A $(deno run -A tools/imports.ts) tests
 * ```
 *
 * Nothing here knows what JSR's address is. A second Deno imports the packages by the names that
 * `deno.json` gives them, so a mirror, a linked package or a warm cache without a network all count
 * as an answer, and what it would say on the terminal while it tries is not heard.
 *
 * @module
 */

/** The map for machines where JSR does not answer. */
const npmMap = new URL("./npm_imports.json", import.meta.url);

// A registry that is there answers its first question well within this.
const FIRST_ANSWER_MS = 1_500;

// A slow line with a cold cache may take this long for all of them; npm would not be faster.
const ALL_ANSWERS_MS = 15_000;

/** What the probe runs: a dot as soon as one package is there, `all` when every one is. */
function probeCode(specifiers: readonly string[]): string {
  return `
    const says = (text) => Deno.stdout.writeSync(new TextEncoder().encode(text));
    const asked = ${JSON.stringify(specifiers)}.map((name) => import(name).then(() => says(".")));
    await Promise.all(asked).then(() => says("all"), () => Deno.exit(1));
  `;
}

/**
 * Asks whether the packages that `deno.json` takes from JSR can be imported on this machine.
 *
 * All of the modules in use are asked for, not one of them: a linked or cached package answers for
 * itself alone, and a command that finds four of five would stop at the fifth.
 */
export async function jsrAnswers(specifiers: readonly string[]): Promise<boolean> {
  const probe = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-check", probeCode(specifiers)],
    cwd: new URL("..", import.meta.url),
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const giveUp = () => {
    try {
      probe.kill("SIGKILL");
    } catch {
      // It has ended by itself meanwhile.
    }
  };
  let timer = setTimeout(giveUp, FIRST_ANSWER_MS);
  let said = "";
  for await (const text of probe.stdout.pipeThrough(new TextDecoderStream())) {
    if (said === "") {
      clearTimeout(timer);
      timer = setTimeout(giveUp, ALL_ANSWERS_MS);
    }
    said += text;
  }
  await probe.status;
  clearTimeout(timer);
  return said.endsWith("all");
}

/** The flags for `deno run`, `test`, `check` and the like: an import map, or nothing. */
export async function importFlags(): Promise<string[]> {
  const { imports } = JSON.parse(await Deno.readTextFile(npmMap));
  const fromJsr = Object.keys(imports).filter((name) => name.startsWith("@std/"));
  return await jsrAnswers(fromJsr) ? [] : [`--import-map=${fromFileUrl(npmMap)}`];
}

/** A file URL's path. `@std/path` would do it too, but this runs before it is known where that is. */
function fromFileUrl(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1) : path;
}

if (import.meta.main) {
  const flags = await importFlags();
  if (flags.length > 0) console.log(flags.join("\n"));
}
