/**
 * The same random scripts on lasa and on what its seed is modelled on: OpenResty's ngx_lua, live, as
 * Debian packages it. Both must say the same, except where lasa differs on purpose; each such
 * difference has a name here, and the tests print how many scripts met it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { setMinLevel } from "../../src/log.ts";
import { withManualClock } from "../support/clock.ts";
import { Random } from "../support/random.ts";
import { Feeder, toHex } from "./ngx_lua/feeder.ts";
import { hasNginxWithLua, LuaNginx, luaOf } from "./ngx_lua/nginx.ts";
import { randomReadCase, type ReadCase } from "./ngx_lua/read_case.ts";
import { runOnLasa } from "./ngx_lua/read_lasa.ts";
import { foretell } from "./ngx_lua/read_model.ts";
import { foretellSpawns, randomSpawns, runSpawnsOnLasa } from "./ngx_lua/spawn_case.ts";
import { randomThreadCase, type ThreadCase } from "./ngx_lua/thread_case.ts";
import { runThreadsOnLasa } from "./ngx_lua/thread_lasa.ts";
import { differencesOf, type ThreadRun } from "./ngx_lua/thread_parting.ts";

/** Declares a test that needs the reference; where it is not, an ignored one says so. */
function testWithReference(name: string, test: (nginx: LuaNginx) => Promise<void>): void {
  if (!hasNginxWithLua()) {
    Deno.test.ignore(
      `${name} (differential test, skipped: nginx with its Lua module is not installed)`,
      () => {},
    );
    return;
  }
  Deno.test(name, async () => {
    const programs: Record<string, string> = {};
    for (const program of ["receive", "threads", "spawns"]) {
      const file = new URL(`ngx_lua/${program}.lua`, import.meta.url);
      programs[`/${program}`] = await Deno.readTextFile(file);
    }
    await using nginx = await LuaNginx.start(programs);
    await test(nginx);
  });
}

