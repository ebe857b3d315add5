import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { fileNameOf } from "../../src/cli/file_name.ts";
import { startOrigin } from "../../tools/origin.ts";
import { originPages } from "../../tools/origin_pages.ts";
import { runHere } from "../support/lasa.ts";
import { makeTestTls } from "../support/tls.ts";

/** What a line of `--json` holds. */
interface JsonLine {
  url: string;
  finalUrl?: string;
  status?: number;
  bytes: number;
  ms: number;
  sha256?: string;
  error?: { name: string; code?: string; message: string; phase?: string; sent?: string };
}

function linesOf(out: string): JsonLine[] {
  return out.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** A port at which nobody listens. */
function deadPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Runs with a folder that is there for as long. */
async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "lasa_test_" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("every page of a list lands whole in its file, and the one that resets is told", async () => {
  await using origin = await startOrigin();
  await withFolder(async (folder) => {
    const pages = originPages();
    const list = `${folder}/list.txt`;
    await Deno.writeTextFile(list, pages.map(({ path }) => `${origin.url}${path}\n`).join(""));
    const args = ["fetch", "--input", list, "--out", `${folder}/out`, "--max-conn", "3"];
    const { code, out, err } = await runHere(args);
    assertEquals(err, "");
    assertEquals(code, 1);
    assertMatch(
      out,
      new RegExp(`^${pages.length} URLs in .*: ${pages.length - 1} fetched, 1 failed`),
    );
    assertMatch(out, /failures +BrokenError \(.+\) × 1, http:.*\/reset\/0/);
    const expected = pages
      .filter(({ kind }) => kind !== "reset")
      .map(({ path, body }) => [fileNameOf(new URL(origin.url + path)), hashOf(body)]);
    const found: string[][] = [];
    for await (const { name } of Deno.readDir(`${folder}/out`)) {
      found.push([name, hashOf(await Deno.readFile(`${folder}/out/${name}`))]);
    }
    assertEquals(found.sort(), expected.sort());
  });
});

Deno.test("a list on standard input gives one line of JSON for each URL, with its hash", async () => {
  await using origin = await startOrigin();
  const pages = originPages().filter(({ kind }) => kind !== "reset");
  const urls = pages.map(({ path }) => origin.url + path);
  const stdin = `# pages\n\n${urls.join("\n")}`;
  const { code, out, err } = await runHere(["fetch", "--input", "-", "--json"], { stdin });
  assertEquals(code, 0);
  assertMatch(
    err,
    new RegExp(`^${pages.length} URLs in .*, 0 failed\n  status +200 × ${pages.length}\n`),
  );
  const lines = new Map(linesOf(out).map((line) => [line.url, line]));
  assertEquals(lines.size, pages.length);
  for (const { path, body, location } of pages) {
    const { ms, ...line } = lines.get(origin.url + path)!;
    assertEquals(typeof ms, "number");
    assertEquals(line, {
      url: origin.url + path,
      finalUrl: origin.url + (location ?? path),
      status: 200,
      bytes: body.length,
      sha256: hashOf(body),
    });
  }
});

Deno.test("a URL that cannot be fetched is a line of its own, and the others are fetched", async () => {
  await using origin = await startOrigin();
  const refused = `http://127.0.0.1:${deadPort()}/`;
  const list = [
    "no url at all",
    "ftp://a/",
    refused,
    `${origin.url}/nothing`,
    `${origin.url}/small/0`,
  ];
  const args = ["fetch", "-i", "-", "--json", "--retries", "0", "--", "htp://typo"];
  const { code, out, err } = await runHere(args, { stdin: list.join("\n") });
  assertEquals(code, 1);
  assertMatch(err, /^6 URLs in .*: 1 fetched, 5 failed\n/);
  const lines = new Map(linesOf(out).map((line) => [line.url, line]));
  const bad = (url: string) => {
    const { name, code, message, sent } = lines.get(url)!.error!;
    assertEquals([name, code, sent], ["LocalProtocolError", "bad url", "none"]);
    return message;
  };
  assertStringIncludes(bad("no url at all"), 'line 1 of standard input: "no url at all" is not');
  assertStringIncludes(bad("ftp://a/"), "line 2");
  assertStringIncludes(bad("htp://typo"), "URL 1 of the command line");
  const { error } = lines.get(refused)!;
  assertEquals([error!.name, error!.code, error!.sent], [
    "BrokenError",
    "connection refused",
    "none",
  ]);
  assertEquals(lines.get(`${origin.url}/nothing`)!.status, 404);
  assertEquals(lines.get(`${origin.url}/small/0`)!.status, 200);
  assertMatch(err, /BrokenError \(connection refused\) × 1/);
  assertMatch(err, /HTTP 404 × 1/);
});

Deno.test("ten thousand lines go over few connections, and all is told in the report", async () => {
  await using origin = await startOrigin();
  await withFolder(async (folder) => {
    const stdin = `${origin.url}/small/7\n`.repeat(10_000);
    const args = ["fetch", "--input", "-", "--max-conn", "4", "--report", `${folder}/report.json`];
    const { code, out } = await runHere(args, { stdin });
    assertEquals(code, 0);
    assertMatch(out, /^10,000 URLs in .*: 10,000 fetched, 0 failed\n/);
    const report = JSON.parse(await Deno.readTextFile(`${folder}/report.json`));
    const size = originPages().find(({ path }) => path === "/small/7")!.body.length;
    assertEquals(report.fetched, 10_000);
    assertEquals(report.statuses, { "200": 10_000 });
    assertEquals(report.bodyBytes, 10_000 * size);
    assertEquals([report.connections, report.requestsPerConnection], [4, 2_500]);
    assertEquals([report.failed, report.unfinished, report.stoppedBy], [0, 0, null]);
  });
});

Deno.test("the first failure stops the others where that is asked for", async () => {
  await using origin = await startOrigin();
  const stdin = `${origin.url}/never\n${origin.url}/nothing\n${origin.url}/never\n`.repeat(50);
  const args = ["fetch", "-i", "-", "--fail-fast", "--max-conn", "2", "--max-pipelined", "0"];
  const { code, out } = await runHere(args, { stdin });
  assertEquals(code, 1);
  assertMatch(out, /^1 URL in .*: 0 fetched, 1 failed\nstopped by first failure; 1 URL given up/);
});

Deno.test("Ctrl-C ends it with the summary so far, and leaves no half file", async () => {
  await using origin = await startOrigin();
  await withFolder(async (folder) => {
    const { promise: ready, resolve: onReady } = Promise.withResolvers<() => void>();
    // The list goes on for ever: it has to be left, too.
    const stdin = new ReadableStream<Uint8Array>({
      start(controller) {
        const list = `${origin.url}/small/1\n${origin.url}/never\n${origin.url}/large/1\n`;
        controller.enqueue(new TextEncoder().encode(list));
      },
    });
    const ended = runHere(["fetch", "-i", "-", "--out", folder], { stdin, onReady });
    const interrupt = await ready;
    await untilThere(`${folder}/${fileNameOf(new URL(`${origin.url}/large/1`))}`);
    await untilThere(`${folder}/${fileNameOf(new URL(`${origin.url}/small/1`))}`);
    interrupt();
    const { code, out } = await ended;
    assertEquals(code, 130);
    assertMatch(
      out,
      /^2 URLs in .*: 2 fetched, 0 failed\nstopped by Ctrl-C; 1 URL given up half-way/,
    );
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assertEquals(names.filter((name) => name.endsWith(".part")), []);
  });
});

Deno.test("a terminal gets a bar while it runs and a clean line behind it", async () => {
  await using origin = await startOrigin();
  const stdin = `${origin.url}/slow/1\n`.repeat(20);
  const args = ["fetch", "-i", "-", "--max-conn", "1"];
  const { code, out, err } = await runHere(args, { stdin, terminalColumns: 60 });
  assertEquals(code, 0);
  assertMatch(out, /^20 URLs/);
  const lines = err.split("\r").slice(1);
  assert(lines.length > 2, err);
  assertEquals(lines.at(-1), "\x1b[K");
  for (const line of lines.slice(0, -1)) {
    assert(line.endsWith("\x1b[K") && line.length <= 59 + "\x1b[K".length, line);
    assertMatch(line, / in flight/);
  }
});

Deno.test("headers are sent, and a time limit ends one URL alone", async () => {
  await using origin = await startOrigin();
  await withFolder(async (folder) => {
    const urls = [`${origin.url}/head`, `${origin.url}/never`];
    const args = ["fetch", ...urls, "--out", folder, "-H", "X-One: 1", "-H", "X-Two: 2"];
    const { code, out } = await runHere([...args, "--timeout", "300", "--max-pipelined", "0"]);
    assertEquals(code, 1);
    assertMatch(out, /TimeoutError \(timeout, headers\) × 1, http:.*\/never/);
    const [{ name }] = Deno.readDirSync(folder);
    const head = await Deno.readTextFile(`${folder}/${name}`);
    assertMatch(head, /^GET \/head HTTP\/1.1\r\n/);
    assertMatch(head, /^X-One: 1\r\nX-Two: 2\r$/m);
  });
});

Deno.test("requests come from the local addresses that are given, in turn", async () => {
  const seen = new Map<string, number>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (_, { remoteAddr }) => {
      const { hostname } = remoteAddr as Deno.NetAddr;
      seen.set(hostname, (seen.get(hostname) ?? 0) + 1);
      return new Response("ok");
    },
  );
  const stdin = `http://127.0.0.1:${server.addr.port}/\n`.repeat(10);
  const ips = ["--client-ip", "127.0.0.2", "--client-ip", "127.0.0.3"];
  const { code, out } = await runHere(["fetch", "-i", "-", ...ips], { stdin });
  assertEquals(code, 0, out);
  assertEquals([...seen].sort(), [["127.0.0.2", 5], ["127.0.0.3", 5]]);
});

