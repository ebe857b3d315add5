/** Many requests on one connection, each with its own answer. @module */

import { assertEquals } from "@std/assert";
import type { Client } from "../../../../src/http/client.ts";
import type { HttpResponse } from "../../../../src/http/response.ts";
import type { Row } from "../row.ts";
import { LINES, NUMBERED, numbered, SMALL } from "../site.ts";
import type { Visit } from "../visit.ts";
import { nextIsRight } from "./answers.ts";

const MIXED = 60;

/** How many requests {@linkcode untilTrusted} sends. */
const TRIALS = 3;

/** One request alone, and one behind another: then the target is known to take pipelines. */
async function untilTrusted(client: Client, visit: Visit): Promise<void> {
  await nextIsRight(client, visit);
  await Promise.all([nextIsRight(client, visit), nextIsRight(client, visit)]);
}

/** The status, once the body has been read. */
async function statusOf(response: HttpResponse): Promise<number> {
  await response.bytes();
  return response.status;
}

/** The rows of pipelines. */
export const pipelineRows: readonly Row[] = [
  {
    name: `${NUMBERED} requests in a pipeline are answered in order, each with its own`,
    needs: "kept connections",
    run: (visit) =>
      visit.with(async (client) => {
        await untilTrusted(client, visit);
        const order: number[] = [];
        const answers = Array.from({ length: NUMBERED }, async (_, n) => {
          const response = await client.get(visit.url(`/n/${n}.txt`));
          order.push(n);
          assertEquals([response.status, await response.text()], [200, numbered(n)]);
        });
        // All have left for the one connection; HTTP/1.0 has no pipelines.
        if (!visit.lacks("http/1.1")) assertEquals(client.stats().inFlight, NUMBERED);
        await Promise.all(answers);
        assertEquals(order, Array.from({ length: NUMBERED }, (_, n) => n));
        assertEquals(client.totals().connectionsOpened, visit.connectionsFor(TRIALS + NUMBERED));
        assertEquals(client.totals().retries, 0);
      }, { maxPipelinedRequests: NUMBERED }),
  },
  {
    name: `${MIXED} different requests in pipelines: HEAD, chunks, gzip, 404, redirects`,
    needs: "kept connections",
    run: (visit) => {
      const isUnable = visit.lacks("large pipelines") && visit.scheme === "https";
      return visit.with(async (client) => {
        await untilTrusted(client, visit);
        // What is sent behind an error would run into a connection that is being closed.
        const [missing, status] = visit.lacks("kept errors")
          ? ["/small.txt", 200]
          : ["/missing", 404];
        const ask = async (n: number) => {
          switch (n % 6) {
            case 0:
              return await (await client.head(visit.url("/large.bin"))).text() === "";
            case 1:
              return await (await client.get(visit.url("/chunked/lines.txt"))).text() === LINES;
            case 2:
              return await (await client.get(visit.url("/gzip/lines.txt"))).text() === LINES;
            case 3:
              return await statusOf(await client.get(visit.url(missing))) === status;
            case 4:
              return await (await client.get(visit.url("/moved"))).text() === SMALL;
            default:
              return await (await client.get(visit.url(`/n/${n}.txt`))).text() === numbered(n);
          }
        };
        const answers = await Promise.all(Array.from({ length: MIXED }, (_, n) => ask(n)));
        assertEquals(answers, answers.map(() => true));
        const { connectionsOpened, retries } = client.totals();
        assertEquals(connectionsOpened, visit.connectionsFor(TRIALS + MIXED + MIXED / 6));
        assertEquals(retries, 0);
      }, { maxPipelinedRequests: isUnable ? 0 : 10 });
    },
  },
];
