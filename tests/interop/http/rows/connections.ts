/** Connections that are kept, lost, closed and had again. @module */

import { assert, assertEquals } from "@std/assert";
import { AbortedError } from "../../../../src/errors.ts";
import { failure } from "../../../support/client.ts";
import { poll } from "../../../support/poll.ts";
import type { Row } from "../row.ts";
import { LINES, numbered, SMALL } from "../site.ts";
import { nextIsRight } from "./answers.ts";

const SEQUENTIAL = 50;
const PARALLEL = 20;

/** The rows of connections. */
export const connectionRows: readonly Row[] = [
  {
    name: `${SEQUENTIAL} requests one after the other take one connection`,
    needs: "kept connections",
    run: (visit) =>
      visit.with(async (client) => {
        for (let n = 0; n < SEQUENTIAL; n++) {
          const response = await client.get(visit.url(`/n/${n}.txt`));
          assertEquals(await response.text(), numbered(n));
        }
        assertEquals(client.totals().connectionsOpened, visit.connectionsFor(SEQUENTIAL));
      }),
  },
  {
    name: `${PARALLEL} connections at once`,
    needs: "kept connections",
    run: (visit) =>
      visit.with(async (client) => {
        await Promise.all(Array.from({ length: 2 * PARALLEL }, async () => {
          const response = await client.get(visit.url("/lines.txt"), { decompress: false });
          assert(await response.text() === LINES);
        }));
        const { connectionsOpened } = client.totals();
        assert(connectionsOpened > 1, String(connectionsOpened));
        if (!visit.lacks("http/1.1")) assert(connectionsOpened <= PARALLEL);
      }, { maxConnPerTarget: PARALLEL, maxPipelinedRequests: 0 }),
  },
  {
    name: "the server closes an idle connection, and the next request takes another",
    isHopOnly: true,
    run: (visit) =>
      // A client that closes it of itself would show nothing.
      visit.with(async (client) => {
        const ask = async () => await (await client.get(visit.briefUrl("/small.txt"))).text();
        assertEquals(await ask(), SMALL);
        await poll("the server to close", () => client.stats().connections === 0);
        assertEquals(await ask(), SMALL);
        assertEquals(client.totals().connectionsOpened, 2);
      }, { idleTimeoutMs: 60_000 }),
  },
  {
    name: "the server stops and starts between two requests",
    isHopOnly: true,
    run: (visit) =>
      visit.with(async (client) => {
        await nextIsRight(client, visit);
        await visit.peer.restart();
        await nextIsRight(client, visit);
        assertEquals(client.totals().connectionsOpened, 2);
      }, { idleTimeoutMs: 60_000 }),
  },
  {
    name: "a body given up in the middle, by signal and by leaving it",
    run: (visit) =>
      visit.with(async (client) => {
        const controller = new AbortController();
        const response = await client.get(visit.url("/large.bin"), { signal: controller.signal });
        const pieces = response.chunks()[Symbol.asyncIterator]();
        assert((await pieces.next()).value!.length > 0);
        controller.abort();
        const rest = (async () => {
          while (!(await pieces.next()).done);
        })();
        await failure(rest, AbortedError);
        await nextIsRight(client, visit);
        const left = await client.get(visit.url("/large.bin"));
        for await (const piece of left.chunks()) {
          assert(piece.length > 0);
          break;
        }
        await nextIsRight(client, visit);
      }),
  },
  {
    name: "the client closes when told",
    run: (visit) =>
      visit.with(async (client) => {
        const response = await client.get(visit.url("/small.txt"), { close: true });
        assertEquals(await response.text(), SMALL);
        await poll("the connection to close", () => client.stats().connections === 0);
        await nextIsRight(client, visit);
        assertEquals(client.totals().connectionsOpened, 2);
      }),
  },
];
