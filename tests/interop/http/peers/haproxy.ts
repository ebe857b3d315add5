/** haproxy, as Debian packages it, with node behind it. @module */

import { node } from "./node.ts";
import { BRIEF_MS, type PeerKind, type Setup } from "./peer.ts";

/** haproxy in HTTP mode: it ends TLS, compresses and redirects; the rest is the server's behind. */
export const haproxy: PeerKind = {
  name: "haproxy",
  program: "haproxy",
  versionFlag: "-v",
  behind: node,
  configure: (setup) => ({
    files: { "haproxy.cfg": configuration(setup) },
    args: ["-db", "-f", "haproxy.cfg"],
  }),
};

function configuration(setup: Setup): string {
  const frontend = (name: string, plain: number, tls: number, keepaliveMs: number) => `
frontend ${name}
  bind 127.0.0.1:${plain}
  bind 127.0.0.1:${tls} ssl crt ${setup.certAndKey}
  timeout http-keep-alive ${keepaliveMs}ms
  http-request redirect location /small.txt code 302 if { path /moved }
  use_backend compressed if { path_beg /gzip/ }
  default_backend origin`;
  // A head must fit into a buffer.
  return `
global
  maxconn 256
  tune.bufsize 131072
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
${frontend("patient", setup.plain, setup.tls, 60_000)}
${frontend("brief", setup.briefPlain, setup.briefTls, BRIEF_MS)}
backend origin
  server node 127.0.0.1:${setup.behind}
backend compressed
  http-request replace-path /gzip/(.*) /\\1
  compression algo gzip
  compression type text/plain
  server node 127.0.0.1:${setup.behind}
`;
}
