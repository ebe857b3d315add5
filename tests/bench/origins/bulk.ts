/**
 * An origin for large bodies. `GET /N` gives N bytes, `GET /file` the file that the arguments name in
 * the coding behind it, and anything else takes the body that it comes with, by its length or in
 * chunks, and answers with the number of bytes.
 *
 * Ends with its input. It keeps to the requests of this bench: it would be no server for others.
 *
 * @module
 */

import { listen } from "./listen.ts";

const LF = 10;
const PIECE = new Uint8Array(256 * 1024).fill(120);

const [file, coding] = Deno.args;
const stored = file === undefined ? new Uint8Array(0) : Deno.readFileSync(file);
const decoder = new TextDecoder();

/** Reads lines and skips bytes. */
class Reader {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(256 * 1024);
  #start = 0;
  #end = 0;

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** A line without its end; `null` where the peer has ended. */
  async line(): Promise<string | null> {
    let rest = "";
    for (;;) {
      const bytes = this.#buffer.subarray(this.#start, this.#end);
      const at = bytes.indexOf(LF);
      this.#start = at < 0 ? this.#end : this.#start + at + 1;
      rest += decoder.decode(at < 0 ? bytes : bytes.subarray(0, at));
      if (at >= 0) return rest.trimEnd();
      if (!await this.#fill()) return null;
    }
  }

  async skip(count: number): Promise<void> {
    for (;;) {
      const here = Math.min(count, this.#end - this.#start);
      this.#start += here;
      count -= here;
      if (count === 0) return;
      if (!await this.#fill()) throw new Error("The client has gone in the middle of a body");
    }
  }

  async #fill(): Promise<boolean> {
    const read = await this.#connection.read(this.#buffer);
    this.#start = 0;
    this.#end = read ?? 0;
    return read !== null;
  }
}

async function write(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
}

async function take(reader: Reader, length: string | undefined): Promise<number> {
  if (length !== undefined) {
    await reader.skip(Number(length));
    return Number(length);
  }
  for (let total = 0;;) {
    const size = parseInt(await reader.line() ?? "0", 16);
    await reader.skip(size);
    await reader.line();
    if (size === 0) return total;
    total += size;
  }
}

async function answer(connection: Deno.TcpConn, reader: Reader): Promise<boolean> {
  const [method, path] = (await reader.line())?.split(" ") ?? [];
  if (path === undefined) return false;
  const fields = new Map<string, string>();
  for (let line = await reader.line(); line; line = await reader.line()) {
    const colon = line.indexOf(":");
    fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const head = (length: number, more = "") =>
    new TextEncoder().encode(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n${more}\r\n`);
  if (method !== "GET") {
    const told = new TextEncoder().encode(String(await take(reader, fields.get("content-length"))));
    await write(connection, new Uint8Array([...head(told.length), ...told]));
  } else if (path === "/file") {
    await write(connection, head(stored.length, `Content-Encoding: ${coding}\r\n`));
    await write(connection, stored);
  } else {
    const length = Number(path.slice(1));
    await write(connection, head(length));
    for (let left = length; left > 0; left -= PIECE.length) {
      await write(connection, PIECE.subarray(0, left));
    }
  }
  return true;
}

async function serve(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const reader = new Reader(connection);
  while (await answer(connection, reader));
}

await listen(serve);
