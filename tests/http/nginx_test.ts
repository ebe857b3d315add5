/** Ten thousand URLs from a real server over four connections, each body equal to its file. @module */

import { createHash } from "node:crypto";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { LasaError } from "../../src/errors.ts";
import type { Client } from "../../src/http/client.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { spawn, waitAll } from "../../src/thread/mod.ts";
import { untilQuiet, withClient } from "../support/client.ts";
import { Nginx, testWithNginx } from "../support/nginx.ts";
import { Random } from "../support/random.ts";
import { makeTestTls } from "../support/tls.ts";

const URLS = 10_000;
const FILES = 500;
const THREADS = 64;

const random = new Random(10_000);
/** Small files mostly, some large ones, one without a byte. */
const files: (readonly [string, Uint8Array])[] = Array.from({ length: FILES }, (_, n) => {
  const size = n === 0 ? 0 : n % 50 === 0 ? 200_000 + n : 1 + random.below(6_000);
  return [`${n}.txt`, new TextEncoder().encode(`${n}: ${random.text("abcdef \n", size)}`)] as const;
});
files[0] = ["0.txt", new Uint8Array(0)];
const hashes = files.map(([, bytes]) => hashOf(bytes));

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

interface Outcome {
  fetched: number;
  readonly failures: string[];
  /** What each answer said of its framing and coding. */
  readonly ways: Set<string>;
}

/** Fetches every URL once from light threads, and compares every body with its file. */
async function fetchAll(
  client: Client,
  base: string,
  onProgress: (done: number) => void = () => {},
): Promise<Outcome> {
  const outcome: Outcome = { fetched: 0, failures: [], ways: new Set() };
  let next = 0;
  let done = 0;
  const worker = async () => {
    while (next < URLS) {
      const n = next++;
      const file = n % FILES;
      try {
        const answer = await client.get(`${base}${file}.txt?n=${n}`);
        assertEquals(answer.status, 200);
        const { headers } = answer;
        outcome.ways.add(
          [headers.get("transfer-encoding") ?? "length", headers.get("content-encoding") ?? "plain"]
            .join(" "),
        );
        assertEquals(hashOf(await answer.bytes()), hashes[file], `body of ${n}`);
        outcome.fetched++;
      } catch (error) {
        if (!(error instanceof LasaError)) throw error;
        outcome.failures.push(`${error.name} ${error.code} ${error.message}`);
      }
      onProgress(++done);
    }
  };
  const ends = await waitAll(...Array.from({ length: THREADS }, () => spawn(worker)));
  for (const end of ends) if (!end.ok) throw end.error;
  assertEquals(done, URLS, "every URL ends once");
  return outcome;
}

async function withNginx(
  options: ClientOptions,
  test: (nginx: Nginx, client: Client) => Promise<void>,
): Promise<void> {
  const tls = await makeTestTls();
  await using nginx = await Nginx.start(files, tls.server);
  await withClient({ maxConn: 4, tls: { caCerts: [tls.ca] }, ...options }, async (client) => {
    await test(nginx, client);
    await untilQuiet(client);
    assert(client.stats().connections <= 4);
  });
}

const VARIANTS: [name: string, path: string, way: string, isTls?: boolean][] = [
  ["plain", "/", "length plain"],
  ["chunked", "/chunked/", "chunked plain"],
  ["gzip", "/gzip/", "chunked gzip"],
  ["TLS", "/", "length plain", true],
];

for (const [name, path, way, isTls] of VARIANTS) {
  testWithNginx(`10,000 URLs from nginx over 4 connections: ${name}`, async () => {
    await withNginx({}, async (nginx, client) => {
      const base = isTls
        ? `https://localhost:${nginx.tlsPort}${path}`
        : `http://127.0.0.1:${nginx.port}${path}`;
      const { fetched, failures, ways } = await fetchAll(client, base);
      assertEquals([fetched, failures], [URLS, []]);
      assert(ways.has(way), [...ways].join());
      // nginx closes a connection after so many requests (keepalive_requests, 1,000).
      assert(client.totals().connectionsOpened >= 10);
      assertEquals(client.totals().retries, 0);
    });
  });
}

for (const isTls of [false, true]) {
  const over = isTls ? "TLS" : "TCP";
  const baseOf = (nginx: Nginx) =>
    isTls ? `https://localhost:${nginx.tlsPort}/` : `http://127.0.0.1:${nginx.port}/`;

  /** Fetches all while nginx is reloaded twice. */
  const fetchOverReloads = (nginx: Nginx, client: Client) =>
    fetchAll(client, baseOf(nginx), (done) => {
      if (done === 2_500 || done === 5_000) nginx.reload();
    });

  testWithNginx(
    `nginx reloaded twice, 10,000 URLs over ${over}, no pipelines: all come`,
    async () => {
      await withNginx({ maxPipelinedRequests: 0 }, async (nginx, client) => {
        const { fetched, failures } = await fetchOverReloads(nginx, client);
        assertEquals([fetched, failures], [URLS, []]);
      });
    },
  );

  testWithNginx(
    `nginx reloaded twice, 10,000 URLs over ${over}, pipelines: none is lost`,
    async () => {
      await withNginx({}, async (nginx, client) => {
        const { fetched, failures } = await fetchOverReloads(nginx, client);
        assertEquals(fetched + failures.length, URLS);
        // A worker that ends closes with the requests behind unread, and the reset that this makes can
        // cut a body whose head its caller has already: one for each connection and reload at most.
        assert(failures.length <= 2 * 4, failures.join("\n"));
        for (const failure of failures) {
          assertMatch(failure, /^BrokenError .* Cannot read the body/);
        }
      });
    },
  );

  testWithNginx(`nginx stopped and started, 10,000 URLs over ${over}: none is lost`, async () => {
    await withNginx({}, async (nginx, client) => {
      let restarting: Promise<void> | undefined;
      const { fetched, failures } = await fetchAll(client, baseOf(nginx), (done) => {
        if (done === 4_000) restarting = nginx.stop().then(() => nginx.startAgain());
      });
      await restarting;
      assertEquals(fetched + failures.length, URLS);
      // At most the bodies that were on their way; what had no head yet was asked for again.
      assert(failures.length <= 4, failures.join("\n"));
    });
  });
}
