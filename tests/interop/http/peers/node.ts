/** Node's own HTTP server. @module */

import type { PeerKind } from "./peer.ts";
import { script } from "./script.ts";

/** `node:http` and `node:https`. */
export const node: PeerKind = {
  name: "node",
  program: "node",
  versionFlag: "--version",
  // Node's TLS sockets feed the parser that a full pipeline has paused, which it takes for the
  // caller's mistake: HPE_PAUSED.
  lacks: ["large pipelines"],
  configure: (setup) => script("node_server.mjs", setup),
};
