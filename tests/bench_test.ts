/** The bench, as far as it can be wrong without a clock: who takes part, what is told. @module */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { ownImportFlags } from "../tools/child.ts";
import { barsOf, chartOf, machineOf } from "../tools/chart.ts";
import { curveChartOf, decadesOf } from "../tools/curve_chart.ts";
import { chosen, UsageError, wishesOf } from "./bench/command_line.ts";
import { curveTableOf } from "./bench/curve_table.ts";
import type { CurveResult } from "./bench/curve.ts";
import { markdownOf, rounded } from "./bench/markdown.ts";
import { frameOf, framesOf } from "./bench/peers/websocket_frames.ts";
import { curveLinesOf, jsonLinesOf, type Report, reportOf } from "./bench/report.ts";
import { measure } from "./bench/rounds.ts";
import { bestOf, bestPeerOf, limitOf, ratiosOf, spreadOf } from "./bench/statistics.ts";
import { tableOf } from "./bench/table.ts";
import { coded, textBytes } from "./bench/text.ts";
import type { Contestant, Result, Row, Workload } from "./bench/workload.ts";
import { pathOf, root } from "./support/sources.ts";

async function bench(...args: string[]): Promise<string> {
  const main = pathOf(new URL("tests/bench/main.ts", root));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", ...ownImportFlags(), main, ...args],
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout);
  assertEquals(code, 0, said + new TextDecoder().decode(stderr));
  return said;
}

/** A run whose report goes to a file that is gone afterwards. */
async function benchWithReport(...args: string[]): Promise<{ said: string; report: Report }> {
  const out = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const said = await bench(...args, `--out=${out}`);
    return { said, report: JSON.parse(await Deno.readTextFile(out)) };
  } finally {
    await Deno.remove(out);
  }
}