Deno.test("an authority that is given is trusted, and one that nobody knows is not", async () => {
  await withFolder(async (folder) => {
    const { ca, server: identity } = await makeTestTls();
    const authorityFile = `${folder}/ca.pem`;
    await Deno.writeTextFile(authorityFile, ca);
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {}, ...identity },
      () => new Response("ok"),
    );
    const url = `https://localhost:${server.addr.port}/`;
    const trusted = await runHere(["fetch", url, "--cacert", authorityFile]);
    assertEquals(trusted.code, 0, trusted.out);
    const unknown = await runHere(["fetch", url, "--retries", "0"]);
    assertEquals(unknown.code, 1);
    assertMatch(unknown.out, /failures +TlsError \(tls\) × 1/);
  });
});

Deno.test("what cannot be opened is told before anything is fetched", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const wrong = [
      ["--input", `${folder}/missing`],
      ["--out", `${folder}/file`],
      ["--cacert", `${folder}/missing`],
    ];
    for (const args of wrong) {
      const { code, out, err } = await runHere(["fetch", "http://127.0.0.1:1/", ...args]);
      assertEquals([code, out], [2, ""]);
      assertMatch(err, new RegExp(`^lasa: ${args[0]}: cannot [^\n]*${args[1]}[^\n]*\n$`));
    }
  });
});

Deno.test("a list that cannot be read to its end is a failure, what was read of it is fetched", async () => {
  await using origin = await startOrigin();
  let pulls = 0;
  const stdin = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (pulls++ > 0) throw new Error("the disk is gone");
      controller.enqueue(new TextEncoder().encode(`${origin.url}/small/1\n`));
    },
  });
  const { code, out, err } = await runHere(["fetch", "-i", "-"], { stdin });
  assertEquals(code, 1);
  assertEquals(err, "lasa fetch: cannot read standard input to its end: the disk is gone\n");
  assertMatch(out, /^1 URL in .*: 1 fetched, 0 failed\n/);
});

Deno.test("an empty list is fetched at once, without a connection", async () => {
  const { code, out } = await runHere(["fetch", "-i", "-"], { stdin: "# nothing\n" });
  assertEquals(code, 0);
  assertMatch(out, /^0 URLs in .*\n.*\n.*\n +connections +none\n$/);
});

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function untilThere(path: string): Promise<void> {
  for (;;) {
    if (await Deno.stat(path).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
