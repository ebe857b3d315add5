/**
 * `lasa fetch`: opens what the command line names, runs, and tells how it went.
 *
 * @module
 */

import { Client } from "../http/client.ts";
import type { ClientOptions } from "../http/options.ts";
import type { FetchOptions } from "./arguments.ts";
import { NOWHERE, openFolder, openHash, type OpenSink } from "./body_sink.ts";
import { FetchRun, type RunEnd } from "./fetch_run.ts";
import { UrlFetcher } from "./fetch_url.ts";
import { type CliIo, exitCodeOf, type StopSignal } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { Output } from "./output.ts";
import { ProgressBar } from "./progress.ts";
import { renderSummary, type Report, reportOf } from "./summary.ts";
import { hasFailed, Tally } from "./tally.ts";
import { type ListInput, UrlList } from "./url_list.ts";
import { UsageError } from "./usage_error.ts";

// As many as the client lets wait in line; beyond that more workers would fetch nothing sooner.
const MAX_WORKERS = 10_000;

/** How many threads fill every pipeline: one for each request that can be on its way. */
export function workerCount({ maxConn, maxPipelined }: FetchOptions): number {
  return Math.min(maxConn * (1 + maxPipelined), MAX_WORKERS);
}

/**
 * Runs the command.
 *
 * @param options What it was told.
 * @param io Where it reads and writes.
 * @returns The exit code.
 * @throws {UsageError} Where a file or folder that was named cannot be opened.
 */
export async function fetchCommand(options: FetchOptions, io: CliIo): Promise<number> {
  const stdout = new Output(io.stdout, () => run.stop("output closed"));
  const stderr = new Output(io.stderr);
  const openSink = await sinkOpener(options);
  const client = new Client(await clientOptionsOf(options));
  const list = new UrlList(options.urls, await openInput(options.input, io));
  const tally = new Tally();
  const run = new FetchRun({
    list,
    fetcher: new UrlFetcher(client, openSink, options, tally),
    workerCount: workerCount(options),
    tally,
    // Lines of JSON on the same terminal would be written into the bar.
    bar: stderr.isTerminal && !(options.json && stdout.isTerminal) ? new ProgressBar(stderr) : null,
    async onOutcome(outcome) {
      if (options.failFast && hasFailed(outcome)) run.stop("first failure");
      // Where that fails the run is being stopped already.
      if (options.json) await stdout.write(jsonLine(outcome)).catch(() => {});
    },
  });
  let stopSignal: StopSignal | null = null;
  const ignoreSignals = io.onSignal((signal) => {
    if (stopSignal !== null) io.exit(exitCodeOf(signal));
    stopSignal = signal;
    run.stop(signal === "SIGINT" ? "Ctrl-C" : signal);
  });
  let end: RunEnd;
  try {
    end = await run.toItsEnd();
  } finally {
    await client.closeAll();
    ignoreSignals();
  }

  const report = reportOf(tally, client.totals(), end.elapsedMs, end.stoppedBy);
  const complaints: string[] = [];
  if (end.listError !== null) {
    const name = options.input === "-" ? "standard input" : options.input;
    complaints.push(`cannot read ${name} to its end: ${end.listError.message}`);
  }
  await writeReport(options.report, report).catch((error) => {
    complaints.push(`cannot write ${options.report}: ${error.message}`);
  });
  const remarks = complaints.map((complaint) => `lasa fetch: ${complaint}\n`).join("");
  const summary = renderSummary(report);
  // Whoever was to read one of the two may be gone; the other is still told.
  const told = await Promise.allSettled([
    writeAll(stderr, options.json ? remarks + summary : remarks),
    writeAll(stdout, options.json ? "" : summary),
  ]);
  if (end.stoppedBy === "Ctrl-C") return exitCodeOf("SIGINT");
  if (end.stoppedBy === "SIGTERM") return exitCodeOf("SIGTERM");
  const isWell = report.failed === 0 && end.stoppedBy === null && complaints.length === 0 &&
    told.every(({ status }) => status === "fulfilled");
  return isWell ? 0 : 1;
}

async function writeAll(output: Output, text: string): Promise<void> {
  if (text !== "") await output.write(text);
  await output.flush();
}

async function writeReport(path: string | null, report: Report): Promise<void> {
  if (path !== null) await Deno.writeTextFile(path, `${JSON.stringify(report, null, 2)}\n`);
}

async function sinkOpener({ out, json }: FetchOptions): Promise<OpenSink> {
  if (out !== null) return await naming(`--out: cannot make the folder ${out}`, openFolder(out));
  return json ? openHash : () => NOWHERE;
}

async function clientOptionsOf(options: FetchOptions): Promise<ClientOptions> {
  const { maxConn, maxConnPerTarget, maxPipelined, retries, clientIps, caCert } = options;
  const tls = caCert === null ? {} : {
    caCerts: [await naming(`--cacert: cannot read ${caCert}`, Deno.readTextFile(caCert))],
  };
  return {
    maxConn,
    maxConnPerTarget,
    maxPipelinedRequests: maxPipelined,
    maxRetries: retries,
    // Every worker has one request, so a full line means that all of them wait: no failure.
    maxQueued: MAX_WORKERS,
    clientIps,
    tls,
  };
}

async function openInput(path: string | null, io: CliIo): Promise<ListInput | null> {
  if (path === null) return null;
  if (path === "-") return { name: "standard input", stream: io.stdin(), sizeBytes: null };
  const file = await naming(`--input: cannot read ${path}`, Deno.open(path));
  const { isFile, size } = await file.stat();
  return { name: path, stream: file.readable, sizeBytes: isFile ? size : null };
}

/** Says of a failure which option it comes from. */
async function naming<T>(what: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    throw new UsageError(`${what}: ${(error as Error).message}`, { cause: error });
  }
}
