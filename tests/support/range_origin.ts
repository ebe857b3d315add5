/**
 * A server of one file that knows ranges, and cuts, changes or lies as a test says.
 *
 * @module
 */

import { type RawPeer, type RawRequest, RawServer } from "./raw_server.ts";

/** What it answers a request with, in place of what is right. */
export type Answer = { status: string; head: string; body: string };

/** The file and what goes wrong with it. */
export class RangeOrigin implements AsyncDisposable {
  /** The file, one character a byte. */
  body: string;
  /** Fields that tell its version. */
  version: string;
  /** Body bytes sent for the first, second, ... request before the connection is cut. */
  cuts: (number | null)[] = [];
  /** Changes an answer, or what is to be answered. */
  onRequest: (request: RawRequest, number: number) => Partial<Answer> | null = () => null;
  /** Called when a connection has been cut, before the client can know. */
  onCut: () => void = () => {};
  /** What was asked. */
  readonly requests: RawRequest[] = [];
  #server: RawServer | null = null;

  constructor(body: string, version = 'ETag: "one"\r\n') {
    this.body = body;
    this.version = version;
  }

  /** Starts it. */
  static async start(body: string, version?: string): Promise<RangeOrigin> {
    const origin = new RangeOrigin(body, version);
    origin.#server = await RawServer.start((peer) => origin.#serve(peer));
    return origin;
  }

  /** Where the file is. */
  get url(): string {
    return this.#server!.url("/file.bin");
  }

  /** The `Range` and `If-Range` of each request. */
  get asked(): (string | undefined)[][] {
    return this.requests.map(({ headers }) => [headers.range, headers["if-range"]]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server![Symbol.asyncDispose]();
  }

  async #serve(peer: RawPeer): Promise<void> {
    for (let next = await peer.request(); next !== null; next = await peer.request()) {
      const number = this.requests.push(next) - 1;
      const changed = this.onRequest(next, number) ?? {};
      const { status, head, body } = { ...this.#right(next), ...changed };
      const cut = this.cuts[number] ?? null;
      await peer.send(`HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${head}\r\n`);
      await peer.send(cut === null ? body : body.slice(0, cut));
      if (cut === null) continue;
      this.onCut();
      return peer.end();
    }
    peer.end();
  }

  /** What RFC 9110 §14 says. */
  #right({ headers }: RawRequest): Answer {
    const range = /^bytes=(\d+)-$/.exec(headers.range ?? "");
    const isSame = headers["if-range"] === undefined || this.version.includes(headers["if-range"]);
    if (range === null || !isSame) return { status: "200 OK", head: this.version, body: this.body };
    const [from, total] = [Number(range[1]), this.body.length];
    if (from >= total) {
      return {
        status: "416 No",
        head: `${this.version}Content-Range: bytes */${total}\r\n`,
        body: "",
      };
    }
    return {
      status: "206 Partial Content",
      head: `${this.version}Content-Range: bytes ${from}-${total - 1}/${total}\r\n`,
      body: this.body.slice(from),
    };
  }
}
