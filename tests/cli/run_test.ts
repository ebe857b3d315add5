import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { run } from "@lasa/lasa";
import { LocalProtocolError } from "../../src/errors.ts";
import { endOf, runHere, runLasa, startLasa } from "../support/lasa.ts";

/** Runs a test with a program in a file; its name holds what a URL would take for something else. */
async function withProgram(
  program: string,
  test: (file: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lasa_run_" });
  try {
    const file = `${folder}/a #1?.ts`;
    await Deno.writeTextFile(file, program);
    await test(file);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a file runs in a light thread named main, lasa and its arguments at hand", () =>
  withProgram(
    `const me: { name: string } | null = lasa.thread.current();
     console.log(me?.name, lasa.args, lasa.md5("hello"), typeof lasa.socket.tcp);`,
    async (file) => {
      const { code, out, err } = await runLasa(["run", file, "one", "--help", "-e"]);
      assertEquals([code, err], [0, ""]);
      assertEquals(
        out,
        'main [ "one", "--help", "-e" ] 5d41402abc4b2a76b9719d911017c592 function\n',
      );
    },
  ));

Deno.test("code runs, and its default export is called with the arguments", async () => {
  const code = `export default async (a: string, b: string) => {
    await lasa.sleep(1);
    console.log(a + b);
  };`;
  assertEquals(await runLasa(["run", "-e", code, "one", "--two"]), {
    code: 0,
    out: "one--two\n",
    err: "",
  });
});

Deno.test("the program's own exit code is kept, however it tells it", async () => {
  const programs: [string, number][] = [
    ["export default () => 7", 7],
    ["export default () => Promise.resolve(300)", 300 & 255],
    ["export default () => true", 0],
    ["export default () => 1.5", 0],
    ["Deno.exitCode = 9", 9],
    ["Deno.exit(11)", 11],
    ["setTimeout(() => Deno.exit(12), 1)", 12],
  ];
  const ends = await Promise.all(programs.map(([code]) => runLasa(["run", "-e", code])));
  assertEquals(ends.map((end) => end.code), programs.map(([, expected]) => expected));
});

Deno.test("what a program leaves behind goes on to its end", async () => {
  const code = `
    lasa.thread.spawn(async () => { await lasa.sleep(5); console.log("thread"); });
    lasa.timer.at(10, () => console.log("timer"));
    setTimeout(() => console.log("timeout"), 20);
    console.log("main");`;
  assertEquals((await runLasa(["run", "-e", code])).out, "main\nthread\ntimer\ntimeout\n");
});

Deno.test("an unknown file, a folder, a syntax error and a thrown error are one line and 1", async () => {
  const one = async (args: string[], expected: RegExp) => {
    const { code, out, err } = await runLasa(["run", ...args]);
    assertEquals([code, out], [1, ""], args.join(" "));
    assertMatch(err, expected);
    assertEquals(err.split("\n").length, 2, err);
  };
  await one(["./no/such.ts"], /^lasa: \.\/no\/such\.ts: no such file\n$/);
  await one(["/"], /^lasa: \/: is a folder, not a file\n$/);
  await one(["-e", "const a b = 1"], /^lasa: -e: SyntaxError: .+ at -e:1:9\n$/);
  await one(["-e", "null.x"], /^lasa: -e: TypeError: .+ at -e:1:6\n$/);
  await one(["-e", "throw 'a text'"], /^lasa: -e: a text\n$/);
  await one(
    ["-e", "throw new Error('of\\ntwo lines')"],
    /^lasa: -e: Error: of two lines at -e:1:7\n$/,
  );
  await one(
    ["-e", "import 'file:///no/such.ts'"],
    /^lasa: -e: TypeError: Module not found "file:\/\/\/no\/such\.ts"/,
  );
  await one(
    ["-e", "export default () => lasa.socket.connect('unix:/no/such')"],
    /^lasa: -e: BrokenError: Cannot connect to \/no\/such: no such file or directory/,
  );
  await withProgram("const a b = 1;", (file) => one([file], /: SyntaxError: .+:1:9\n$/));
  await withProgram(
    "export default async () => {\n  await lasa.sleep(1);\n  throw new RangeError('late');\n};",
    (file) => one([file, "x"], /: RangeError: late at file:.+:3:9\n$/),
  );
});

Deno.test("a program that throws ends at once, whatever else it has begun", async () => {
  const { code, err } = await runLasa([
    "run",
    "-e",
    "setTimeout(() => {}, 60_000); throw new Error('enough')",
  ]);
  assertEquals(code, 1);
  assertStringIncludes(err, "enough");
});

Deno.test("a wrong command line is told in one line, with 2", async () => {
  const wrong: [string[], string][] = [
    [[], "no FILE and no -e CODE"],
    [["--"], "no FILE and no -e CODE"],
    [[""], 'run takes the name of a file, not ""'],
    [["--loud", "a.ts"], "'--loud'"],
    [["-e"], "-e needs a value"],
    [["--lib", "9=x", "a.ts"], '--lib takes NAME=MODULE, not "9=x"'],
  ];
  for (const [args, named] of wrong) {
    const { code, out, err } = await runHere(["run", ...args]);
    assertEquals([code, out], [2, ""]);
    assertStringIncludes(err, named);
    assertEquals(err.split("\n").length, 2, err);
  }
});

Deno.test("--help fits a terminal and names every option", async () => {
  const { code, out, err } = await runHere(["run", "--help"]);
  assertEquals([code, err], [0, ""]);
  for (const line of out.split("\n")) assert(line.length <= 100, line);
  for (const option of ["-e, --eval CODE", "--lib NAME=MODULE", "-h, --help"]) {
    assertStringIncludes(out, option);
  }
  assertStringIncludes((await runHere(["--help"])).out, "lasa run FILE");
});

Deno.test("modules that are loaded before the program are globals", () =>
  withProgram("export const word = 'preloaded';", async (lib) => {
    const { out } = await runLasa([
      "run",
      "--lib",
      `tools=${lib}`,
      "-e",
      "console.log(tools.word)",
    ]);
    assertEquals(out, "preloaded\n");
  }));

const WAITING = `
  lasa.thread.spawn(async () => {
    lasa.timer.at(60_000, (premature) => console.log("premature:", premature));
    try { await lasa.sleep(60_000); } finally { console.log("child's finally"); }
  });
  try {
    console.log("waiting");
    await lasa.sleep(60_000);
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 1));
    console.log("finally");
  }`;

for (const [signal, expected] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`${signal} kills the program's threads, their finally blocks run, and the code is ${expected}`, async () => {
    const child = startLasa(["run", "-e", WAITING]);
    const reader = child.stdout.getReader();
    assertEquals(new TextDecoder().decode((await reader.read()).value), "waiting\n");
    reader.releaseLock();
    child.kill(signal);
    await child.stdin.close();
    assertEquals(await endOf(child), {
      code: expected,
      out: "finally\npremature: true\nchild's finally\n",
      err: "",
    });
  });
}

Deno.test("a second signal ends a program that cannot be stopped", async () => {
  const code = `
    lasa.thread.current().signal.addEventListener("abort", () => console.log("asked"));
    console.log("stubborn");
    await new Promise((resolve) => setTimeout(resolve, 60_000));`;
  const child = startLasa(["run", "-e", code]);
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assertEquals((await reader.read()).value, "stubborn\n");
  child.kill("SIGINT");
  assertEquals((await reader.read()).value, "asked\n");
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 143);
  await reader.cancel();
  await child.stderr.cancel();
  await child.stdin.close();
});

