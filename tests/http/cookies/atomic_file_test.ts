import { assert, assertEquals, assertRejects } from "@std/assert";
import { CookieJar } from "../../../src/http/cookies/jar.ts";
import { Random } from "../../support/random.ts";
import { pathOf, root } from "../../support/sources.ts";

// No process ends on SIGKILL elsewhere, and modes are Unix's.
const ignore = Deno.build.os === "windows";
const KILLS = 200;
const LANES = 4;
const ROOMY = { maxCookiesPerDomain: 1_000 };

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lasa-cookies-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function jarOf(count: number): CookieJar {
  const jar = new CookieJar({ maxCookiesPerDomain: 1_000 });
  for (let n = 0; n < count; n++) {
    jar.set(`n${n}=${"x".repeat(200)}; Max-Age=36000`, "https://example.org/");
  }
  return jar;
}

/** A process that saves a small jar and a large one in turn, until it is killed. */
function startSaver(paths: readonly string[]): Deno.ChildProcess {
  const jar = new URL("src/http/cookies/jar.ts", root).href;
  const program = `
    import { CookieJar } from ${JSON.stringify(jar)};
    ${jarOf.toString()}
    const [small, large] = [jarOf(3), jarOf(900)];
    const paths = ${JSON.stringify(paths)};
    console.log("ready");
    for (;;) {
      for (const jar of [small, large]) {
        for (const path of paths) await jar.save(path);
      }
    }
  `;
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["eval", "--quiet", "--no-check", "--ext=js"],
      `--import-map=${pathOf(new URL("tools/npm_imports.json", root))}`,
      program,
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
}

/** Starts a saver, and kills it some milliseconds after it began to save. */
async function killWhileSaving(paths: readonly string[], afterMs: number): Promise<void> {
  const child = startSaver(paths);
  const reader = child.stdout.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill("SIGKILL");
  assertEquals((await child.status).signal, "SIGKILL");
  await reader.cancel();
}

async function assertWhole(path: string): Promise<void> {
  const size = (await CookieJar.load(path, ROOMY)).size;
  assert(size === 3 || size === 900, `the file holds ${size} cookies`);
}

Deno.test({
  name: `${KILLS} times killed while it is written, a cookie file is whole`,
  ignore,
  async fn() {
    await withFolder(async (folder) => {
      const random = new Random(200);
      await Promise.all(Array.from({ length: LANES }, async (_, lane) => {
        const paths = [`${folder}/${lane}.json`, `${folder}/${lane}.txt`];
        for (const path of paths) await jarOf(3).save(path);
        for (let n = 0; n < KILLS / LANES; n++) {
          await killWhileSaving(paths, random.below(20));
          for (const path of paths) await assertWhole(path);
        }
      }));
      // What was being written lies beside, and says so.
      for (const { name } of Deno.readDirSync(folder)) {
        assert(/^\d\.(json|txt)(\.[0-9a-f-]{36}\.tmp)?$/.test(name), name);
      }
    });
  },
});

Deno.test({
  name: "two processes that save to one file at once leave one of their jars, whole",
  ignore,
  async fn() {
    await withFolder(async (folder) => {
      const path = `${folder}/jar.json`;
      await jarOf(3).save(path);
      const savers = [killWhileSaving([path], 300), killWhileSaving([path], 300)];
      const ended = Promise.all(savers).then(() => true);
      while (!await Promise.race([ended, assertWhole(path)]));
      await assertWhole(path);
    });
  },
});

Deno.test("of several saves at once the one asked for last is what stays", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/jar.json`;
    const jar = jarOf(900);
    const first = jar.save(path);
    jar.clear();
    jar.set("last=1", "https://example.org/");
    const second = jar.save(path);
    jar.clear();
    await Promise.all([first, second]);
    assertEquals((await CookieJar.load(path)).all().map(({ name }) => name), ["last"]);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["jar.json"]);
  });
});

Deno.test({
  name: "a cookie file is its owner's alone, and a link to it stays a link",
  ignore,
  async fn() {
    await withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/real.json`, "", { mode: 0o644 });
      await Deno.symlink(`${folder}/real.json`, `${folder}/link.json`);
      await jarOf(3).save(`${folder}/link.json`);
      assert((await Deno.lstat(`${folder}/link.json`)).isSymlink);
      const { mode } = await Deno.lstat(`${folder}/real.json`);
      assertEquals(mode! & 0o777, 0o600);
      assertEquals((await CookieJar.load(`${folder}/real.json`)).size, 3);
    });
  },
});

Deno.test("a save that fails leaves the old file, and nothing beside it", async () => {
  await withFolder(async (folder) => {
    // A folder in the file's place cannot be replaced by a file.
    await Deno.mkdir(`${folder}/jar.json/full`, { recursive: true });
    await assertRejects(() => jarOf(3).save(`${folder}/jar.json`));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["jar.json"]);
    await jarOf(3).save(`${folder}/other.json`);
  });
});

Deno.test("what a killed process left is taken away once it is old", async () => {
  await withFolder(async (folder) => {
    const [old, fresh, other] = [
      `jar.json.${crypto.randomUUID()}.tmp`,
      `jar.json.${crypto.randomUUID()}.tmp`,
      "jar.json.notes.tmp",
    ];
    for (const name of [old, fresh, other]) await Deno.writeTextFile(`${folder}/${name}`, "");
    const past = Date.now() / 1_000 - 3_600;
    for (const name of [old, other]) await Deno.utime(`${folder}/${name}`, past, past);
    await jarOf(3).save(`${folder}/jar.json`);
    assertEquals(
      [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
      ["jar.json", fresh, other].sort(),
    );
  });
});
