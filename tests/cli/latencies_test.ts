import { assert, assertEquals } from "@std/assert";
import { Latencies } from "../../src/cli/latencies.ts";

function of(...times: number[]): Latencies {
  const latencies = new Latencies();
  for (const ms of times) latencies.add(ms);
  return latencies;
}

function assertNear(told: number | null, exact: number): void {
  assert(told !== null && Math.abs(told / exact - 1) < 0.01, `${told}, not ${exact}`);
}

Deno.test("there are no percentiles of nothing", () => {
  assertEquals(of().percentiles(), { p50: null, p90: null, p99: null, max: null });
});

Deno.test("every percentile of one time is that time", () => {
  for (const ms of [0, 0.0001, 0.5, 7.3, 86_400_000]) {
    assertEquals(of(ms).percentiles(), { p50: ms, p90: ms, p99: ms, max: ms });
  }
});

Deno.test("percentiles by nearest rank are right within a hundredth", () => {
  const times = Array.from({ length: 1000 }, (_, n) => (n + 1) / 10);
  // Neither their order nor what came between may matter.
  const latencies = of(...times.toReversed());
  for (const [share, exact] of [[0.5, 50], [0.9, 90], [0.99, 99], [0.001, 0.1]]) {
    assertNear(latencies.percentile(share), exact);
  }
  assertEquals(latencies.percentile(1), 100);
});

Deno.test("a few slow ones show at the end only", () => {
  const latencies = of(...Array(990).fill(1), ...Array(10).fill(5000));
  assertNear(latencies.percentile(0.5), 1);
  assertNear(latencies.percentile(0.99), 1);
  assertEquals(latencies.percentile(1), 5000);
});
