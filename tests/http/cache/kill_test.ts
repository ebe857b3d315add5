/** Processes that are killed while they write into a cache folder. @module */

import { assert, assertEquals } from "@std/assert";
import { FileStore } from "../../../src/http/cache/file_store.ts";
import { spawnDeno } from "../../../tools/child.ts";
import { Random } from "../../support/random.ts";

const KILLS = 200;
/** Processes at once: several of them write into one folder. */
const AT_ONCE = 4;

/** Lets a writer finish some entries, then kills it; gives the number of the last one it finished. */
async function writeAndDie(folder: string, seed: number, random: Random): Promise<number> {
  const script = new URL("killed_writer.ts", import.meta.url);
  const child = spawnDeno(script, [folder, `${seed}`], { stdin: "null", stdout: "piped" });
  const none = seed - 1;
  const wanted = 1 + random.below(12);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const numbers = () => text.split("\n").slice(0, -1).map(Number);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
    if (numbers().length < wanted) continue;
    // Somewhere in the middle of the next one.
    for (let turns = random.below(12); turns > 0; turns--) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    break;
  }
  child.kill("SIGKILL");
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += value;
  }
  await child.status;
  return numbers().at(-1) ?? none;
}

/** Reads all that is there; each body must be the one that its head tells of. */
async function readAll(folder: string): Promise<Map<string, number>> {
  const store = new FileStore(folder, 1 << 30, 1 << 28);
  const found = new Map<string, number>();
  for (let n = 0; n < 24; n++) {
    const url = `http://a.test/${n}`;
    const entries = await store.find(url);
    assert(entries.length <= 1);
    for (const entry of entries) {
      const number = entry.head.responseTime;
      assertEquals(entry.head.fields, [["number", `${number}`]]);
      const { bodyLength } = entry.head;
      const opened = await store.open(entry, 0, bodyLength);
      assert(opened !== null);
      let length = 0;
      const check = (piece: Uint8Array) => {
        assert(piece.every((byte) => byte === (number & 255)), `${url} is damaged`);
        length += piece.length;
      };
      if (opened instanceof Uint8Array) check(opened);
      else {for (let next = await opened.read(); next !== null; next = await opened.read()) {
          check(next);
        }}
      assertEquals(length, bodyLength);
      found.set(url, number);
    }
  }
  return found;
}

/** How many files lie in their place, whether they can be read or not. */
async function placedFiles(folder: string): Promise<number> {
  let count = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name === "tmp") continue;
    count += isDirectory ? await placedFiles(`${folder}/${name}`) : 1;
  }
  return count;
}

Deno.test(`${KILLS} processes killed while they write leave nothing that is not whole`, async () => {
  const folder = await Deno.makeTempDir();
  const random = new Random(7);
  try {
    for (let done = 0; done < KILLS; done += AT_ONCE) {
      const seeds = Array.from({ length: AT_ONCE }, (_, n) => 24 * 1000 * (done + n) + 6 * n);
      const lasts = await Promise.all(seeds.map((seed) => writeAndDie(folder, seed, random)));
      const before = await placedFiles(folder);
      const found = await readAll(folder);
      // What is damaged would have been removed by the reading.
      assertEquals([found.size, await placedFiles(folder)], [before, before]);
      for (const [index, last] of lasts.entries()) {
        if (last < seeds[index]) continue;
        // What was finished is there, unless another has put its own in its place.
        assert(found.has(`http://a.test/${last % 24}`), `${last} is missing`);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
