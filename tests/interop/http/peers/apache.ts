/** Apache httpd, as Debian packages it. @module */

import { LARGE_HEADERS } from "../site.ts";
import { BRIEF_MS, type PeerKind, type Setup } from "./peer.ts";

const MODULES = "/usr/lib/apache2/modules";

/** Apache; `mod_reflector` gives back what was posted. */
export const apache: PeerKind = {
  name: "Apache",
  program: "apache2",
  versionFlag: "-v",
  needs: [MODULES],
  configure: (setup) => ({
    files: { "apache.conf": configuration(setup) },
    args: ["-d", setup.folder, "-f", `${setup.folder}/apache.conf`, "-D", "FOREGROUND"],
  }),
};

const LOADED = [
  "mpm_event",
  "authz_core",
  "mime",
  "dir",
  "alias",
  "filter",
  "substitute",
  "deflate",
  "headers",
  "reflector",
  "ssl",
];

function configuration(setup: Setup): string {
  const { folder, root } = setup;
  const host = (port: number, isTls: boolean, keepaliveMs: number) => `
    Listen 127.0.0.1:${port}
    <VirtualHost 127.0.0.1:${port}>
      KeepAliveTimeout ${keepaliveMs}ms
      ${isTls ? "SSLEngine on" : ""}
      ${isTls ? `SSLCertificateFile ${setup.cert}` : ""}
      ${isTls ? `SSLCertificateKeyFile ${setup.key}` : ""}
    </VirtualHost>`;
  return `
    ${LOADED.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
    # Root may read the key, but what answers must be somebody else.
    ${Deno.uid() === 0 ? "User nobody\nGroup nogroup" : ""}
    ServerName localhost
    DefaultRuntimeDir ${folder}
    PidFile ${folder}/apache.pid
    ErrorLog /dev/stderr
    TypesConfig /dev/null
    AddType text/plain .txt
    DocumentRoot ${root}
    DirectoryIndex index.html
    <Directory ${root}>
      Require all granted
    </Directory>
    StartServers 1
    ThreadsPerChild 64
    MaxKeepAliveRequests 0
    LimitRequestLine 32768
    SSLSessionCache none
    Redirect 302 /moved /small.txt
    Alias /chunked/ ${root}/
    Alias /gzip/ ${root}/
    Alias /headers ${root}/small.txt
    # A filter that may change the length makes Apache send chunks.
    <Location /chunked/>
      SetOutputFilter SUBSTITUTE
      Substitute "s/a text that stands in none of the files//n"
    </Location>
    <Location /gzip/>
      SetOutputFilter DEFLATE
    </Location>
    <Location /headers>
      ${LARGE_HEADERS.map(([name, value]) => `Header set ${name} ${value}`).join("\n")}
    </Location>
    <Location /echo>
      SetHandler reflector
    </Location>
    ${host(setup.plain, false, 60_000)}
    ${host(setup.tls, true, 60_000)}
    ${host(setup.briefPlain, false, BRIEF_MS)}
    ${host(setup.briefTls, true, BRIEF_MS)}
  `;
}
