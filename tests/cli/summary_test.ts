import { assertEquals } from "@std/assert";
import { jsonLine } from "../../src/cli/json_line.ts";
import { renderSummary, reportOf } from "../../src/cli/summary.ts";
import { type Outcome, Tally } from "../../src/cli/tally.ts";
import { BrokenError, TimeoutError } from "../../src/errors.ts";

const TOTALS = {
  connectionsOpened: 2,
  requestsSent: 2010,
  responses: 2005,
  retries: 4,
  retriesDenied: 0,
  bytesSent: 100,
  bytesReceived: 1_500_000,
};

const OUTCOMES: Outcome[] = [
  ...Array(1000).fill({ url: "http://a/", status: 200, bytes: 1000, ms: 2 }),
  { url: "http://a/gone", status: 404, bytes: 10, ms: 2 },
  ...[1, 2].map((n) => ({
    url: `http://a/${n}`,
    bytes: 0,
    ms: 1,
    error: new BrokenError("x", { code: "connection refused" }),
  })),
  {
    url: "http://a/s",
    status: 200,
    bytes: 5,
    ms: 9,
    error: new TimeoutError("x", { phase: "body" }),
  },
  { url: "http://a/d\x1b", bytes: 0, ms: 9, error: new Deno.errors.NotFound("x") },
];

function tallyOf(outcomes: readonly Outcome[]): Tally {
  const tally = new Tally();
  for (const outcome of outcomes) {
    tally.bodyBytes += outcome.bytes;
    tally.count(outcome);
  }
  return tally;
}

Deno.test("the summary tells counts, kinds of failure, latencies, bytes, speed and connections", () => {
  const report = reportOf(tallyOf(OUTCOMES), TOTALS, 2000, null);
  assertEquals(
    renderSummary(report),
    `1,005 URLs in 2.00 s: 1,000 fetched, 5 failed
  status       200 × 1,001   404 × 1
  failures     BrokenError (connection refused) × 2, first http://a/1
               HTTP 404 × 1, http://a/gone
               TimeoutError (timeout, body) × 1, http://a/s
               NotFound × 1, http://a/d?
  latency      p50 2.00 ms   p90 2.00 ms   p99 2.00 ms
  bytes        1.00 MB of bodies, 1.50 MB over the wire
  speed        1,003 requests/s
  connections  2, 1,005 requests each, 4 sent again
`,
  );
});

Deno.test("the summary of a stopped run says why and how much was given up", () => {
  const tally = tallyOf([]);
  tally.inFlight = 3;
  const report = reportOf(tally, { ...TOTALS, connectionsOpened: 0, responses: 0 }, 10, "Ctrl-C");
  assertEquals(
    renderSummary(report),
    `0 URLs in 10.0 ms: 0 fetched, 0 failed
stopped by Ctrl-C; 3 URLs given up half-way
  bytes        0 B of bodies, 1.50 MB over the wire
  speed        0.00 requests/s
  connections  none
`,
  );
});

Deno.test("a line of JSON has what is known and nothing else", () => {
  assertEquals(
    jsonLine({
      url: "http://a/",
      finalUrl: "http://a/b",
      status: 200,
      bytes: 3,
      ms: 1.23456,
      sha256: "00",
    }),
    '{"url":"http://a/","finalUrl":"http://a/b","status":200,"bytes":3,"ms":1.235,"sha256":"00"}\n',
  );
  const error = new TimeoutError("too\nlate", { phase: "headers", sent: "all" });
  assertEquals(
    jsonLine({ url: "http://a/\u2028", bytes: 0, ms: 5, error }),
    '{"url":"http://a/\u2028","bytes":0,"ms":5,"error":{"name":"TimeoutError","code":"timeout",' +
      '"message":"too\\nlate","phase":"headers","sent":"all"}}\n',
  );
});
