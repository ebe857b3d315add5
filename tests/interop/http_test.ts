/**
 * The HTTP client with real servers, plain and over TLS: every row with every server. The versions
 * that were met are printed.
 *
 * @module
 */

import { makeTestTls } from "../support/tls.ts";
import { apache } from "./http/peers/apache.ts";
import { caddy } from "./http/peers/caddy.ts";
import { haproxy } from "./http/peers/haproxy.ts";
import { lighttpd } from "./http/peers/lighttpd.ts";
import { nginx } from "./http/peers/nginx.ts";
import { node } from "./http/peers/node.ts";
import { Peer, versionHere } from "./http/peers/peer.ts";
import { python, python10 } from "./http/peers/python.ts";
import { ROWS } from "./http/rows.ts";
import { Score } from "./http/score.ts";
import { Visit } from "./http/visit.ts";

const SERVERS = [nginx, apache, haproxy, lighttpd, caddy, node, python, python10];

const tls = await makeTestTls();
const score = new Score();

for (const kind of SERVERS) {
  const version = await versionHere(kind);
  if (version === null) {
    score.miss(kind.name);
    Deno.test.ignore(`${kind.name} (needs ${kind.program}, which is not here)`, () => {});
    continue;
  }
  Deno.test(`HTTP with ${kind.name} ${version}`, async (t) => {
    score.meet(kind.name, version);
    await using peer = await Peer.start(kind, tls.server);
    for (const row of ROWS) {
      for (const scheme of ["http", "https"] as const) {
        const visit = new Visit(peer, scheme, tls.ca);
        if (row.needs !== undefined && visit.lacks(row.needs)) {
          score.leaveOut(kind.name, row.name);
          continue;
        }
        score.count(
          kind.name,
          await t.step(`${row.name}, ${scheme}`, () => row.run(visit)),
        );
      }
    }
  });
}

Deno.test("what HTTP was spoken with", () => {
  console.log(score.lines("interop, HTTP:").join("\n"));
});
