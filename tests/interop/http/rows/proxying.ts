/** What holds of the ways through proxies alone. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { BrokenError } from "../../../../src/errors.ts";
import type { Client } from "../../../../src/http/client.ts";
import type { ProxyLike, ProxyOptions } from "../../../../src/http/options.ts";
import { failure, withClient } from "../../../support/client.ts";
import { freePorts } from "../../../support/server_process.ts";
import type { Peer } from "../peers/peer.ts";
import { USER } from "../proxies.ts";
import { SMALL } from "../site.ts";

/** A proxy of one scheme in front of a server of another. */
export interface ProxyVisit {
  /** The server behind, and its scheme. */
  readonly peer: Peer;
  readonly scheme: "http" | "https";
  /** The proxy's own scheme. */
  readonly proxyScheme: string;
  /** The port of the proxy that lets everybody in, and of the one that asks for {@linkcode USER}. */
  readonly open: number;
  readonly guarded: number;
  /** The authority that signed for the server. */
  readonly ca: string;
}

/** A behaviour of a way through a proxy. */
export interface ProxyRow {
  /** What it is. */
  readonly name: string;
  /** Throws where it does not hold. */
  run(visit: ProxyVisit): Promise<void>;
}

function withProxy(
  visit: ProxyVisit,
  proxy: ProxyLike,
  test: (client: Client) => Promise<void>,
): Promise<void> {
  return withClient({ proxy, tls: { caCerts: [visit.ca] }, maxRetries: 1 }, test);
}

function proxyUrl({ proxyScheme }: ProxyVisit, port: number, user = ""): string {
  return `${proxyScheme}://${user}127.0.0.1:${port}`;
}

/** Whether the proxy is asked for each resource, and so answers itself where it cannot be had. */
function isForwarded({ scheme, proxyScheme }: ProxyVisit): boolean {
  return scheme === "http" && proxyScheme === "http";
}

async function isRight(client: Client, url: string): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    const response = await client.get(url);
    assertEquals([response.status, await response.text()], [200, SMALL]);
  }
}

/** Fails as the proxy refuses: with its own answer where it forwards, else before anything is sent. */
async function isRefused(
  visit: ProxyVisit,
  client: Client,
  url: string,
  statuses: readonly number[],
): Promise<void> {
  if (isForwarded(visit)) {
    const response = await client.get(url);
    await response.discard();
    assert(statuses.includes(response.status), String(response.status));
  } else {
    const error = await failure(client.get(url), BrokenError);
    assertEquals(error.sent, "none");
    assertStringIncludes(error.message, "127.0.0.1");
  }
}

/** Runs with variables of the environment, and puts back those that stood before. */
async function withEnv(
  variables: Readonly<Record<string, string>>,
  test: () => Promise<void>,
): Promise<void> {
  const names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"]
    .flatMap((name) => [name, name.toUpperCase()]);
  const before = names.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of names) Deno.env.delete(name);
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  try {
    await test();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

/** The rows of proxies. */
export const proxyRows: readonly ProxyRow[] = [
  {
    name: "a proxy that asks for a user and a password gets them",
    run: (visit) => {
      const user = `${USER.name}:${USER.password}@`;
      return withProxy(
        visit,
        proxyUrl(visit, visit.guarded, user),
        (client) => isRight(client, visit.peer.url(visit.scheme) + "/small.txt"),
      );
    },
  },
  {
    name: "a proxy that asks for a user and a password is told none, or a wrong one",
    run: async (visit) => {
      for (const user of ["", `${USER.name}:wrong@`]) {
        await withProxy(visit, proxyUrl(visit, visit.guarded, user), async (client) => {
          const url = visit.peer.url(visit.scheme) + "/small.txt";
          await isRefused(visit, client, url, [407, 401]);
        });
      }
    },
  },
  {
    name: "a server given by name",
    run: (visit) =>
      withProxy(visit, proxyUrl(visit, visit.open), async (client) => {
        const url = new URL(visit.peer.url(visit.scheme) + "/small.txt");
        url.hostname = "localhost";
        await isRight(client, url.href);
      }),
  },
  {
    name: "a tunnel on demand",
    run: async (visit) => {
      const proxy: ProxyOptions = { url: proxyUrl(visit, visit.open), tunnel: true };
      await withProxy(visit, proxy, async (client) => {
        const url = visit.peer.url(visit.scheme) + "/small.txt";
        await isRight(client, url);
        assertEquals((await client.get(url, { decompress: false })).headers.get("via"), null);
        assertEquals(client.totals().connectionsOpened, 1);
      });
    },
  },
  {
    name: "a server that nobody finds",
    run: (visit) =>
      withProxy(visit, proxyUrl(visit, visit.open), async (client) => {
        const url = `${visit.scheme}://127.0.0.1:${freePorts(1)[0]}/`;
        await isRefused(visit, client, url, [500, 502, 503, 504]);
      }),
  },
  {
    name: "what noProxy names goes past it, all else through it",
    run: async (visit) => {
      const url = visit.peer.url(visit.scheme) + "/small.txt";
      const dead = proxyUrl(visit, freePorts(1)[0]);
      const past: ProxyOptions = { url: dead, noProxy: "localhost, 127.0.0.0/8" };
      await withProxy(visit, past, (client) => isRight(client, url));
      const through: ProxyOptions = { url: dead, noProxy: "example.org" };
      await withProxy(visit, through, async (client) => {
        assertEquals((await failure(client.get(url), BrokenError)).sent, "none");
      });
    },
  },
  {
    name: "the environment names it, and what goes past it",
    run: async (visit) => {
      const url = visit.peer.url(visit.scheme) + "/small.txt";
      const user = `${USER.name}:${USER.password}@`;
      const all = { all_proxy: proxyUrl(visit, visit.guarded, user) };
      await withEnv(all, () => withProxy(visit, "env", (client) => isRight(client, url)));
      const refused = { all_proxy: proxyUrl(visit, visit.guarded) };
      await withEnv(refused, () =>
        withProxy(visit, "env", async (client) => {
          await isRefused(visit, client, url, [407]);
        }));
      const past = { ...refused, no_proxy: "localhost,127.0.0.1" };
      await withEnv(past, () => withProxy(visit, "env", (client) => isRight(client, url)));
    },
  },
];
