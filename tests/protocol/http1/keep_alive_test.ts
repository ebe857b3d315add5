import { assertEquals } from "@std/assert";
import { parseKeepAlive } from "../../../src/protocol/http1/keep_alive.ts";

const CASES: [value: string, timeoutMs: number, max: number][] = [
  ["timeout=5", 5_000, Infinity],
  ["timeout=5, max=100", 5_000, 100],
  ["max=0,timeout=0", 0, 0],
  ['Timeout="15" ; MAX = 3', 15_000, 3],
  ["timeout=-1, max=1.5", Infinity, Infinity],
  ["xtimeout=5, timeout=5x", Infinity, Infinity],
  ["timeout", Infinity, Infinity],
  ["", Infinity, Infinity],
];

Deno.test("Keep-Alive tells a timeout and a number of requests; what is not well formed says nothing", () => {
  for (const [value, timeoutMs, max] of CASES) {
    assertEquals(parseKeepAlive(value), { timeoutMs, max }, value);
  }
});
