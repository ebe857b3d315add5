/**
 * Calls through SOCKS5 proxies (RFC 1928), with a user and a password where they ask for one (RFC
 * 1929).
 *
 * @module
 */

import {
  BrokenError,
  ClosedError,
  LasaError,
  LocalProtocolError,
  RemoteProtocolError,
} from "../errors.ts";
import { ioError } from "../socket/io_error.ts";
import { ipBytes } from "../socket/ip_network.ts";
import { type ByteStream, writeAll } from "../socket/stream.ts";

const VERSION = 5;
const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;
const NO_ACCEPTABLE_METHOD = 0xff;
const CONNECT = 1;
const IPV4 = 1;
const NAME = 3;
const IPV6 = 4;

// RFC 1928 §6.
const REPLIES = [
  "",
  "general SOCKS server failure",
  "connection not allowed by ruleset",
  "network unreachable",
  "host unreachable",
  "connection refused",
  "TTL expired",
  "command not supported",
  "address type not supported",
];

/** What a call through a SOCKS5 proxy needs to know. */
export interface Socks5Options {
  /** The proxy's name, for errors. */
  readonly proxyName: string;
  /** Whom to call: an address, or a name that the proxy looks up. */
  readonly host: string;
  readonly port: number;
  /** Empty for none; the password too. */
  readonly user: string;
  readonly password: string;
}

/**
 * Has a proxy call somebody; from then on the connection to it leads there.
 *
 * @param stream The connection to the proxy; whoever calls closes it where this fails. No byte behind
 *   the proxy's reply is taken from it.
 * @throws {BrokenError} (code `"proxy refused"`) Where the proxy does not let one in or cannot call.
 * @throws {RemoteProtocolError} Where it does not speak SOCKS5.
 * @throws {LocalProtocolError} Where a name, a user or a password is too long for it.
 */
export async function socks5Connect(stream: ByteStream, options: Socks5Options): Promise<void> {
  const { proxyName, host, port } = options;
  const doing = `call ${host}:${port} through ${proxyName}`;
  try {
    await authenticate(stream, options, doing);
    const address = addressOf(host, doing);
    await writeAll(stream, Uint8Array.of(VERSION, CONNECT, 0, ...address, port >> 8, port & 255));
    await readReply(stream, doing);
  } catch (error) {
    if (error instanceof ClosedError) {
      throw new BrokenError(`Cannot ${doing}: ${error.message}`, { code: "closed", cause: error });
    }
    throw error instanceof LasaError ? error : ioError(error, doing);
  }
}

async function authenticate(
  stream: ByteStream,
  { user, password }: Socks5Options,
  doing: string,
): Promise<void> {
  const hasUser = user + password !== "";
  const methods = hasUser ? [NO_AUTHENTICATION, USER_AND_PASSWORD] : [NO_AUTHENTICATION];
  const secrets = hasUser ? [textOf("user", user), textOf("password", password)].flat() : [];
  await writeAll(stream, Uint8Array.of(VERSION, methods.length, ...methods));
  const [version, method] = await readExactly(stream, 2);
  checkVersion(version, doing);
  if (method === NO_ACCEPTABLE_METHOD) {
    const why = hasUser
      ? "it takes neither everybody nor a user and a password"
      : "it wants a user and a password; give them in the proxy's URL";
    throw new BrokenError(`Cannot ${doing}: ${why}`, { code: "proxy refused" });
  }
  if (!methods.includes(method)) {
    throw new RemoteProtocolError(
      `Cannot ${doing}: it chose method ${method}, which is not offered`,
    );
  }
  if (method === NO_AUTHENTICATION) return;
  // RFC 1929 §2: a version of its own, then both with their lengths.
  await writeAll(stream, Uint8Array.of(1, ...secrets));
  const [, status] = await readExactly(stream, 2);
  if (status !== 0) {
    throw new BrokenError(`Cannot ${doing}: it does not know the user, or the password is wrong`, {
      code: "proxy refused",
    });
  }
}

async function readReply(stream: ByteStream, doing: string): Promise<void> {
  const [version, reply, , type] = await readExactly(stream, 4);
  checkVersion(version, doing);
  if (reply !== 0) {
    const why = REPLIES[reply] ?? "unassigned reply code";
    throw new BrokenError(`Cannot ${doing}: it answered ${reply}, ${why}`, {
      code: "proxy refused",
    });
  }
  // The address from which it calls is nobody's concern here, but has to be read.
  let length: number;
  if (type === IPV4) length = 4;
  else if (type === IPV6) length = 16;
  else if (type === NAME) [length] = await readExactly(stream, 1);
  else throw new RemoteProtocolError(`Cannot ${doing}: it answered with address type ${type}`);
  await readExactly(stream, length + 2);
}

function checkVersion(version: number, doing: string): void {
  if (version === VERSION) return;
  throw new RemoteProtocolError(`Cannot ${doing}: it does not speak SOCKS5 (version ${version})`);
}

/** RFC 1928 §5: what kind of address, then the address. */
function addressOf(host: string, doing: string): number[] {
  const bytes = ipBytes(host);
  if (bytes !== null) return [bytes.length === 4 ? IPV4 : IPV6, ...bytes];
  const name = new TextEncoder().encode(host);
  if (name.length > 255) {
    throw new LocalProtocolError(`Cannot ${doing}: the name has ${name.length} bytes, 255 fit`);
  }
  return [NAME, name.length, ...name];
}

/** RFC 1929 §2: a length of 1 to 255, then the bytes. */
function textOf(what: string, text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length < 1 || bytes.length > 255) {
    throw new LocalProtocolError(
      `Cannot show a SOCKS5 proxy the ${what}: it has ${bytes.length} bytes, 1 to 255 fit`,
    );
  }
  return [bytes.length, ...bytes];
}

/** Waits for so many bytes, and takes none behind them: those are the far end's. */
async function readExactly(stream: ByteStream, size: number): Promise<Uint8Array> {
  const into = new Uint8Array(size);
  let count = 0;
  while (count < size) {
    const more = await stream.read(into.subarray(count));
    if (more === null) throw new ClosedError("the proxy closed the connection");
    count += more;
  }
  return into;
}
