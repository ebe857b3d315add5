/**
 * What every server serves: the same files, and the same few places that need configuring.
 *
 * | place                            | what is there                                  |
 * | -------------------------------- | ---------------------------------------------- |
 * | `/small.txt`, `/large.bin`, `/lines.txt`, `/n/0.txt` … | files                    |
 * | `/dir/`                          | an index; `/dir` leads there                   |
 * | `/moved`                         | 302 to `/small.txt`                            |
 * | `/chunked/lines.txt`             | the file in chunks                             |
 * | `/gzip/lines.txt`                | the file, compressed on the way                |
 * | `/headers`                       | {@linkcode LARGE_HEADERS}                      |
 * | `/echo`                          | what was posted, where the server can          |
 *
 * @module
 */

import { Random } from "../../support/random.ts";

/** How many numbered files there are. */
export const NUMBERED = 100;

/** What `/small.txt` holds. */
export const SMALL = "a small file\n";

/** What `/dir/` holds. */
export const INDEX = "<p>an index</p>\n";

const random = new Random(1);

/** What `/large.bin` holds: 1 MiB. */
export const LARGE: Uint8Array<ArrayBuffer> = Uint8Array.from(
  { length: 1024 * 1024 },
  () => random.below(256),
);

/** What `/lines.txt` holds: more than any server keeps together to tell its length. */
export const LINES: string = Array.from(
  { length: 4_000 },
  (_, n) => `${n} ${random.text("abcdef ", 40)}\n`,
).join("");

/** Fields of 60 KB together, near what the client takes of a head, each near what nginx takes of a word. */
export const LARGE_HEADERS: readonly (readonly [name: string, value: string])[] = Array.from(
  { length: 15 },
  (_, n) => [`X-Large-${n}`, random.text("abcdefghijklmnopqrstuvwxyz", 4_000)],
);

/** What a numbered file holds: sizes differ, so that a body of one is none of another. */
export function numbered(n: number): string {
  return `file ${n}: ${"x".repeat(n * 17)}\n`;
}

/** Writes the files into a new folder. */
export async function writeSite(root: string): Promise<void> {
  await Deno.mkdir(`${root}/n`, { recursive: true });
  await Deno.mkdir(`${root}/dir`);
  await Deno.writeTextFile(`${root}/small.txt`, SMALL);
  await Deno.writeTextFile(`${root}/lines.txt`, LINES);
  await Deno.writeTextFile(`${root}/dir/index.html`, INDEX);
  await Deno.writeFile(`${root}/large.bin`, LARGE);
  for (let n = 0; n < NUMBERED; n++) await Deno.writeTextFile(`${root}/n/${n}.txt`, numbered(n));
}
