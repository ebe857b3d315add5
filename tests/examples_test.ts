import { assertEquals, assertMatch } from "@std/assert";
import { spawnDeno } from "../tools/child.ts";
import { exampleNames } from "../tools/example.ts";
import { endOf } from "./support/lasa.ts";
import { root } from "./support/sources.ts";

/** What each example prints. */
const OUTPUTS: Record<string, string> = {
  kill_slow_thread: `killed by its parent:
  it waits on: data
  killed: true, its status: dead
  the question is taken back
a deadline around it:
  the question is taken back
  TimeoutError, phase deadline
the first that ends:
  nobody answered
  the question is taken back
`,
  line_protocol: `ann: 2, 2, ? DANCE, BYE
bob: 3, 4, ? DANCE, BYE
eve: 4, 6, ? DANCE, BYE
true closed
threads left: 0
`,
  many_urls: `500 pages, 4390 bytes
500 requests over 4 connections
threads left: 0
`,
  quickstart: `200 application/json { path: "/hello" }
{"path":"/a"}
{"path":"/b"}
{"path":"/c"}
BrokenError: connection refused; of the request was sent: none
`,
};

/** Runs a script of this project with colours off. */
function run(script: string, args: readonly string[] = []) {
  const env = { NO_COLOR: "1" };
  return endOf(spawnDeno(new URL(script, root), args, {
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }));
}

Deno.test("every example has an output to be compared with", () => {
  assertEquals(exampleNames(), Object.keys(OUTPUTS));
});

for (const [name, out] of Object.entries(OUTPUTS)) {
  Deno.test(`the example ${name} prints what it should and ends`, async () => {
    assertEquals(await run(`examples/${name}.ts`), { code: 0, out, err: "" });
  });
}

Deno.test("the task runs an example by its name and lists them for a name that is none", async () => {
  assertEquals(await run("tools/example.ts", ["many_urls"]), {
    code: 0,
    out: OUTPUTS.many_urls,
    err: "",
  });
  const { code, out } = await run("tools/example.ts", ["nothing"]);
  assertEquals(code, 2);
  assertMatch(out, /^There is no example "nothing"/);
  for (const name of exampleNames()) assertMatch(out, new RegExp(`^  ${name} +\\w+`, "m"));
  assertEquals((await run("tools/example.ts")).code, 0);
});
