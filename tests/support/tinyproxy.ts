/** A tinyproxy of a test's own: an HTTP proxy of the plain kind. @module */

import { ServerProcess, testWith } from "./server_process.ts";

/** Declares a test that needs tinyproxy; where there is none, an ignored one says so. */
export const testWithTinyproxy: (name: string, test: () => Promise<void>) => void = testWith(
  "tinyproxy",
);

/** What a tinyproxy is told beside what every test needs. */
export interface TinyproxyOptions {
  /** Further lines of its configuration. */
  readonly lines?: readonly string[];
  /** The user and the password that it asks for (Basic). */
  readonly user?: { readonly name: string; readonly password: string };
}

/** Starts a tinyproxy that forwards to this machine and opens tunnels to any of its ports. */
export function startTinyproxy(options: TinyproxyOptions = {}): Promise<ServerProcess> {
  const { lines = [], user } = options;
  return ServerProcess.start({
    program: "tinyproxy",
    prepare: ({ folder, ports: [port] }) => {
      const conf = [
        `Port ${port}`,
        "Listen 127.0.0.1",
        "Timeout 60",
        "MaxClients 100",
        "LogLevel Critical",
        `LogFile "${folder}/log"`,
        ...user === undefined ? [] : [`BasicAuth ${user.name} ${user.password}`],
        ...lines,
      ];
      return {
        args: ["-d", "-c", `${folder}/tinyproxy.conf`],
        files: { "tinyproxy.conf": conf.join("\n") + "\n" },
      };
    },
  });
}
