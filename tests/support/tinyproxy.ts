/** A tinyproxy of a test's own: an HTTP proxy of the plain kind. @module */

import { freePort, hasProgram, PeerProgram, testWithProgram } from "./peer_program.ts";

/** Whether tinyproxy is on this machine. */
export const hasTinyproxy: boolean = await hasProgram("tinyproxy", "-v");

/** Declares a test that needs tinyproxy; where there is none, an ignored one says so. */
export const testWithTinyproxy: (name: string, test: () => Promise<void>) => void = testWithProgram(
  "tinyproxy",
  hasTinyproxy,
);

/** What a tinyproxy is told beside what every test needs. */
export interface TinyproxyOptions {
  /** Further lines of its configuration. */
  readonly lines?: readonly string[];
  /** The user and the password that it asks for (Basic). */
  readonly user?: { readonly name: string; readonly password: string };
}

/** Starts a tinyproxy that forwards to this machine and opens tunnels to any of its ports. */
export function startTinyproxy(options: TinyproxyOptions = {}): Promise<PeerProgram> {
  const { lines = [], user } = options;
  return PeerProgram.start("tinyproxy", (folder) => {
    const port = freePort();
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
      port,
      args: ["-d", "-c", `${folder}/tinyproxy.conf`],
      files: { "tinyproxy.conf": conf.join("\n") + "\n" },
    };
  });
}
