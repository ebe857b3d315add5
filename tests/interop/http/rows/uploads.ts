/** Bodies that are sent; a server that takes none says 405, and that must be read just as well. @module */

import { assert, assertEquals } from "@std/assert";
import type { Client } from "../../../../src/http/client.ts";
import type { RequestOptions } from "../../../../src/http/options.ts";
import type { Row } from "../row.ts";
import { LINES } from "../site.ts";
import type { Visit } from "../visit.ts";
import { nextIsRight } from "./answers.ts";

/** Posts all lines and looks at what comes back; twice, since the second stands on the first's connection. */
async function post(client: Client, visit: Visit, options: RequestOptions): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    const path = visit.lacks("echo") ? "/small.txt" : "/echo";
    const response = await client.post(visit.url(path), { ...options, close: visit.close });
    const body = await response.text();
    if (visit.lacks("echo")) {
      assertEquals(response.status, 405);
    } else {
      assertEquals(response.status, 200);
      assert(body === LINES, `${body.length} of ${LINES.length} characters came back`);
    }
    await nextIsRight(client, visit);
  }
}

/** A body whose length is not known, in pieces. */
async function* pieces(): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(LINES);
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
}

/** The rows of uploads. */
export const uploadRows: readonly Row[] = [
  {
    name: "POST with a Content-Length",
    run: (visit) => visit.with((client) => post(client, visit, { body: LINES })),
  },
  {
    name: "POST in chunks",
    // An HTTP/1.0 server knows none (RFC 9112 §6.1).
    needs: "http/1.1",
    run: (visit) => visit.with((client) => post(client, visit, { body: () => pieces() })),
  },
  {
    name: "POST that waits for 100 Continue",
    // An HTTP/1.0 server does not say it (RFC 9110 §10.1.1).
    needs: "http/1.1",
    run: (visit) =>
      visit.with(async (client) => {
        // Longer than the whole may take: the body goes because it was asked for.
        const expectContinue = visit.lacks("100 Continue") ? 100 : 60_000;
        const options = { expectContinue, timeout: 10_000 };
        await post(client, visit, { body: LINES, ...options });
        await post(client, visit, { body: () => pieces(), ...options });
      }),
  },
];
