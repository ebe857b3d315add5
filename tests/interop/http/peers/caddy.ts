/** caddy, as Debian packages it. @module */

import { LARGE_HEADERS } from "../site.ts";
import { BRIEF_MS, type PeerKind, type Setup } from "./peer.ts";

/** caddy, without the certificates that it would ask for by itself. */
export const caddy: PeerKind = {
  name: "caddy",
  program: "caddy",
  versionFlag: "version",
  configure: (setup) => ({
    files: { Caddyfile: configuration(setup) },
    args: ["run", "--config", "Caddyfile", "--adapter", "caddyfile"],
  }),
};

function configuration(setup: Setup): string {
  const { root, cert, key } = setup;
  const brief = (port: number) => `
    servers 127.0.0.1:${port} {
      timeouts {
        idle ${BRIEF_MS}ms
      }
    }`;
  const site = (scheme: string, port: number) => `
    ${scheme}://:${port} {
      bind 127.0.0.1
      ${scheme === "https" ? `tls ${cert} ${key}` : ""}
      import site
    }`;
  return `
    {
      admin off
      auto_https off
      default_sni localhost
      log {
        level ERROR
      }
      grace_period 1ms
      ${brief(setup.briefPlain)}
      ${brief(setup.briefTls)}
    }
    (site) {
      root * ${root}
      redir /moved /small.txt 302
      handle_path /gzip/* {
        encode gzip
        file_server
      }
      # Where no length is said, Go sends chunks.
      handle_path /chunked/* {
        header -Content-Length
        file_server
      }
      handle /headers {
        ${LARGE_HEADERS.map(([name, value]) => `header ${name} ${value}`).join("\n")}
        respond "headers"
      }
      handle /echo {
        respond "{http.request.body}"
      }
      handle {
        file_server
      }
    }
    ${site("http", setup.plain)}
    ${site("https", setup.tls)}
    ${site("http", setup.briefPlain)}
    ${site("https", setup.briefTls)}
  `;
}
