/** A squid of a test's own: an HTTP proxy that everybody on this machine knows. @module */

import { ServerProcess, testWith } from "./server_process.ts";

/** Declares a test that needs squid; where there is none, an ignored one says so. */
export const testWithSquid: (name: string, test: () => Promise<void>) => void = testWith(
  "squid",
);

/** What a squid is told beside what every test needs. */
export interface SquidOptions {
  /** Lines of its configuration, before those that let everybody in. */
  readonly lines?: readonly string[];
  /** The user and the password that it asks for (Basic). */
  readonly user?: { readonly name: string; readonly password: string };
}

/**
 * Starts a squid that forwards to any port of this machine, opens tunnels to any, and keeps nothing.
 */
export function startSquid(options: SquidOptions = {}): Promise<ServerProcess> {
  const { lines = [], user } = options;
  return ServerProcess.start({
    program: "squid",
    prepare: ({ folder, ports: [port] }) => {
      const auth = user === undefined ? [] : [
        `auth_param basic program ${folder}/check`,
        "auth_param basic realm lasa",
        "acl known proxy_auth REQUIRED",
        "http_access deny !known",
      ];
      const conf = [
        `http_port 127.0.0.1:${port}`,
        `pid_filename ${folder}/squid.pid`,
        `cache_log ${folder}/cache.log`,
        `coredump_dir ${folder}`,
        "access_log none",
        "cache deny all",
        "shutdown_lifetime 0 seconds",
        "visible_hostname squid.test",
        "pinger_enable off",
        ...lines,
        ...auth,
        "http_access allow all",
      ];
      return {
        args: ["-N", "-n", `lasa${port}`, "-f", `${folder}/squid.conf`],
        files: { "squid.conf": conf.join("\n") + "\n", ...checker(user) },
      };
    },
  });
}

/** The helper that squid asks about each user: a line in, a line out, both escaped as in URLs. */
function checker(user: SquidOptions["user"]): Record<string, string> {
  if (user === undefined) return {};
  const expected = `${encodeURIComponent(user.name)} ${encodeURIComponent(user.password)}`;
  const text =
    `#!/bin/sh\nwhile read -r line; do\n  [ "$line" = "${expected}" ] && echo OK || echo ERR\ndone\n`;
  return { check: text };
}
