/** The HTTP server of Python's standard library. @module */

import type { PeerKind } from "./peer.ts";
import { script } from "./script.ts";

/** `http.server` with `protocol_version = "HTTP/1.1"`. */
export const python: PeerKind = serverOf("Python", "HTTP/1.1", { lacks: ["range", "kept errors"] });

/** The same as it is out of the box: HTTP/1.0, a connection for each request. */
export const python10: PeerKind = serverOf("Python, HTTP/1.0", "HTTP/1.0", {
  lacks: ["range", "kept errors", "http/1.1"],
});

function serverOf(name: string, protocol: string, { lacks }: Pick<PeerKind, "lacks">): PeerKind {
  return {
    name,
    program: "python3",
    versionFlag: "--version",
    lacks,
    configure: (setup) => script("python_server.py", setup, { protocol }),
  };
}
