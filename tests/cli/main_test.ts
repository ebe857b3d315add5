import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Client } from "../../src/http/client.ts";
import { VERSION } from "../../src/version.ts";
import { startOrigin } from "../../tools/origin.ts";
import { endOf, runHere, runLasa, startLasa } from "../support/lasa.ts";
import { until } from "../support/clock.ts";
import { readSource } from "../support/sources.ts";

Deno.test("--version tells what deno.json says", async () => {
  const { version } = JSON.parse(readSource("deno.json"));
  assertEquals(await runLasa(["--version"]), { code: 0, out: `lasa ${version}\n`, err: "" });
});

Deno.test("--help fits a terminal and names every option that there is", async () => {
  const general = await runHere(["--help"]);
  const fetch = await runHere(["fetch", "--help"]);
  for (const { code, out, err } of [general, fetch]) {
    assertEquals([code, err], [0, ""]);
    for (const line of out.split("\n")) assert(line.length <= 100, line);
  }
  const source = readSource("src/cli/arguments.ts");
  const table = source.slice(
    source.indexOf("const FETCH_OPTIONS"),
    source.indexOf("as const;\n\n/**"),
  );
  const options = [...table.matchAll(/^ {2}"?([\w-]+)"?: \{ type/gm)].map(([, name]) => name);
  assert(options.length > 12);
  for (const option of options) assertStringIncludes(fetch.out, `--${option}`);
});

Deno.test("a wrong command line ends with 2 and one line on stderr", async () => {
  const { code, out, err } = await runLasa(["fetch", "--max-conn", "many", "http://127.0.0.1:1/"]);
  assertEquals([code, out], [2, ""]);
  assertEquals(err, 'lasa: --max-conn takes a whole number from 1 up, not "many"\n');
});

Deno.test("the exit code is 0 only when all went well", async () => {
  await using origin = await startOrigin();
  const well = await runLasa(["fetch", `${origin.url}/small/1`, `${origin.url}/redirect/2`]);
  assertEquals([well.code, well.err], [0, ""]);
  assertMatch(well.out, /^2 URLs in .*: 2 fetched, 0 failed\n/);
  const notFound = await runLasa(["fetch", `${origin.url}/small/1`, `${origin.url}/nothing`]);
  assertEquals([notFound.code, notFound.err], [1, ""]);
  const piped = await runLasa(["fetch", "-i", "-", "--json"], `${origin.url}/small/1\n`);
  assertEquals(piped.code, 0);
  assertEquals(JSON.parse(piped.out).status, 200);
});

Deno.test("the version stands in one place, and the User-Agent tells it too", async () => {
  const { version } = JSON.parse(readSource("deno.json"));
  assertEquals(VERSION, version);
  await using origin = await startOrigin();
  await using client = new Client();
  const response = await client.get(`${origin.url}/head`);
  assertStringIncludes(await response.text(), `User-Agent: lasa/${version}\r\n`);
});

/** Starts a fetch of one quick URL and two that never end, and waits until the quick one has come. */
async function startedFetch(origin: string) {
  const child = startLasa(["fetch", "--input", "-", "--json", "--max-pipelined", "0"]);
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(
    `${origin}/small/1\n${origin}/never\n${origin}/never\n`,
  ));
  const reader = child.stdout.getReader();
  assertMatch(new TextDecoder().decode((await reader.read()).value), /small/);
  reader.releaseLock();
  return { child, writer };
}

Deno.test("SIGINT ends a run that would never end, with its summary and 130", async () => {
  await using origin = await startOrigin();
  const { child, writer } = await startedFetch(origin.url);
  child.kill("SIGINT");
  const { code, err } = await endOf(child);
  await writer.close().catch(() => {});
  assertEquals(code, 130);
  assertMatch(
    err,
    /^1 URL in .*: 1 fetched, 0 failed\nstopped by Ctrl-C; 2 URLs given up half-way\n/,
  );
});

Deno.test("SIGTERM ends a run with its summary and 143, and leaves no half file", async () => {
  await using origin = await startOrigin();
  const folder = await Deno.makeTempDir({ prefix: "lasa_test_" });
  try {
    const urls = [`${origin.url}/small/1`, `${origin.url}/never`];
    const child = startLasa(["fetch", ...urls, "--max-pipelined", "0", "--out", folder]);
    const names = () => Array.from(Deno.readDirSync(folder), ({ name }) => name);
    // The one that ends is there under its name, and so its half is gone.
    await until(() => names().some((name) => name.endsWith("1")));
    child.kill("SIGTERM");
    await child.stdin.close();
    const { code, out, err } = await endOf(child);
    assertEquals([code, err], [143, ""]);
    assertMatch(
      out,
      /^1 URL in .*: 1 fetched, 0 failed\nstopped by SIGTERM; 1 URL given up half-way\n/,
    );
    assertEquals(names().filter((name) => name.endsWith(".part")), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a run whose reader has gone away ends, with 1", async () => {
  await using origin = await startOrigin();
  const child = startLasa(["fetch", "--input", "-", "--json"]);
  await child.stdout.cancel();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${origin.url}/small/1\n`.repeat(50)));
  const { code, success } = await child.status;
  assertEquals([code, success], [1, false]);
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  assertMatch((await reader.read()).value ?? "", /stopped by output closed/);
  await reader.cancel();
  await writer.close().catch(() => {});
});

Deno.test("a second Ctrl-C ends the process at once", async () => {
  await using origin = await startOrigin();
  let interrupt = () => {};
  const exits: number[] = [];
  const { code } = await runHere(["fetch", "-i", "-", "--json"], {
    stdin: `${origin.url}/small/1\n${origin.url}/never\n`,
    onReady: (callback) => interrupt = callback,
    onExit: (code) => exits.push(code),
    onOutput() {
      interrupt();
      assertEquals(exits, []);
      interrupt();
    },
  });
  assertEquals([code, exits], [130, [130]]);
});
