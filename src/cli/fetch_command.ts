/**
 * `lasa fetch`: a list in, light threads over pipelined connections, bodies and a summary out.
 *
 * One thread reads the list and hands its entries to the workers, of which there are as many as the
 * connections can carry requests: so every pipeline is full, and no line of the list is read before
 * its turn has come. A run ends by itself or is killed (Ctrl-C, a first failure), which is the same
 * for all below: waits end, half-written files are removed, and the summary tells how far it got.
 *
 * @module
 */

import { KilledError } from "../errors.ts";
import { Client } from "../http/client.ts";
import { Channel } from "../thread/channel.ts";
import { scope } from "../thread/scope.ts";
import { sleep } from "../thread/sleep.ts";
import { kill, wait } from "../thread/thread.ts";
import type { FetchOptions } from "./arguments.ts";
import { NOWHERE, openFolder, openHash, type OpenSink } from "./body_sink.ts";
import { UrlFetcher } from "./fetch_url.ts";
import type { CliIo } from "./io.ts";
import { jsonLine } from "./json_line.ts";
import { Output } from "./output.ts";
import { ProgressBar, REDRAW_MS } from "./progress.ts";
import { renderSummary, type Report, reportOf, type StopReason } from "./summary.ts";
import { hasFailed, Tally } from "./tally.ts";
import { type ListEntry, type ListInput, UrlList } from "./url_list.ts";
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
  const stdout = new Output(io.stdout);
  const stderr = new Output(io.stderr);
  const openSink = await sinkOpener(options);
  const clientOptions = await clientOptionsOf(options);
  const list = new UrlList(options.urls, await openInput(options.input, io));
  const tally = new Tally();
  const client = new Client(clientOptions);
  const fetcher = new UrlFetcher(client, openSink, options, tally);
  const stop = Promise.withResolvers<StopReason>();

  const fetchEntry = async (entry: ListEntry) => {
    tally.inFlight++;
    const outcome = await fetcher.fetch(entry);
    tally.inFlight--;
    tally.count(outcome);
    if (options.failFast && hasFailed(outcome)) stop.resolve("first failure");
    if (options.json) {
      await stdout.write(jsonLine(outcome)).catch(() => stop.resolve("output closed"));
    }
  };

  const fetchWorker = async (entries: Channel<ListEntry>) => {
    try {
      for await (const entry of entries) await fetchEntry(entry);
    } catch (error) {
      // Nothing that a URL does ends a worker: this is a fault of ours, and ends the run.
      if (!(error instanceof KilledError)) stop.reject(error);
      throw error;
    }
  };

  /** Gives why the list could not be read to its end, or null. */
  const fetchList = async (): Promise<Error | null> => {
    let listError: Error | null = null;
    const entries = new Channel<ListEntry>();
    await using workers = scope();
    let missing = workerCount(options);
    try {
      for await (const entry of list) {
        if (entries.trySend(entry)) continue;
        // Nobody is free for it: one more worker, while there may be more.
        if (missing > 0) {
          missing--;
          workers.spawn(fetchWorker, entries);
        }
        await entries.send(entry);
      }
    } catch (error) {
      if (error instanceof KilledError) throw error;
      listError = error as Error;
    }
    entries.close();
    await workers.wait();
    return listError;
  };

  const startedAt = performance.now();
  let interrupts = 0;
  const ignoreInterrupts = io.onInterrupt(() => {
    if (++interrupts > 1) io.exit(130);
    stop.resolve("Ctrl-C");
  });
  let stoppedBy: StopReason | null = null;
  let listError: Error | null = null;
  try {
    await using run = scope({ failFast: false });
    const fetching = run.spawn(fetchList);
    // Lines of JSON on the same terminal would be written into the bar.
    const bar = stderr.isTerminal && !(options.json && stdout.isTerminal)
      ? new ProgressBar(stderr)
      : null;
    const drawing = bar && run.spawn(async function drawProgress() {
      for (;;) {
        const { done, failed, inFlight, bodyBytes: bytes } = tally;
        const state = { done, failed, inFlight, bytes, expected: list.expected };
        await bar.draw(state, performance.now());
        await sleep(REDRAW_MS);
      }
    });
    const end = await Promise.race([wait(fetching), stop.promise]);
    if (drawing !== null) kill(drawing);
    await bar?.clear();
    if (typeof end === "string") stoppedBy = end;
    else if (end.ok) listError = end.value;
    else throw end.error;
    await list.cancel();
  } finally {
    await client.closeAll();
    ignoreInterrupts();
  }

  const elapsedMs = performance.now() - startedAt;
  const report = reportOf(tally, client.totals(), elapsedMs, stoppedBy);
  const remarks = listError === null ? "" : `lasa fetch: ${listMessage(options, listError)}\n`;
  const isTold = await tell(report, remarks, options, stdout, stderr);
  if (stoppedBy === "Ctrl-C") return 130;
  const isWell = isTold && report.failed === 0 && stoppedBy === null && listError === null;
  return isWell ? 0 : 1;
}

/** Writes the summary to where it belongs; says whether that went well. */
async function tell(
  report: Report,
  remarks: string,
  options: FetchOptions,
  stdout: Output,
  stderr: Output,
): Promise<boolean> {
  let isTold = true;
  if (options.report !== null) {
    try {
      await Deno.writeTextFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
    } catch (error) {
      remarks += `lasa fetch: cannot write ${options.report}: ${(error as Error).message}\n`;
      isTold = false;
    }
  }
  try {
    await stderr.write(remarks);
    await (options.json ? stderr : stdout).write(renderSummary(report));
    await stdout.flush();
    await stderr.flush();
  } catch {
    // Whoever was to read it is gone, and with them whom to tell.
    isTold = false;
  }
  return isTold;
}

async function sinkOpener({ out, json }: FetchOptions): Promise<OpenSink> {
  if (out !== null) return await naming(`--out: cannot make the folder ${out}`, openFolder(out));
  return json ? openHash : () => NOWHERE;
}

async function clientOptionsOf(options: FetchOptions) {
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
    ...(clientIps.length === 0 ? {} : { clientIps }),
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

function listMessage({ input }: FetchOptions, error: Error): string {
  return `cannot read ${input === "-" ? "standard input" : input} to its end: ${error.message}`;
}
