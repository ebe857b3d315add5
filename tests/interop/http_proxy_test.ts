/**
 * The HTTP client through real proxies to a real server, plain and over TLS: every row that holds of
 * servers, and those of proxies. The versions that were met are printed.
 *
 * @module
 */

import { useAll } from "../support/server_process.ts";
import { makeTestTls } from "../support/tls.ts";
import { node } from "./http/peers/node.ts";
import { Peer, versionHere } from "./http/peers/peer.ts";
import { PROXIES, proxyVersion, USER } from "./http/proxies.ts";
import { ROWS } from "./http/rows.ts";
import { proxyRows } from "./http/rows/proxying.ts";
import { Score } from "./http/score.ts";
import { Visit } from "./http/visit.ts";

const tls = await makeTestTls();
const score = new Score();
const hasServer = await versionHere(node) !== null;

for (const kind of PROXIES) {
  const version = hasServer ? await proxyVersion(kind) : null;
  if (version === null) {
    score.miss(kind.name);
    Deno.test.ignore(`${kind.name} (needs ${kind.name} and node, which are not here)`, () => {});
    continue;
  }
  Deno.test(`HTTP through ${kind.name} ${version}`, async (t) => {
    score.meet(kind.name, version);
    await using stack = new AsyncDisposableStack();
    const [open, guarded] = await useAll(stack, [kind.start(), kind.start(USER)]);
    const [peer] = await useAll(stack, [Peer.start(node, tls.server)]);
    const step = async (name: string, run: () => Promise<void>) =>
      score.count(kind.name, await t.step(name, run));

    for (const scheme of ["http", "https"] as const) {
      const proxy = `${kind.schemes[0]}://127.0.0.1:${open.port}`;
      const lacks = scheme === "http" ? kind.lacksForwarded : [];
      const visit = new Visit(peer, scheme, tls.ca, { proxy, lacks });
      for (const row of ROWS) {
        if (row.isHopOnly) continue;
        if (row.needs !== undefined && visit.lacks(row.needs)) {
          score.leaveOut(kind.name, `${row.name}, ${scheme}`);
          continue;
        }
        await step(`${row.name}, ${scheme}`, () => row.run(visit));
      }
      for (const proxyScheme of kind.schemes) {
        const ends = { open: open.port, guarded: guarded.port, ca: tls.ca };
        for (const row of proxyRows) {
          await step(
            `${row.name}, ${scheme} over ${proxyScheme}`,
            () => row.run({ peer, scheme, proxyScheme, ...ends }),
          );
        }
      }
    }
  });
}

Deno.test("what HTTP was spoken through", () => {
  console.log(score.lines("interop, HTTP through proxies:").join("\n"));
});
