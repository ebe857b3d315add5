/**
 * Writes into a cache folder until it is killed: bodies of many sizes, each with what it must hold in
 * its URL. Says on a line which it has finished.
 *
 * @module
 */

import { FileStore } from "../../../src/http/cache/file_store.ts";

const [folder, seed] = Deno.args;
const store = new FileStore(folder, 1 << 30, 1 << 28);
const SIZES = [10, 5_000, 70_000, 400_000];

for (let n = Number(seed);; n++) {
  const size = SIZES[n % SIZES.length];
  // Few URLs, so that files are replaced too.
  const url = `http://a.test/${n % 24}`;
  const writer = await store.write(url);
  for (let at = 0; at < size; at += 16_384) {
    await writer.write(new Uint8Array(Math.min(16_384, size - at)).fill(n & 255));
  }
  const head = {
    url,
    status: 200,
    reason: "OK",
    fields: [["number", `${n}`]] as [string, string][],
    vary: [],
    requestTime: n,
    responseTime: n,
    initialAgeMs: 0,
    bodyLength: size,
    part: null,
    isDoubtful: false,
  };
  await writer.commit(head, []);
  await Deno.stdout.write(new TextEncoder().encode(`${n}\n`));
}
