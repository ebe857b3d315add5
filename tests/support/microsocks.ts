/** A microsocks of a test's own: a SOCKS5 proxy. @module */

import { freePort, hasProgram, PeerProgram, testWithProgram } from "./peer_program.ts";

/** Whether microsocks is on this machine. */
export const hasMicrosocks: boolean = await hasProgram("microsocks", "-h");

/** Declares a test that needs microsocks; where there is none, an ignored one says so. */
export const testWithMicrosocks: (name: string, test: () => Promise<void>) => void =
  testWithProgram("microsocks", hasMicrosocks);

/** What a microsocks is told. */
export interface MicrosocksOptions {
  /** The user and the password that it asks for. */
  readonly user?: { readonly name: string; readonly password: string };
}

/** Starts a microsocks that calls whomever it is asked to. */
export function startMicrosocks(options: MicrosocksOptions = {}): Promise<PeerProgram> {
  const { user } = options;
  return PeerProgram.start("microsocks", () => {
    const port = freePort();
    const auth = user === undefined ? [] : ["-u", user.name, "-P", user.password];
    return { port, args: ["-i", "127.0.0.1", "-p", String(port), ...auth] };
  });
}
