/** nginx, as Debian packages it. @module */

import { codedLocations, nginxPreparation } from "../../../support/nginx_plan.ts";
import { LARGE_HEADERS } from "../site.ts";
import { BRIEF_MS, type PeerKind, type Setup } from "./peer.ts";

/** nginx; serves files alone. */
export const nginx: PeerKind = {
  name: "nginx",
  program: "nginx",
  versionFlag: "-v",
  lacks: ["echo"],
  configure: (setup) => nginxPreparation(setup.folder, http(setup)),
};

function http(setup: Setup): string {
  const { root } = setup;
  const server = (plain: number, tls: number, keepaliveMs: number) => `
    server {
      listen 127.0.0.1:${plain};
      listen 127.0.0.1:${tls} ssl;
      keepalive_timeout ${keepaliveMs}ms;
      root ${root};
      index index.html;
      location = /moved { return 302 /small.txt; }
      ${codedLocations(root)}
      location = /headers {
        ${LARGE_HEADERS.map(([name, value]) => `add_header ${name} ${value};`).join("\n")}
        return 200 "headers";
      }
    }`;
  return `
    default_type text/plain;
    large_client_header_buffers 4 32k;
    keepalive_requests 10000;
    ssl_certificate ${setup.cert};
    ssl_certificate_key ${setup.key};
    ${server(setup.plain, setup.tls, 60_000)}
    ${server(setup.briefPlain, setup.briefTls, BRIEF_MS)}`;
}