/** Counts scripts by the differences that they met. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(names: Iterable<string>): void {
    for (const name of new Set(names)) this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Prints the counts; every difference that has a name must have been met, and no other. */
  close(scripts: string, names: readonly string[]): void {
    console.log(scripts);
    for (const [name, count] of this.#counts) console.log(`  ${count} met: ${name}`);
    assertEquals([...this.#counts.keys()].sort(), [...names].sort());
  }
}

async function readOnReference(
  nginx: LuaNginx,
  feeder: Feeder,
  cases: readonly ReadCase[],
): Promise<string[][]> {
  const scripts = cases.map((script) => ({
    ...script,
    items: script.items.map((item) => typeof item === "object" ? toHex(item.piece) : item),
  }));
  const served = feeder.serve();
  const lines = await nginx.run("/receive", luaOf({ path: feeder.path, cases: scripts }));
  await served;
  const outcomes: string[][] = [[]];
  for (const line of lines) {
    if (line === "end") outcomes.push([]);
    else outcomes.at(-1)!.push(line);
  }
  return outcomes.slice(0, -1);
}

// The reference keeps the bytes that match a pattern's beginning with the iterator that has read
// them. They are lost at the end, and nobody else gets them; if that iterator is called again they
// come out behind bytes that they stood before. On lasa whoever reads next finds them, or the error.
const LOSSES = ["held bytes at the end", "held bytes on switching readers"];

testWithReference("1,500 random scripts of reads give what ngx_lua gives", async (nginx) => {
  await using feeder = await Feeder.start();
  const random = new Random(1);
  const cases = Array.from({ length: 1_500 }, () => randomReadCase(random));
  const theirs = await readOnReference(nginx, feeder, cases);
  const ours: string[][] = [];
  await withManualClock(async (clock) => {
    for (const script of cases) ours.push(await runOnLasa(script, feeder, clock));
  });
  const tally = new Tally();
  for (const [i, script] of cases.entries()) {
    const told = `script ${i}: ${JSON.stringify(script)}`;
    const { outcomes, losses } = foretell(script, true);
    const whole = foretell(script, false).outcomes;
    if (String(outcomes) === String(whole)) {
      assertEquals(ours[i], theirs[i], told);
    } else {
      assertEquals(theirs[i], outcomes, `the reference, ${told}`);
      assertEquals(ours[i], whole, `lasa, ${told}`);
      tally.add(losses);
    }
  }
  const calls = theirs.reduce((sum, outcomes) => sum + outcomes.length, 0);
  tally.close(`${cases.length} scripts of reads, ${calls} calls`, LOSSES);
});

// Beside each name stands what the reference does.
const THREAD_DIFFERENCES = [
  // It has no word for waiting: "running".
  "a thread that waits is suspended, not running",
  // Its zombies stay zombies where their parent fails or is killed.
  "a zombie is reaped however its parent ends",
  // It resumes the parent, wherever that waits now.
  "the end of a thread that nobody waits for any more wakes nobody",
  // It looks at one argument after another, passes over dead ones, and stops at a zombie.
  "wait refuses a thread that is not to be waited on, wherever it stands",
  // Nothing is free until those in line have run.
  "what a post leaves over is free at once",
  // It takes the thread out of the line again.
  "a thread that was woken keeps what it was given, though it is killed before it runs",
];

testWithReference(
  "1,000 random scripts of threads and semaphores run as on ngx_lua",
  async (nginx) => {
    const random = new Random(1);
    const cases = Array.from({ length: 1_000 }, () => randomThreadCase(random));
    const runs: ThreadRun[] = [];
    // Threads fail here whose errors nobody waits for.
    setMinLevel("silent");
    try {
      await withManualClock(async (clock) => {
        for (const script of cases) runs.push(await runThreadsOnLasa(script, clock));
      });
    } finally {
      setMinLevel("verbose");
    }
    const tally = new Tally();
    const left = cases.entries();
    const wrong: string[] = [];
    const compare = async () => {
      for (const [i, script] of left) {
        const run = runs[i];
        const theirs = await nginx.run("/threads", luaOf(upToParting(script, run)));
        const { names, wrongAt } = differencesOf(run, theirs);
        tally.add(names);
        if (wrongAt === null) continue;
        const logs = [run.logs.flat(), theirs].map((log) =>
          log.slice(0, wrongAt + 20).join("\n  ")
        );
        wrong.push(`script ${i} from line ${wrongAt}\nlasa:\n  ${logs[0]}\nngx_lua:\n  ${logs[1]}`);
      }
    };
    await Promise.all(Array.from({ length: 16 }, compare));
    assertEquals(wrong.length, 0, wrong[0]);
    tally.close(`${cases.length} scripts of threads and semaphores`, THREAD_DIFFERENCES);
  },
);

// What it has done wrong would only go on going wrong.
function upToParting(script: ThreadCase, { parting }: ThreadRun): ThreadCase {
  if (parting === null) return script;
  return { ...script, commands: script.commands.slice(0, parting.command + 1) };
}

const QUEUED = "spawn returns to its caller before anything else runs";

testWithReference("300 random trees of spawns run in ngx_lua's order", async (nginx) => {
  const random = new Random(1);
  const cases = Array.from({ length: 300 }, () => randomSpawns(random));
  const tally = new Tally();
  for (const [i, script] of cases.entries()) {
    const told = `script ${i}: ${JSON.stringify(script)}`;
    const ours = await runSpawnsOnLasa(script);
    const theirs = await nginx.run("/spawns", luaOf(script));
    const queued = foretellSpawns(script, true);
    const atOnce = foretellSpawns(script, false);
    if (String(queued) === String(atOnce)) {
      assertEquals(ours, theirs, told);
    } else {
      // The reference puts the caller into a line in which others may stand.
      assertEquals(theirs, queued, `the reference, ${told}`);
      assertEquals(ours, atOnce, `lasa, ${told}`);
      tally.add([QUEUED]);
    }
  }
  tally.close(`${cases.length} trees of spawns`, [QUEUED]);
});
