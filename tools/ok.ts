/**
 * Every gate that a change must pass, as `deno task ok`. Ends with `N passed, N failed`, and with
 * exit code 1 where anything failed. `--no-tests` leaves the tests out, for whoever ran them before.
 *
 * @module
 */
import { importFlags } from "./imports.ts";
import { publishableCopy } from "./publishable_copy.ts";

interface Outcome {
  readonly ok: boolean;
  /** What to show behind the gate's name when all is well. */
  readonly remark?: string;
  readonly output: string;
}

interface Gate {
  readonly name: string;
  readonly run: () => Promise<Outcome>;
}

const root = new URL("..", import.meta.url);
const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
const entryPoints = Object.values<string>(config.exports);

async function deno(args: readonly string[], cwd: URL | string = root): Promise<Outcome> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
  });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { ok: success, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Runs tests, and takes out of Deno's own report the counts and what went wrong. */
async function denoTest(args: readonly string[]): Promise<Outcome> {
  const { ok, output } = await deno(["test", "-A", ...args]);
  const remark = /^\w+ \| (\d+ passed.*) \(/m.exec(output)?.[1];
  const errors = /^ ERRORS [^]*^FAILED .*/m.exec(output)?.[0];
  return { ok, remark, output: errors ?? output };
}

/** The folders and files of a list that this checkout has. */
async function present(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const stat = await Deno.stat(new URL(path, root)).catch(() => null);
    if (stat !== null) found.push(path);
  }
  return found;
}

/**
 * `deno doc` and `deno publish` read deno.json alone: where JSR does not answer, they work on a copy
 * whose deno.json holds the map that other commands get as a flag.
 */
async function inPublishableCopy(
  flags: readonly string[],
  run: (folder: URL | string) => Promise<Outcome>,
): Promise<Outcome> {
  if (flags.length === 0) return await run(root);
  const folder = await publishableCopy(root);
  try {
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function gates(flags: readonly string[], withTests: boolean): Gate[] {
  const all: Gate[] = [
    { name: "format", run: () => deno(["fmt", "--check"]) },
    { name: "lint", run: () => deno(["lint"]) },
    {
      name: "types",
      run: async () => {
        const sources = await present(["mod.ts", "src", "tests", "examples", "tools"]);
        return await deno(["check", ...flags, ...sources]);
      },
    },
    {
      name: "docs",
      run: () =>
        inPublishableCopy(flags, (folder) => deno(["doc", "--lint", ...entryPoints], folder)),
    },
    {
      name: "examples in docs",
      run: async () =>
        await denoTest(["--doc", ...flags, ...await present(["mod.ts", "src", "README.md"])]),
    },
    {
      name: "publish",
      run: () =>
        inPublishableCopy(
          flags,
          (folder) => deno(["publish", "--dry-run", "--allow-dirty"], folder),
        ),
    },
  ];
  if (withTests) all.push({ name: "tests", run: () => denoTest([...flags, "tests"]) });
  return all;
}

const flags = await importFlags();
console.log(flags.length === 0 ? "packages from JSR" : "JSR does not answer: packages from npm");
let passed = 0;
let failed = 0;
for (const { name, run } of gates(flags, !Deno.args.includes("--no-tests"))) {
  const start = performance.now();
  // A gate that cannot even start has failed; the others still have their say.
  const { ok, remark, output } = await run().catch((error): Outcome => ({
    ok: false,
    output: String(error),
  }));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${ok ? "ok    " : "FAILED"} ${name.padEnd(18)} ${seconds.padStart(6)} s  ${remark ?? ""}`,
  );
  if (ok) {
    passed++;
  } else {
    failed++;
    console.log(output.trimEnd().replace(/^/gm, "  | "));
  }
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) Deno.exit(1);
