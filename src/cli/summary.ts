/**
 * What there is to say at the end.
 *
 * @module
 */

import type { Totals } from "../http/totals.ts";
import { formatBytes, formatCount, formatDuration, formatNumberOf, formatRate } from "./format.ts";
import type { Percentiles } from "./latencies.ts";
import type { FailureCount, Tally } from "./tally.ts";

/** Why a run ended before its list did. */
export type StopReason = "Ctrl-C" | "SIGTERM" | "first failure" | "output closed";

/** Everything that a summary tells; `--report` writes it as it is. */
export interface Report {
  /** URLs that ended well. */
  readonly fetched: number;
  /** URLs that ended in an error or in a status from 400 up. */
  readonly failed: number;
  /** URLs that were given up half-way, since the run was stopped. */
  readonly unfinished: number;
  /** Why it was stopped; `null` where the list came to its end. */
  readonly stoppedBy: StopReason | null;
  /** How often each status came. */
  readonly statuses: Readonly<Record<string, number>>;
  /** The ways to fail. */
  readonly failures: readonly FailureCount[];
  /** Milliseconds from a URL's turn to the end of its body. */
  readonly latencyMs: Percentiles;
  /** Bytes of bodies, decoded. */
  readonly bodyBytes: number;
  /** Bytes that came over the wire, heads included. */
  readonly wireBytes: number;
  /** Milliseconds of the whole run. */
  readonly elapsedMs: number;
  /** Answers, redirects included. */
  readonly responses: number;
  /** Answers a second. */
  readonly requestsPerSecond: number;
  /** Connections that were opened. */
  readonly connections: number;
  /** Requests sent per connection. */
  readonly requestsPerConnection: number;
  /** Requests that were sent again. */
  readonly retries: number;
}

/** Puts the numbers together. */
export function reportOf(
  tally: Tally,
  totals: Totals,
  elapsedMs: number,
  stoppedBy: StopReason | null,
): Report {
  return {
    fetched: tally.fetched,
    failed: tally.failed,
    unfinished: tally.inFlight,
    stoppedBy,
    statuses: Object.fromEntries(tally.statuses),
    failures: tally.failures,
    latencyMs: tally.latencyMs,
    bodyBytes: tally.bodyBytes,
    wireBytes: totals.bytesReceived,
    elapsedMs,
    responses: totals.responses,
    requestsPerSecond: totals.responses / Math.max(elapsedMs, 0.001) * 1000,
    connections: totals.connectionsOpened,
    requestsPerConnection: totals.requestsSent / Math.max(totals.connectionsOpened, 1),
    retries: totals.retries,
  };
}

/** The summary as text, in lines that end with a line feed. */
export function renderSummary(report: Report): string {
  const { fetched, failed, unfinished, stoppedBy, latencyMs, connections } = report;
  const lines = [
    `${formatNumberOf(fetched + failed, "URL")} in ${formatDuration(report.elapsedMs)}: ` +
    `${formatCount(fetched)} fetched, ${formatCount(failed)} failed`,
  ];
  if (stoppedBy !== null) {
    lines.push(`stopped by ${stoppedBy}; ${formatNumberOf(unfinished, "URL")} given up half-way`);
  }
  const facts: [name: string, value: string][] = [];
  const statuses = Object.entries(report.statuses);
  if (statuses.length > 0) {
    facts.push([
      "status",
      statuses.map(([status, count]) => `${status} × ${formatCount(count)}`).join("   "),
    ]);
  }
  for (const [index, { kind, count, example }] of report.failures.entries()) {
    facts.push([
      index === 0 ? "failures" : "",
      `${kind} × ${formatCount(count)}, ${count === 1 ? "" : "first "}${shortened(example)}`,
    ]);
  }
  const { p50, p90, p99 } = latencyMs;
  if (p50 !== null && p90 !== null && p99 !== null) {
    const [half, most, all] = [p50, p90, p99].map(formatDuration);
    facts.push(["latency", `p50 ${half}   p90 ${most}   p99 ${all}`]);
  }
  facts.push([
    "bytes",
    `${formatBytes(report.bodyBytes)} of bodies, ${formatBytes(report.wireBytes)} over the wire`,
  ]);
  facts.push(["speed", `${formatRate(report.requestsPerSecond)} requests/s`]);
  const resent = report.retries === 0 ? "" : `, ${formatCount(report.retries)} sent again`;
  facts.push([
    "connections",
    connections === 0
      ? "none"
      : `${formatCount(connections)}, ${formatRate(report.requestsPerConnection)} requests each` +
        resent,
  ]);
  for (const [name, value] of facts) lines.push(`  ${name.padEnd(13)}${value}`);
  return `${lines.join("\n")}\n`;
}

/** What a list held may be long, and may hold what a terminal would obey. */
function shortened(text: string): string {
  const plain = text.replace(/\p{Cc}/gu, "?");
  return plain.length > 100 ? `${plain.slice(0, 99)}…` : plain;
}