Deno.test("a signal also stops what a program has left behind", async () => {
  const code = `
    const server = lasa.socket.tcp();
    server.bind("127.0.0.1", 0);
    lasa.thread.spawn(async () => {
      try { await server.accept(); } finally { console.log("closed"); }
    });
    lasa.timer.at(1, () => console.log("main is through"));`;
  const child = startLasa(["run", "-e", code]);
  const reader = child.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "main is through\n");
  reader.releaseLock();
  child.kill("SIGTERM");
  await child.stdin.close();
  assertEquals(await endOf(child), { code: 143, out: "closed\n", err: "" });
});

Deno.test("run gives a failure to whoever wants it, and takes either a file or code", async () => {
  const lines: string[] = [];
  const onError = (line: string) => lines.push(line);
  assertEquals(await run({ code: "throw new Error('no')", onError }), 1);
  assertEquals(await run({ code: "export default (n: string) => Number(n)", args: ["4"] }), 4);
  assertEquals(lines, ["lasa: -e: Error: no at -e:1:7"]);
  await assertRejects(() => run({}), LocalProtocolError, "either file or code");
  await assertRejects(() => run({ file: "a", code: "b" }), LocalProtocolError);
});

Deno.test("run ends when its signal fires, once the program has cleaned up, and has no complaint", async () => {
  const abort = new AbortController();
  const lines: string[] = [];
  const told: string[] = [];
  Object.assign(globalThis, { told, abort });
  const code = `
    try { setTimeout(() => abort.abort(), 1); await lasa.sleep(60_000); }
    finally { await Promise.resolve(); told.push("clean"); }`;
  const options = { code, signal: abort.signal, onError: (line: string) => lines.push(line) };
  assertEquals(await run(options), 1);
  assertEquals([told, lines], [["clean"], []]);
  // Where it has fired already, nothing is run.
  await run(options);
  assertEquals([told, lines], [["clean"], []]);
});
