import { assertEquals } from "@std/assert";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatRate,
  formatTimeLeft,
} from "../../src/cli/format.ts";

Deno.test("bytes are told in decimal units, three digits wide", () => {
  const told = [0, 1, 999, 999.4, 1000, 1234, 9_995, 99_950, 999_499, 999_500, 2e9, 3.25e13];
  assertEquals(told.map(formatBytes), [
    "0 B",
    "1 B",
    "999 B",
    "999 B",
    "1.00 kB",
    "1.23 kB",
    "10.0 kB",
    "100 kB",
    "999 kB",
    "1.00 MB",
    "2.00 GB",
    "32.5 TB",
  ]);
});

Deno.test("durations are told in the unit that suits them", () => {
  const told = [0, 0.42, 12.34, 999.4, 999.5, 1534, 59_940, 59_960, 125_000, 3_599_600, 3_720_000];
  assertEquals(told.map(formatDuration), [
    "0.00 ms",
    "0.42 ms",
    "12.3 ms",
    "999 ms",
    "1.00 s",
    "1.53 s",
    "59.9 s",
    "1 min 00 s",
    "2 min 05 s",
    "1 h 00 min",
    "1 h 02 min",
  ]);
});

Deno.test("time that is left is told in whole seconds, never in none", () => {
  assertEquals([0.01, 3.6, 59.4, 59.6, 3_725].map(formatTimeLeft), [
    "1 s",
    "4 s",
    "59 s",
    "1 min 00 s",
    "1 h 02 min",
  ]);
});

Deno.test("counts, rates and nouns", () => {
  assertEquals(formatCount(1234567), "1,234,567");
  assertEquals([0, 0.123, 12.34, 99.6, 12_345.6].map(formatRate), [
    "0.00",
    "0.12",
    "12.3",
    "100",
    "12,346",
  ]);
  assertEquals([0, 1, 1000].map((count) => formatNumberOf(count, "URL")), [
    "0 URLs",
    "1 URL",
    "1,000 URLs",
  ]);
});
