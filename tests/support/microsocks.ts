/** A microsocks of a test's own: a SOCKS5 proxy. @module */

import { ServerProcess, testWith } from "./server_process.ts";

/** Declares a test that needs microsocks; where there is none, an ignored one says so. */
export const testWithMicrosocks: (name: string, test: () => Promise<void>) => void = testWith(
  "microsocks",
);

/** What a microsocks is told. */
export interface MicrosocksOptions {
  /** The user and the password that it asks for. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** Starts a microsocks that calls whomever it is asked to. */
export function startMicrosocks(options: MicrosocksOptions = {}): Promise<ServerProcess> {
  const { user } = options;
  return ServerProcess.start({
    program: "microsocks",
    prepare: ({ ports: [port] }) => {
      const auth = user === undefined ? [] : ["-u", user.name, "-P", user.password];
      return { args: ["-i", "127.0.0.1", "-p", String(port), ...auth] };
    },
  });
}
