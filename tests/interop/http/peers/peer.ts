/**
 * What the rows need to know of a server, and how one is started.
 *
 * @module
 */

import { versionOf } from "../../../bench/version.ts";
import {
  findProgram,
  type Place,
  type Preparation,
  ServerProcess,
} from "../../../support/server_process.ts";
import type { Identity } from "../../../support/tls.ts";
import { writeSite } from "../site.ts";

/** What not every server can do. */
export type Lack =
  /** Never says 100 Continue. */
  | "100 Continue"
  /** Answers POST with 405. */
  | "echo"
  /** Answers in HTTP/1.0: no chunks, a connection for each request. */
  | "http/1.1"
  /** Closes each connection after one answer, and does not say so before. */
  | "kept connections"
  /** Closes the connection after an error. */
  | "kept errors"
  /** Loses the connection when large answers to a pipeline have to wait, over TLS. */
  | "large pipelines"
  /** Sends all of a file, whatever range is asked for. */
  | "range";

/** A kind of server. */
export interface PeerKind {
  /** What it calls itself. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** What makes the program tell its version. */
  readonly versionFlag: string;
  /** Files it cannot do without: modules that Debian packages apart. */
  readonly needs?: readonly string[];
  /** What it cannot do. */
  readonly lacks?: readonly Lack[];
  /** A server that must stand behind it. */
  readonly behind?: PeerKind;
  /** Says what it is started with. */
  configure(setup: Setup): Preparation;
}

/** What a configuration is made of. */
export interface Setup {
  /** Where to write. */
  readonly folder: string;
  /** The folder to serve. */
  readonly root: string;
  /** Files with the certificate, its key, and both. */
  readonly cert: string;
  readonly key: string;
  readonly certAndKey: string;
  /** The ports for plain HTTP and for TLS. */
  readonly plain: number;
  readonly tls: number;
  /** The ports on which an idle connection is closed after {@linkcode BRIEF_MS}. */
  readonly briefPlain: number;
  readonly briefTls: number;
  /** The plain port of the server behind. */
  readonly behind: number;
}

/** How long the impatient ports keep an idle connection. */
export const BRIEF_MS = 200;

/** A running server. */
export class Peer implements AsyncDisposable {
  /** Its kind. */
  readonly kind: PeerKind;
  readonly #process: ServerProcess;
  readonly #behind: Peer | null;

  private constructor(kind: PeerKind, process: ServerProcess, behind: Peer | null) {
    this.kind = kind;
    this.#process = process;
    this.#behind = behind;
  }

  /** Starts one; ends once it accepts. */
  static async start(kind: PeerKind, tls: Identity): Promise<Peer> {
    await using stack = new AsyncDisposableStack();
    const behind = kind.behind === undefined ? null : stack.use(await Peer.start(kind.behind, tls));
    const process = stack.use(
      await ServerProcess.start({
        program: kind.program,
        ports: 4,
        prepare: async (place) => kind.configure(await setUp(place, tls, behind)),
      }),
    );
    const peer = new Peer(kind, process, behind);
    stack.move();
    return peer;
  }

  /** Where it answers; the impatient ports close idle connections early. */
  url(scheme: "http" | "https", patience: "patient" | "brief" = "patient"): string {
    const [plain, tls, briefPlain, briefTls] = this.#process.place.ports;
    const isPatient = patience === "patient";
    return scheme === "http"
      ? `http://127.0.0.1:${isPatient ? plain : briefPlain}`
      : `https://localhost:${isPatient ? tls : briefTls}`;
  }

  /** Stops it and starts it again. */
  async restart(): Promise<void> {
    await this.#process.stop();
    await this.#process.startAgain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    await this.#behind?.[Symbol.asyncDispose]();
  }
}

async function setUp(
  { folder, ports: [plain, tls, briefPlain, briefTls] }: Place,
  identity: Identity,
  behind: Peer | null,
): Promise<Setup> {
  const [root, cert, key, certAndKey] = ["root", "cert.pem", "key.pem", "both.pem"].map((name) =>
    `${folder}/${name}`
  );
  await writeSite(root);
  await Deno.writeTextFile(cert, identity.cert);
  await Deno.writeTextFile(key, identity.key);
  await Deno.writeTextFile(certAndKey, identity.cert + identity.key);
  const behindPort = behind === null ? 0 : Number(new URL(behind.url("http")).port);
  return {
    folder,
    root,
    cert,
    key,
    certAndKey,
    plain,
    tls,
    briefPlain,
    briefTls,
    behind: behindPort,
  };
}

/** The version on this machine; `null` where the server, or something that it needs, is not here. */
export async function versionHere(kind: PeerKind): Promise<string | null> {
  const program = findProgram(kind.program);
  if (program === null || kind.needs?.some((path) => !exists(path))) return null;
  if (kind.behind !== undefined && await versionHere(kind.behind) === null) return null;
  return await versionOf(program, kind.versionFlag);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
