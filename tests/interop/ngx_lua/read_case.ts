/**
 * Random scripts of reads: what a stream brings, in which pieces, and who reads it how.
 *
 * @module
 */

import type { Random } from "../../support/random.ts";

/** One thing that happens to the stream: a piece of it, a timeout, its end. */
export type Item = { readonly piece: string } | "pause" | "end";

/** One call. */
export interface Step {
  /** How many items are sent before it, where no pause comes first. */
  readonly before: number;
  readonly call: "until" | "any" | "size" | "line" | "all";
  /** Which reader, from 1. */
  readonly reader?: number;
  readonly size?: number;
}

/** One script. */
export interface ReadCase {
  readonly items: readonly Item[];
  readonly readers: readonly { readonly pattern: string; readonly inclusive: boolean }[];
  readonly steps: readonly Step[];
}

const ALPHABETS = ["ab", "ab", "abc", "-ab", "a\r\n", "ab\n"];

/** A script; equal chance gives equal ones. */
export function randomReadCase(random: Random): ReadCase {
  const alphabet = random.of(ALPHABETS);
  const readers = Array.from({ length: random.of([1, 1, 1, 2, 3]) }, () => ({
    pattern: random.text(alphabet, 1 + random.below(7)),
    inclusive: random.below(3) === 0,
  }));
  const stream = randomStream(random, alphabet, readers.map((reader) => reader.pattern));
  return {
    items: randomItems(random, stream),
    readers,
    steps: randomSteps(random, readers.length),
  };
}

/** Patterns, the beginnings of patterns and noise: whatever makes a search go wrong. */
function randomStream(random: Random, alphabet: string, patterns: readonly string[]): string {
  let stream = "";
  for (let parts = random.below(9); parts > 0; parts--) {
    const pattern = random.of(patterns);
    const kind = random.below(3);
    if (kind === 0) stream += random.text(alphabet, random.below(7));
    else if (kind === 1) stream += pattern;
    else stream += pattern.slice(0, random.below(pattern.length));
  }
  // Mostly the last byte belongs to no pattern, so that the end finds none half matched.
  return random.below(4) === 0 ? stream : `${stream}.`;
}

function randomItems(random: Random, stream: string): Item[] {
  const pieces = random.split(stream, random.of([1, 3, 8, 50]));
  const pauseOneIn = random.of([4, 10, 1_000]);
  const items: Item[] = [];
  for (const piece of pieces) {
    if (random.below(pauseOneIn) === 0) items.push("pause");
    items.push({ piece });
  }
  if (random.below(pauseOneIn) === 0) items.push("pause");
  items.push("end");
  return items;
}

function randomSteps(random: Random, readers: number): Step[] {
  const size = random.of([undefined, 1, 2, 3, 4]);
  const othersOneIn = random.of([1, 2, 4, 1_000]);
  const before = random.of([0, 0, 1, 3, 50]);
  const steps: Step[] = [];
  for (let count = 3 + random.below(15); count > 0; count--) {
    if (random.below(othersOneIn) > 0) {
      const reader = 1 + random.below(readers);
      const itsSize = random.below(5) === 0 ? random.of([undefined, 1, 2, 5]) : size;
      steps.push({ before: random.below(before + 1), call: "until", reader, size: itsSize });
    } else {
      steps.push({ before: random.below(before + 1), ...randomOther(random) });
    }
  }
  return steps;
}

function randomOther(random: Random): Omit<Step, "before"> {
  const call = random.of(["size", "size", "size", "any", "any", "line", "until", "all"] as const);
  if (call === "until") return { call, reader: 1 };
  if (call === "size") return { call, size: random.below(6) };
  return call === "any" ? { call, size: 1 + random.below(5) } : { call };
}
