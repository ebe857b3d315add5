/** lighttpd, as Debian packages it. @module */

import { LARGE_HEADERS } from "../site.ts";
import type { PeerKind, Setup } from "./peer.ts";

const HEAD = String.raw`printf 'Content-Type: text/plain\r\n\r\n'`;
const MODULES = "/usr/lib/lighttpd";

/** lighttpd; what is not a file comes from a CGI script, in chunks. */
export const lighttpd: PeerKind = {
  name: "lighttpd",
  program: "lighttpd",
  versionFlag: "-v",
  needs: [`${MODULES}/mod_openssl.so`, `${MODULES}/mod_deflate.so`],
  configure: (setup) => ({
    files: {
      "lighttpd.conf": configuration(setup),
      "echo.cgi": `${HEAD}; exec cat\n`,
      "lines.cgi": `${HEAD}; exec cat ${setup.root}/lines.txt\n`,
    },
    args: ["-D", "-f", "lighttpd.conf"],
  }),
};

function configuration(setup: Setup): string {
  const { folder, root } = setup;
  // A whole second is the least that it counts in.
  const keepalive = (seconds: number) => `server.max-keep-alive-idle = ${seconds}`;
  const large = LARGE_HEADERS.map(([name, value]) => `"${name}" => "${value}"`);
  return `
    server.modules = (
      "mod_openssl", "mod_deflate", "mod_redirect", "mod_alias", "mod_setenv", "mod_cgi"
    )
    server.document-root = "${root}"
    server.bind = "127.0.0.1"
    server.port = ${setup.plain}
    server.upload-dirs = ("${folder}")
    server.max-keep-alive-requests = 10000
    server.max-request-field-size = 32768
    server.stream-response-body = 1
    ${keepalive(60)}
    ssl.pemfile = "${setup.cert}"
    ssl.privkey = "${setup.key}"
    $SERVER["socket"] == "127.0.0.1:${setup.tls}" { ssl.engine = "enable" }
    $SERVER["socket"] == "127.0.0.1:${setup.briefPlain}" { ${keepalive(1)} }
    $SERVER["socket"] == "127.0.0.1:${setup.briefTls}" {
      ssl.engine = "enable"
      ${keepalive(1)}
    }
    index-file.names = ("index.html")
    mimetype.assign = (".txt" => "text/plain", ".html" => "text/html")
    url.redirect = ("^/moved$" => "/small.txt")
    url.redirect-code = 302
    alias.url = (
      "/gzip/" => "${root}/",
      "/chunked/lines.txt" => "${folder}/lines.cgi",
      "/echo" => "${folder}/echo.cgi",
      "/headers" => "${root}/small.txt"
    )
    deflate.cache-dir = ""
    deflate.allowed-encodings = ("gzip")
    $HTTP["url"] =~ "^/gzip/" { deflate.mimetypes = ("text/") }
    $HTTP["url"] =~ "^/(echo|chunked/)" { cgi.assign = ("" => "/bin/sh") }
    $HTTP["url"] == "/headers" { setenv.add-response-header = (${large.join(", ")}) }
  `;
}
