/**
 * From names to addresses, as the system does it: the hosts file first, then DNS.
 *
 * @module
 */

import { DnsError, type LasaError } from "../errors.ts";
import { loadOutside } from "../thread/frame.ts";
import { ioError } from "./io_error.ts";

/** Whether a host is an address, so that there is nothing to look up; it comes without brackets. */
export function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host);
}

/**
 * Whether every address may be called. Where the program was let call certain names only, it may not
 * call their addresses by themselves: then the platform has to be given the name.
 */
export function mayCallEveryAddress(): boolean {
  return Deno.permissions.querySync({ name: "net" }).state === "granted";
}

/**
 * Finds the addresses of a name. Needs the permission to call the name, at any port.
 *
 * @returns IPv4 and IPv6 addresses in the order of the system (RFC 6724); at least one.
 * @throws {DnsError} Where the name has none, or nobody could be asked.
 */
export async function lookupHost(hostname: string): Promise<readonly string[]> {
  // Unlike Deno.resolveDns it knows the hosts file, and what the system's other sources know.
  const { lookup } = await loadOutside(() => import("node:dns"));
  return await new Promise((resolve, reject) => {
    lookup(hostname, { all: true, verbatim: true }, (error, found) => {
      if (error !== null) return reject(lookupError(error, hostname));
      const addresses = [...new Set(found.map(({ address }) => address))];
      if (addresses.length > 0) resolve(addresses);
      else reject(new DnsError(`Cannot resolve ${hostname}: it has no address`));
    });
  });
}

function lookupError(error: Error & { code?: string }, hostname: string): LasaError {
  switch (error.code) {
    case "ENOTFOUND":
    case "EAI_NONAME":
    case "EAI_NODATA":
      return new DnsError(`Cannot resolve ${hostname}: no such host (${error.code})`, {
        cause: error,
      });
    case "EAI_AGAIN":
      return new DnsError(`Cannot resolve ${hostname}: no name server answered (EAI_AGAIN)`, {
        cause: error,
      });
    case "EPERM":
      return ioError(
        new Deno.errors.NotCapable(`Requires net access to "${hostname}"`),
        `resolve ${hostname}`,
      );
    default:
      return new DnsError(`Cannot resolve ${hostname}: ${error.message}`, { cause: error });
  }
}
