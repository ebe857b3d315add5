import { assert, assertEquals, assertMatch } from "@std/assert";
import { Output } from "../../src/cli/output.ts";
import { type Progress, ProgressBar, renderProgress } from "../../src/cli/progress.ts";

const HALFWAY: Progress = {
  done: 4512,
  failed: 3,
  inFlight: 44,
  bytes: 12_340_000,
  rate: 1234,
  expected: 10_000,
  isGuess: false,
};

Deno.test("the bar shows share, count, rate, bytes, in flight, failures and time left", () => {
  assertEquals(
    renderProgress(HALFWAY, 140),
    "[=============>                ]  45%  4,512/10,000  1,234/s  12.3 MB  44 in flight  " +
      "3 failed  4 s left",
  );
});

Deno.test("the bar is never wider than the terminal, and what matters most stays longest", () => {
  let before = Infinity;
  for (let columns = 160; columns >= 1; columns--) {
    const line = renderProgress(HALFWAY, columns);
    assert(line.length < Math.max(columns, 2), `${columns}: ${line}`);
    if (columns >= 30) assertMatch(line, /4,512\/10,000/, `${columns}`);
    if (columns >= 40) assertMatch(line, /3 failed/, `${columns}`);
    const fields = line.replace(/\[.*\] */, "").split(/ {2,}/).length;
    assert(fields <= before, `a field came back at ${columns}: ${line}`);
    before = fields;
  }
});

Deno.test("without a known end there is no bar, no share and no time left", () => {
  assertEquals(
    renderProgress({ ...HALFWAY, expected: null, failed: 0 }, 140),
    "4,512 done  1,234/s  12.3 MB  44 in flight",
  );
});

Deno.test("a number of URLs that is guessed is marked", () => {
  assertMatch(renderProgress({ ...HALFWAY, isGuess: true }, 140), / {2}4,512\/~10,000 {2}/);
});

Deno.test("the bar is empty at the start, full at the end, and never beyond", () => {
  const at = (done: number, expected: number) =>
    renderProgress({ ...HALFWAY, done, expected, failed: 0, rate: 0 }, 140);
  assertMatch(at(0, 100), /^\[ {30}\] {3}0%/);
  assertMatch(at(100, 100), /^\[={30}\] 100% {2}100\/100/);
  assertMatch(at(0, 0), /^\[ {30}\] {3}0% {2}0\/0/);
  // A guess that was too low.
  assertMatch(at(120, 100), /^\[={30}\] 100% {2}120\/120/);
});

Deno.test("the bar is redrawn in place, its rate that of late, and leaves nothing behind", async () => {
  let written = "";
  const output = new Output({
    isTerminal: true,
    columns: () => 80,
    write(bytes) {
      written += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  const bar = new ProgressBar(output);
  await bar.clear();
  await output.flush();
  assertEquals(written, "");
  const state = { failed: 0, inFlight: 1, bytes: 0, expected: 1_000, isGuess: false };
  // A thousand a second for ten seconds, then ten a second: only the last five seconds count.
  for (let tick = 0; tick <= 100; tick++) {
    await bar.draw({ ...state, done: tick * 100 }, tick * 100);
  }
  for (let tick = 1; tick <= 60; tick++) {
    await bar.draw({ ...state, done: 10_000 + tick }, 10_000 + tick * 100);
  }
  await output.flush();
  const lines = written.split("\r").slice(1);
  assertEquals(lines.length, 161);
  for (const line of lines) assert(line.endsWith("\x1b[K"));
  assertMatch(lines[100], / {2}1,000\/s {2}/);
  assertMatch(lines[160], / {2}10\.0\/s {2}/);
  written = "";
  await bar.clear();
  await bar.clear();
  await output.flush();
  assertEquals(written, "\r\x1b[K");
});