Deno.test("the bench lists and records everybody who takes part", async () => {
  const run = ["batch-8x16", "--rounds=3", "--count=256", "--no-node"];
  const { said, report } = await benchWithReport(...run);
  assertMatch(said, /^batch-8x16: GET/m);
  assertMatch(said, /^Without Node: it was not wanted/m);
  assertMatch(said, /^ {2}lasa is [\d.]+ × the best undici \(undici /m);
  const [{ rows }] = report.results;
  const names = rows.map(({ name }) => name.replace(/ \d+\.\d+\.\d+/, ""));
  const withoutWrk = names.filter((name) => name !== "wrk");
  assertEquals(withoutWrk, [
    "raw sockets, Deno",
    "lasa",
    "fetch, Deno",
    "undici request, Deno",
    "undici dispatch, Deno",
  ]);
  for (const { name, count, rounds } of rows) {
    assertMatch(said, new RegExp(`^  ${name} +[\\d,]+ +\\([\\d,]+ – [\\d,]+\\)`, "m"));
    assertEquals([count, rounds.length], [256, 3], name);
  }
});

Deno.test("every workload and every curve runs for a moment and tells lines that are well formed", async () => {
  const tiny = ["--quick", "--rounds=1", "--round-ms=2", "--no-node", "--json"];
  const { said, report } = await benchWithReport(...tiny, "--only=lasa");
  const listed = (await bench("--list")).trim().split("\n");
  assertEquals(new Set(listed).size, listed.length, "a name stands for two workloads");
  const lines = said.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals([...new Set(lines.map(({ workload }) => workload))], listed);
  for (const line of lines) {
    assertEquals(line.failure, undefined);
    const figure = line.timed === undefined ? line.median : line.microseconds;
    assert(figure > 0 && Number.isFinite(figure), JSON.stringify(line));
    assert(line.unit === undefined ? line.scale > 0 : line.min <= line.max, JSON.stringify(line));
  }
  const kept = [...report.results, ...report.curves].map(({ name }) => name);
  assertEquals(kept, listed);
});

Deno.test("the peers of lines, datagrams, frames and threads do what they are told", async () => {
  const names = ["lines", "udp-window", "websocket-64b", "thread-", "decode-gzip"];
  const tiny = ["--quick", "--rounds=1", "--count=4", "--no-node", "--json"];
  const { said } = await benchWithReport(...names, ...tiny);
  for (const line of said.trim().split("\n")) assert(JSON.parse(line).median > 0, line);
});

Deno.test("a command line is read, and a mistake in it is told", () => {
  assertEquals(wishesOf(["udp", "--rounds", "7", "--only=lasa"]).plan.rounds, 7);
  assertEquals(wishesOf(["--quick"]).plan, { rounds: 3, roundMs: 50, count: null });
  for (const args of [["--rounds", "0"], ["--count=x"], ["--quik"]]) {
    assertThrows(() => wishesOf(args), UsageError);
  }
  const all = [{ name: "udp-send" }, { name: "udp-window" }, { name: "lines" }];
  assertEquals(chosen(all, ["udp"], all).length, 2);
  assertEquals(chosen(all, [], all), all);
  assertThrows(() => chosen(all, ["tcp"], all), UsageError, "Cannot measure tcp");
});

Deno.test("spread of rounds: the middle one, or the mean of the two in the middle", () => {
  assertEquals(spreadOf([30, 10, 20]), { median: 20, min: 10, max: 30 });
  assertEquals(spreadOf([40, 10, 20, 30]), { median: 25, min: 10, max: 40 });
});

const lasa: Row = { name: "lasa", role: "lasa", count: 1, rounds: [300] };
const good: Row = { name: "good", role: "peer", kind: "undici", count: 1, rounds: [100] };
const slow: Row = { name: "slow", role: "peer", count: 1, rounds: [50] };
const wire: Row = { name: "wire", role: "limit", count: 1, rounds: [600] };
const bad: Row = { ...good, name: "bad", rounds: [900], failure: "got status 500" };
const result: Result = {
  name: "w",
  title: "something",
  unit: "things/s",
  rows: [wire, lasa, good, slow, bad],
};

Deno.test("the best is the fastest that did not fail, and a limit is nobody's rival", () => {
  assertEquals(bestPeerOf(result.rows), good);
  assertEquals(bestOf(result.rows, "undici"), good);
  assertEquals(limitOf(result.rows), wire);
  assertEquals([bestPeerOf([lasa, bad]), limitOf([lasa])], [null, null]);
  assertEquals(ratiosOf(result.rows), [
    { to: "wire", ratio: 0.5 },
    { to: "good", ratio: 3 },
    { to: "slow", ratio: 6 },
  ]);
  assertEquals(ratiosOf([good, wire]), []);
});

Deno.test("a contestant that failed has a row that says so, and no ratio", () => {
  const table = tableOf(result);
  assertMatch(table, /^ {2}good +100 +\(100 – 100\) +3\.00 ×$/m);
  assertMatch(table, /^ {2}bad +failed +got status 500$/m);
  assertMatch(table, /^ {2}lasa is 3\.00 × the best undici \(good\)$/m);
  assertMatch(table, /^ {2}lasa is 3\.00 × the best of the others \(good\)$/m);
  assertMatch(table, /^ {2}lasa is 0\.50 × the limit \(wire\)$/m);
});

Deno.test("a table tells memory where it was measured", () => {
  const rows = [{ ...lasa, peakBytes: 64 * 2 ** 20 }, good];
  const table = tableOf({ ...result, rows });
  assertMatch(table, /lasa is +peak MiB$/m);
  assertMatch(table, /^ {2}lasa +300 +\(300 – 300\) +64$/m);
});

Deno.test("a round's figure counts what a task stands for, and a failure ends a contestant's rounds", async () => {
  const asked: number[] = [];
  const steady: Contestant = {
    name: "lasa",
    role: "lasa",
    peakBytes: 7,
    run(count) {
      asked.push(count);
      return Promise.resolve(count * 10);
    },
  };
  const broken: Contestant = {
    name: "broken",
    role: "peer",
    run: () => Promise.reject(new Error("no answer")),
  };
  const workload: Workload = {
    ...{ name: "w", title: "t", unit: "MB/s", perTask: 3, firstCount: 2, concurrency: 2 },
    tellsMemory: true,
    prepare: () => [],
  };
  const plan = { rounds: 2, roundMs: 80, count: null };
  const { signal } = new AbortController();
  const { rows } = await measure(workload, [steady, broken], plan, signal);
  // 10 ms a task: two say too little, eight fill a round.
  assertEquals(asked, [2, 8, 8, 8]);
  assertEquals(rows[0].rounds, [300, 300]);
  assertEquals(rows[0].peakBytes, 7);
  assertEquals(rows[1].failure, "no answer");
});

const curve: CurveResult = {
  name: "scale-things",
  title: "things that lie there",
  each: "a thing",
  timed: "to lay one down",
  rows: [
    {
      name: "lasa",
      role: "lasa",
      points: [
        { scale: 1, heapBytes: -3, residentBytes: null, microseconds: 1 },
        { scale: 10, heapBytes: 1000.4, residentBytes: null, microseconds: 1.234 },
        { scale: 1_000, heapBytes: 900, residentBytes: 5_000, microseconds: 2 },
      ],
    },
    {
      name: "other",
      role: "peer",
      points: [{
        ...{ scale: 10, heapBytes: NaN, residentBytes: null, microseconds: NaN },
        failure: "it ended",
      }],
    },
  ],
};

Deno.test("a curve's table has a column for each step and says what was not seen", () => {
  const table = curveTableOf(curve);
  assertMatch(table, /^ +1 +10 +1,000$/m);
  assertMatch(table, /bytes each, on the heap\n +lasa +– +1,000 +900\n +other +– +failed +–$/m);
  assertMatch(table, /bytes each, of the process\n +lasa +– +– +5,000$/m);
  assertMatch(table, /µs: to lay one down\n +lasa +1\.00 +1\.23 +2\.00$/m);
  assertMatch(table, /^ +other, 10: it ended$/m);
});

Deno.test("lines of JSON hold a row or a step each", () => {
  const rows = jsonLinesOf(result).map((line) => JSON.parse(line));
  assertEquals(rows.map(({ name }) => name), result.rows.map(({ name }) => name));
  const figures = { median: 100, min: 100, max: 100, lasaIs: 3 };
  assertEquals(rows[2], {
    workload: "w",
    unit: "things/s",
    name: "good",
    role: "peer",
    ...figures,
  });
  assertEquals(rows[4].failure, "got status 500");
  const steps = curveLinesOf(curve).map((line) => JSON.parse(line));
  assertEquals(steps.map(({ name, scale }) => [name, scale]), [
    ["lasa", 1],
    ["lasa", 10],
    ["lasa", 1_000],
    ["other", 10],
  ]);
});

function report(): Report {
  const machine = {
    ...{ hasNode: true, hasNginx: true, hasWrk: true, hasOpenssl: true, packages: new Map() },
    versions: { deno: "2.9.6", lasa: "0.1.0", node: "20.1.0" },
    notes: [],
  };
  return reportOf([result], [curve], machine, { rounds: 5, roundMs: 300, count: null });
}

Deno.test("the README's table has a line for each workload, with figures of three digits", () => {
  const lines = markdownOf(report()).split("\n");
  assertEquals(lines.length, 3);
  const cells = lines[2].split("|").map((cell) => cell.trim());
  assertEquals(cells, [
    "",
    "something",
    "3.00",
    "0.50",
    "300",
    "100 (good)",
    "600",
    "things/s",
    "",
  ]);
  assertEquals(new Set(lines.map(({ length }) => length)).size, 1);
  assertEquals([123_456, 9_876.5, 12.34].map(rounded), ["123,000", "9,880", "12"]);
});

Deno.test("the chart has a bar for lasa and one for the best of the others", () => {
  const bars = barsOf(report());
  assertEquals(bars, [{ title: "something", best: "good", ratio: 3 }]);
  const picture = chartOf([...bars, { title: "a < b & c", best: "b", ratio: 40 }], "a machine");
  const widths = Array.from(
    picture.matchAll(/<rect class="(\w+)" x="440" y="\d+" width="(\d+)"/g),
    ([, of, width]) => [of, Number(width)] as const,
  );
  const [[, three], [, one], [, most], [, again]] = widths;
  assertEquals(widths.map(([of]) => of), ["lasa", "peer", "lasa", "peer"]);
  assert(Math.abs(three - 3 * one) <= 2 && one === again);
  assert(440 + most < 900 - 60, "the longest bar leaves room for its number");
  assertMatch(picture, />a &lt; b &amp; c</);
  assertMatch(picture, />40\.00 ×</);
  assertMatch(machineOf(report()), /^Deno 2\.9\.6, Node 20\.1\.0, \w+ \w+, \d+ cores/);
});

Deno.test("the picture of the curves has a line for everybody who was measured, in both panels", () => {
  const picture = curveChartOf([curve, { ...curve, name: "again" }]);
  const lines = Array.from(picture.matchAll(/<polyline class="(\w+)" points="([^"]+)"/g));
  assertEquals(lines.map(([, role]) => role), ["lasa", "lasa", "lasa", "lasa"]);
  for (const [, , points] of lines) assertMatch(points, /^[\d.]+,[\d.]+ [\d.]+,[\d.]+$/);
  assertEquals(decadesOf([0.5, 20]), [-1, 0, 1, 2]);
  assertEquals(decadesOf([1, 1]), [0, 1]);
  assertEquals(curveChartOf([]).includes("polyline class"), false);
});

Deno.test("the text of a bench is always the same and compresses as text does", async () => {
  const text = textBytes(100_000);
  assertEquals(text, textBytes(100_000));
  for (const coding of ["gzip", "br"] as const) {
    const ratio = text.length / (await coded(text, coding)).length;
    assert(ratio > 2 && ratio < 6, `${coding}: ${ratio}`);
  }
});

Deno.test("frames that are only counted are as long as real ones", () => {
  assertEquals([...frameOf(3, true)], [0x81, 0x83, 0, 0, 0, 0, 0, 0, 0]);
  assertEquals([...frameOf(256, false).slice(0, 4)], [0x81, 126, 1, 0]);
  assertEquals([...frameOf(65_536, true).slice(0, 10)], [0x82, 255, 0, 0, 0, 0, 0, 1, 0, 0]);
  assertEquals(framesOf(3, true, 4).length, 4 * 9);
});
