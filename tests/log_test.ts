import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  configureSync,
  getConfig,
  getTextFormatter,
  type LogRecord,
  resetSync,
} from "@logtape/logtape";
import { flushLog, log, type LogLevel, setMinLevel } from "../src/log.ts";

/** Runs with LogTape configured as an application would, and gives what reached its sink. */
async function recordsOf(act: () => void): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  configureSync({
    sinks: { memory: (record) => records.push(record) },
    loggers: [
      { category: ["lasa"], sinks: ["memory"], lowestLevel: "trace" },
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "fatal" },
    ],
  });
  try {
    act();
    await flushLog();
  } finally {
    resetSync();
  }
  return records;
}

/** Runs with no LogTape configuration, and gives the lines that would go to stderr. */
async function linesOf(act: () => void): Promise<string[]> {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => lines.push(line);
  try {
    act();
    await flushLog();
  } finally {
    console.error = error;
  }
  return lines;
}

/** Runs a program that has `log` in a process of its own. */
async function runProgram(program: string): Promise<{ code: number; out: string; err: string }> {
  const source = `import { log, setMinLevel, flushLog } from ${
    JSON.stringify(new URL("../src/log.ts", import.meta.url).href)
  }; setMinLevel("default"); void flushLog; ${program}`;
  // The parent found LogTape, so the map that serves without JSR serves here too.
  const map = decodeURIComponent(new URL("../tools/npm_imports.json", import.meta.url).pathname);
  const child = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", `--import-map=${map}`, source],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: child.code, out: text(child.stdout), err: text(child.stderr) };
}

Deno.test("log hands records to the sinks of an application that has configured LogTape", async () => {
  const records = await recordsOf(() => log("warn", "pool", "two {braces} are no placeholder"));
  assertEquals(records.map(({ category, level, message }) => ({ category, level, message })), [
    { category: ["lasa", "pool"], level: "warning", message: ["two {braces} are no placeholder"] },
  ]);
});

Deno.test("log takes the nine names, upper or lower case, and Android's numbers", async () => {
  const names = [
    "unknown",
    "default",
    "verbose",
    "debug",
    "info",
    "warn",
    "error",
    "fatal",
  ] as const;
  const expected = ["info", "info", "trace", "debug", "info", "warning", "error", "fatal"];
  for (const form of ["name", "NAME", "number"]) {
    const records = await recordsOf(() => {
      names.forEach((name, number) => {
        const level = form === "number" ? number : form === "NAME" ? name.toUpperCase() : name;
        log(level as LogLevel, "t", "m");
      });
      log("silent", "t", "m");
      log(8, "t", "m");
    });
    assertEquals(records.map((record) => record.level), expected, form);
  }
});

Deno.test("log throws for a level that there is not, naming it", () => {
  for (const level of ["loud", "Warn", "", 9, -1, 1.5, NaN]) {
    const shown = typeof level === "string" ? JSON.stringify(level) : String(level);
    assertThrows(() => log(level as LogLevel, "t", "m"), TypeError, shown);
    assertThrows(() => setMinLevel(level as LogLevel), TypeError, shown);
  }
});

Deno.test("setMinLevel holds back what is below, and silent holds back everything", async () => {
  const levels = ["verbose", "debug", "info", "warn", "error", "fatal"] as const;
  const passing = async (least: LogLevel) => {
    setMinLevel(least);
    const records = await recordsOf(() => levels.forEach((level) => log(level, "t", level)));
    setMinLevel("default");
    return records.map((record) => record.message[0]);
  };
  assertEquals(await passing("warn"), ["warn", "error", "fatal"]);
  assertEquals(await passing("FATAL"), ["fatal"]);
  assertEquals(await passing("silent"), []);
  assertEquals(await passing("default"), [...levels]);
  assertEquals(await passing("unknown"), [...levels]);
});

Deno.test("log writes a line to stderr where LogTape is not configured, and configures nothing", async () => {
  const lines = await linesOf(() => log("error", "tag", "100% wrong: %s"));
  assertEquals(lines.length, 1);
  assertMatch(
    lines[0],
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \+00:00 \[ERR\] lasa·tag: 100% wrong: %s$/,
  );
  assertEquals(getConfig(), null);
});

Deno.test("a line on stderr is what LogTape's text formatter makes of the record", async () => {
  const format = getTextFormatter({ sanitize: { sgr: "escape", newlines: "escape" } });
  const messages = ["plain", "tab\tstays", "\x1b[31mred\x07", "a\rb", "\x7f\x80\x9bc", "ünïcode €"];
  const write = () => messages.forEach((msg, i) => log(2 + i, `t\n${i}\x1b`, msg));
  const lines = (await linesOf(write)).map((line) => line.slice(24));
  const records = await recordsOf(write);
  assertEquals(lines, records.map((record) => format(record).trimEnd().slice(24)));
});

Deno.test("every line of a message is a record, so no message can forge one", async () => {
  const lines = await linesOf(() => log("info", "peer", "one\n2026-01-01 [FTL] two\r\nthree\n"));
  assertEquals(lines.map((line) => line.slice(31)), [
    "[INF] lasa·peer: one",
    "[INF] lasa·peer: 2026-01-01 [FTL] two",
    "[INF] lasa·peer: three",
  ]);
});

Deno.test("a program that logs and ends at once loses no record and keeps their order", async () => {
  const speak = `for (let i = 0; i < 50; i++) log("info", "t", "line " + i);`;
  const expected = Array.from({ length: 50 }, (_, i) => `[INF] lasa·t: line ${i}`);
  const endings = {
    "": 0,
    "Deno.exit(3);": 3,
    "(await import('node:process')).default.exit(4);": 4,
    "throw new Error('on purpose');": 1,
    "Promise.reject(new Error('on purpose'));": 1,
    "await flushLog(); log('info', 't', 'line 50'); Deno.exit(5);": 5,
  };
  for (const [ending, code] of Object.entries(endings)) {
    const result = await runProgram(speak + ending);
    assertEquals(result.code, code, result.err);
    assertEquals(result.out, "");
    const lines = result.err.split("\n").filter((line) => line.includes("lasa·t"));
    const all = ending.includes("line 50") ? [...expected, "[INF] lasa·t: line 50"] : expected;
    assertEquals(lines.map((line) => line.slice(31)), all, ending);
  }
});

Deno.test("a program that never logs does not load LogTape", async () => {
  const result = await runProgram(`
    await new Promise((resolve) => setTimeout(resolve));
    console.log(Symbol.for("logtape.rootLogger") in globalThis);
    log("info", "t", "m");
  `);
  assert(result.out.includes("false"), result.err);
});
