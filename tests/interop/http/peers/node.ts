/** Node's own HTTP server. @module */

import { pathOf } from "../../../support/sources.ts";
import { BRIEF_MS, type PeerKind } from "./peer.ts";
import { scriptArguments } from "./script.ts";

/** `node:http` and `node:https`. */
export const node: PeerKind = {
  name: "node",
  program: "node",
  versionFlag: "--version",
  // Node's TLS sockets feed the parser that a full pipeline has paused, which it takes for the
  // caller's mistake: HPE_PAUSED.
  lacks: ["large pipelines"],
  configure: async (setup) => [
    pathOf(new URL("node_server.mjs", import.meta.url)),
    await scriptArguments(setup, { briefMs: BRIEF_MS }),
  ],
};
