/**
 * An origin that is never the bottleneck: it finds the ends of the requests in what it reads and
 * answers all of them in one write. It reads no more of a request than that. Arguments: the file of the
 * body, and the content coding that it is in, if any.
 *
 * Ends with its input. Over Deno's own sockets: as fast as node:net or faster at every depth.
 *
 * @module
 */

import { listen } from "./listen.ts";

const CR = 13;
const LF = 10;

const [file, coding] = Deno.args;
const body = Deno.readFileSync(file);
const head = new TextEncoder().encode(
  "HTTP/1.1 200 OK\r\nServer: batch\r\nContent-Type: text/plain\r\n" +
    (coding === undefined ? "" : `Content-Encoding: ${coding}\r\n`) +
    `Content-Length: ${body.length}\r\n\r\n`,
);
const answer = new Uint8Array([...head, ...body]);

/** Answers in a row, as many as were ever needed. */
let answers = new Uint8Array(0);

function answersFor(count: number): Uint8Array {
  const length = count * answer.length;
  if (answers.length < length) {
    answers = new Uint8Array(2 * length);
    for (let at = 0; at < answers.length; at += answer.length) answers.set(answer, at);
  }
  return answers.subarray(0, length);
}

/** Counts heads that end, across the borders of what is read. */
class EndCounter {
  /** How much of CR LF CR LF the last bytes were. */
  #seen = 0;

  count(bytes: Uint8Array): number {
    let ends = 0;
    for (let at = 0; at < bytes.length; at++) {
      // What lies between two line ends is not looked at byte by byte.
      if (this.#seen === 0) {
        at = bytes.indexOf(CR, at);
        if (at < 0) break;
      }
      const byte = bytes[at];
      if (byte === (this.#seen % 2 === 0 ? CR : LF)) this.#seen++;
      else this.#seen = byte === CR ? 1 : 0;
      if (this.#seen === 4) {
        ends++;
        this.#seen = 0;
      }
    }
    return ends;
  }
}

async function serve(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const counter = new EndCounter();
  const buffer = new Uint8Array(64 * 1024);
  for (;;) {
    const read = await connection.read(buffer);
    if (read === null) break;
    let unsent = answersFor(counter.count(buffer.subarray(0, read)));
    while (unsent.length > 0) unsent = unsent.subarray(await connection.write(unsent));
  }
}

await listen(serve);
