/** One request, one answer. @module */

import { assert, assertEquals } from "@std/assert";
import type { Client } from "../../../../src/http/client.ts";
import type { Row } from "../row.ts";
import { INDEX, LARGE, LARGE_HEADERS, LINES, SMALL } from "../site.ts";
import type { Visit } from "../visit.ts";

/** What stood before on the connection is over, to the byte: the next answer is right. */
export async function nextIsRight(client: Client, visit: Visit): Promise<void> {
  const url = visit.url("/small.txt");
  const response = await (visit.close ? client.get(url, { close: true }) : client.get(url));
  assertEquals([response.status, await response.text()], [200, SMALL]);
}

/** The rows of single answers. */
export const answerRows: readonly Row[] = [
  {
    name: "GET with a Content-Length",
    run: (visit) =>
      visit.with(async (client) => {
        const response = await client.get(visit.url("/small.txt"));
        assertEquals([response.status, response.statusText], [200, "OK"]);
        assertEquals(response.headers.get("content-length"), String(SMALL.length));
        assertEquals(await response.text(), SMALL);
      }),
  },
  {
    name: "1 MiB is equal byte for byte",
    run: (visit) =>
      visit.with(async (client) => {
        const response = await client.get(visit.url("/large.bin"));
        const body = await response.bytes();
        assertEquals(body.length, LARGE.length);
        assert(body.every((byte, i) => byte === LARGE[i]));
        await nextIsRight(client, visit);
      }),
  },
  {
    name: "HEAD has the fields and no body",
    run: (visit) =>
      visit.with(async (client) => {
        for (const path of ["/small.txt", "/large.bin", "/missing"]) {
          const response = await client.head(visit.url(path));
          assertEquals(response.status, path === "/missing" ? 404 : 200);
          if (path === "/large.bin") {
            assertEquals(response.headers.get("content-length"), String(LARGE.length));
          }
          assertEquals(await response.text(), "");
        }
        await nextIsRight(client, visit);
        assertEquals(client.totals().connectionsOpened, visit.connectionsFor(4, 1));
      }),
  },
  {
    name: "a body in chunks",
    run: (visit) =>
      visit.with(async (client) => {
        const response = await client.get(visit.url("/chunked/lines.txt"), { decompress: false });
        const framing = visit.lacks("http/1.1") ? null : "chunked";
        assertEquals(response.headers.get("transfer-encoding"), framing);
        assertEquals(response.headers.get("content-length"), null);
        assert(await response.text() === LINES);
        await nextIsRight(client, visit);
      }),
  },
  {
    name: "a gzip body is decoded",
    run: (visit) =>
      visit.with(async (client) => {
        const response = await client.get(visit.url("/gzip/lines.txt"));
        assertEquals(response.headers.get("content-encoding"), "gzip");
        assert(await response.text() === LINES);
        await nextIsRight(client, visit);
      }),
  },
  {
    name: "a conditional request gives 304 without a body",
    run: (visit) =>
      visit.with(async (client) => {
        const first = await client.get(visit.url("/lines.txt"), { decompress: false });
        assert(await first.text() === LINES);
        const etag = first.headers.get("etag");
        const headers: Record<string, string> = etag === null
          ? { "If-Modified-Since": first.headers.get("last-modified")! }
          : { "If-None-Match": etag };
        const options = { decompress: false, headers };
        const second = await client.get(visit.url("/lines.txt"), options);
        assertEquals([second.status, await second.text()], [304, ""]);
        await nextIsRight(client, visit);
        assertEquals(client.totals().connectionsOpened, visit.connectionsFor(3));
      }),
  },
  {
    name: "a range gives 206 and the part",
    needs: "range",
    run: (visit) =>
      visit.with(async (client) => {
        const response = await client.get(visit.url("/large.bin"), {
          headers: { Range: "bytes=1000-300999" },
        });
        assertEquals(response.status, 206);
        const told = `bytes 1000-300999/${LARGE.length}`;
        assertEquals(response.headers.get("content-range"), told);
        assertEquals(await response.bytes(), LARGE.slice(1000, 301_000));
        await nextIsRight(client, visit);
      }),
  },
  {
    name: "404 comes with its body",
    run: (visit) =>
      visit.with(async (client) => {
        const response = await client.get(visit.url("/missing"));
        assertEquals([response.status, response.ok], [404, false]);
        const length = response.headers.get("content-length");
        const body = await response.bytes();
        if (length !== null) assertEquals(body.length, Number(length));
        await nextIsRight(client, visit);
      }),
  },
  {
    name: "a redirect is followed",
    run: (visit) =>
      visit.with(async (client) => {
        const response = await client.get(visit.url("/moved"));
        assertEquals([response.status, response.redirectCount], [200, 1]);
        assertEquals(response.url, visit.url("/small.txt"));
        assertEquals(await response.text(), SMALL);
        const manual = await client.get(visit.url("/moved"), { redirect: "manual" });
        assertEquals(manual.status, 302);
        await manual.discard();
      }),
  },
  {
    name: "a folder without its slash leads to its index",
    run: (visit) =>
      visit.with(async (client) => {
        const response = await client.get(visit.url("/dir"));
        assertEquals([response.status, response.redirectCount], [200, 1]);
        assertEquals(response.url, visit.url("/dir/"));
        assertEquals(await response.text(), INDEX);
      }),
  },
  {
    name: "60 KB of headers",
    run: (visit) =>
      visit.with(async (client) => {
        const response = await client.get(visit.url("/headers"));
        for (const [name, value] of LARGE_HEADERS) {
          assertEquals(response.headers.get(name), value, name);
        }
        await response.discard();
        await nextIsRight(client, visit);
      }),
  },
  {
    name: "a URL and a field of 8 KB",
    run: (visit) =>
      visit.with(async (client) => {
        const url = visit.url(`/small.txt?${"q".repeat(8_000)}`);
        const long = await client.get(url);
        assertEquals([long.status, await long.text()], [200, SMALL]);
        const field = await client.get(visit.url("/small.txt"), {
          headers: { "X-Long": "f".repeat(8_000) },
        });
        assertEquals([field.status, await field.text()], [200, SMALL]);
      }),
  },
  {
    name: "fetch: text, a redirect, gzip, 404",
    run: (visit) =>
      visit.with(async ({ fetch }) => {
        assertEquals(await (await fetch(visit.url("/small.txt"))).text(), SMALL);
        const moved = await fetch(visit.url("/moved"));
        assertEquals([moved.redirected, moved.url], [true, visit.url("/small.txt")]);
        assertEquals(await moved.text(), SMALL);
        assert(await (await fetch(visit.url("/gzip/lines.txt"))).text() === LINES);
        const missing = await fetch(visit.url("/missing"));
        assertEquals([missing.ok, missing.status], [false, 404]);
        await missing.body?.cancel();
      }),
  },
];
