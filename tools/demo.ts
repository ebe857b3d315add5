/**
 * `deno task demo`: fetches one list twice, without and with pipelining, and shows both summaries
 * side by side. Everything runs on this machine; no network is needed.
 *
 * @module
 */

import { formatBytes, formatCount, formatDuration, formatRate } from "../src/cli/format.ts";
import type { Report } from "../src/cli/summary.ts";
import { spawnDeno } from "./child.ts";
import { startOrigin } from "./origin.ts";
import { originPages } from "./origin_pages.ts";

const CONNECTIONS = 4;
const DEPTH = 10;
const LINK_MS = 10;
const ROUNDS = 4;

const command = new URL("../src/cli/main.ts", import.meta.url);

/** The list: every page a few times, the one that resets its connection once. */
function writeList(path: string, origin: string): Promise<void> {
  const pages = originPages();
  const lines = [`# ${ROUNDS} times ${pages.length - 1} pages, and one that resets`];
  for (let round = 0; round < ROUNDS; round++) {
    for (const page of pages) {
      if (page.kind !== "reset" || round === 1) lines.push(origin + page.path);
    }
  }
  return Deno.writeTextFile(path, lines.join("\n"));
}

/** Runs `lasa fetch` in a process of its own and gives its summary. */
async function fetchList(folder: string, maxPipelined: number): Promise<Report> {
  const args = ["fetch", "--input", "list.txt", "--max-conn", String(CONNECTIONS)];
  args.push("--max-pipelined", String(maxPipelined));
  console.log(`$ lasa ${args.join(" ")}`);
  const child = spawnDeno(command, [...args, "--report", "report.json"], {
    cwd: folder,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  });
  const { code } = await child.status;
  // The page that resets fails, so 1 is what must come.
  if (code !== 1) throw new Error(`lasa fetch ended with exit code ${code}, not 1`);
  return JSON.parse(await Deno.readTextFile(`${folder}/report.json`));
}

function durationOrDash(ms: number | null): string {
  return ms === null ? "-" : formatDuration(ms);
}

const ROWS: [name: string, value: (report: Report) => string][] = [
  ["time", (r) => formatDuration(r.elapsedMs)],
  ["requests/s", (r) => formatRate(r.requestsPerSecond)],
  ["latency p50", (r) => durationOrDash(r.latencyMs.p50)],
  ["latency p90", (r) => durationOrDash(r.latencyMs.p90)],
  ["latency p99", (r) => durationOrDash(r.latencyMs.p99)],
  ["connections opened", (r) => formatCount(r.connections)],
  ["requests per connection", (r) => formatRate(r.requestsPerConnection)],
  ["sent again", (r) => formatCount(r.retries)],
  ["bodies", (r) => formatBytes(r.bodyBytes)],
  ["URLs fetched", (r) => formatCount(r.fetched)],
  ["URLs failed", (r) => formatCount(r.failed)],
];

function table(without: Report, with_: Report): string {
  const lines = [["", "without", "with pipelining"]];
  for (const [name, value] of ROWS) lines.push([name, value(without), value(with_)]);
  const text = lines.map(([name, ...values]) =>
    `  ${name.padEnd(25)}${values.map((value) => value.padStart(17)).join("")}`
  );
  text.splice(1, 0, `  ${"-".repeat(text[0].length - 2)}`);
  return text.join("\n");
}

/** Whether a run went as it must: one URL failed, in the way that its page is made for. */
function isAsExpected({ fetched, failed, stoppedBy }: Report): boolean {
  const { length } = originPages();
  return fetched === ROUNDS * (length - 1) && failed === 1 && stoppedBy === null;
}

async function main(): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "lasa_demo_" });
  try {
    await using origin = await startOrigin(LINK_MS);
    await writeList(`${folder}/list.txt`, origin.url);
    console.log(
      `An origin of ${originPages().length} pages runs on loopback, in a process of its own: small,
large, gzip, chunked, redirects, slow ones (20 to 50 ms), and one that resets its
connection. It holds every answer back for ${LINK_MS} ms, the round trip of a network:
without that, loopback has no waiting that pipelining could save. ${CONNECTIONS} connections
fetch every page ${ROUNDS} times: first one request at a time on each, then with up to
${DEPTH} more behind the one being answered.
`,
    );
    const without = await fetchList(folder, 0);
    const with_ = await fetchList(folder, DEPTH);
    console.log(`\n${table(without, with_)}\n`);
    if (!isAsExpected(without) || !isAsExpected(with_)) {
      console.log("This is not what should have come: see the numbers of URLs.");
      return 1;
    }
    const times = (with_.requestsPerSecond / without.requestsPerSecond).toFixed(1);
    const example = without.failures[0].example.slice(origin.url.length);
    console.log(
      `Pipelining gave ${times} times the requests a second over as many connections at
a time. The latency of one URL does not fall: behind another it waits for its turn
instead of for a round trip of its own.

One URL failed, as it must: ${example}
  ${with_.failures[0].kind}
Each time it was asked for it took a connection along; that was replaced, and what
waited behind it went to another one.`,
    );
    return 0;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main());
