/**
 * The demo's origin: a small HTTP/1.1 server on loopback, in a process of its own.
 *
 * It pipelines as a server should: it reads requests as they come, works on them one after another
 * and answers in their order, as many in one write as are ready. `--link-ms N` puts a network of
 * that round-trip time in between: each answer is held back until N ms after its request came, which
 * is what a client far away would see. Over node:net, since only that can reset a connection.
 *
 * ```sh
 * deno run -A tools/origin.ts --link-ms 10
 * ```
 *
 * @module
 */

import { createServer, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { originPages, type Page } from "./origin_pages.ts";
import { spawnDeno } from "./child.ts";

/** A request that waits for its turn. */
interface Request {
  readonly path: string;
  /** The request as it came, for those who want to see it. */
  readonly head: string;
  /** When a client behind the link could have its answer. */
  readonly dueAt: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What `/never` waits for: a client that has enough. */
const NEVER = new Promise<never>(() => {});

/** One connection: requests in, answers out, in the same order. */
class Session {
  readonly #socket: Socket;
  readonly #pages: ReadonlyMap<string, Page>;
  readonly #linkMs: number;
  #received = "";
  #queue: Request[] = [];
  #isWorking = false;

  constructor(socket: Socket, pages: ReadonlyMap<string, Page>, linkMs: number) {
    this.#socket = socket;
    this.#pages = pages;
    this.#linkMs = linkMs;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#receive(bytes as Uint8Array));
    // A client may go away at any time; that is its business.
    socket.on("error", () => {});
  }

  #receive(bytes: Uint8Array): void {
    this.#received += decoder.decode(bytes);
    const dueAt = performance.now() + this.#linkMs;
    const heads = this.#received.split("\r\n\r\n");
    this.#received = heads.pop()!;
    for (const head of heads) this.#queue.push({ path: head.split(" ", 2)[1] ?? "", head, dueAt });
    if (!this.#isWorking && this.#queue.length > 0) void this.#work();
  }

  /** Answers until nothing is left to answer. */
  async #work(): Promise<void> {
    this.#isWorking = true;
    let ready: Uint8Array[] = [];
    const flush = () => {
      if (ready.length > 0) this.#socket.write(join(ready));
      ready = [];
    };
    for (let request = this.#queue.shift(); request; request = this.#queue.shift()) {
      const page = this.#pages.get(request.path);
      const restMs = Math.max(request.dueAt - performance.now(), 0) + (page?.workMs ?? 0);
      if (restMs > 0) {
        flush();
        await new Promise((resolve) => setTimeout(resolve, restMs));
      }
      if (request.path === "/never") {
        flush();
        await NEVER;
      }
      if (page?.kind === "reset") {
        // What was answered before must have left: a reset takes along what is on its way.
        await new Promise<void>((resolve) => this.#socket.write(join(ready), () => resolve()));
        this.#socket.resetAndDestroy();
        return;
      }
      ready.push(answerTo(request, page));
    }
    flush();
    this.#isWorking = false;
  }
}

function answerTo({ path, head }: Request, page: Page | undefined): Uint8Array {
  if (page !== undefined) return answerOf(page);
  if (path === "/head") return answer("200 OK", [], encoder.encode(`${head}\r\n`));
  return answer("404 Not Found", [], encoder.encode(`there is no page ${path}\n`));
}

function answerOf({ kind, body, location }: Page): Uint8Array {
  switch (kind) {
    case "redirect":
      return answer("302 Found", [`Location: ${location}`], new Uint8Array());
    case "gzip":
      return answer("200 OK", ["Content-Encoding: gzip"], gzipSync(body));
    case "chunked":
      return join([
        encoder.encode("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ...chunksOf(body, 700),
        encoder.encode("0\r\n\r\n"),
      ]);
    default:
      return answer("200 OK", [], body);
  }
}

function answer(status: string, fields: readonly string[], body: Uint8Array): Uint8Array {
  const lines = [`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...fields, "", ""];
  return join([encoder.encode(lines.join("\r\n")), body]);
}

function chunksOf(body: Uint8Array, size: number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < body.length; start += size) {
    const piece = body.subarray(start, start + size);
    parts.push(encoder.encode(`${piece.length.toString(16)}\r\n`), piece, encoder.encode("\r\n"));
  }
  return parts;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** An origin that runs in another process. */
export interface Origin extends AsyncDisposable {
  /** Where it is, without a slash at the end. */
  readonly url: string;
}

/**
 * Starts an origin in a process of its own and waits until it answers.
 *
 * @param linkMs The round-trip time of the network that it pretends to be behind.
 */
export async function startOrigin(linkMs = 0): Promise<Origin> {
  const script = new URL(import.meta.url);
  const child = spawnDeno(script, ["--link-ms", String(linkMs)], {
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("the origin ended before it began");
    said += value;
  }
  return {
    url: said.trim(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}

if (import.meta.main) {
  const linkMs = Number(Deno.args[Deno.args.indexOf("--link-ms") + 1] ?? 0) || 0;
  const pages = new Map(originPages().map((page) => [page.path, page]));
  const server = createServer((socket) => new Session(socket, pages, linkMs));
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as { port: number };
    console.log(`http://127.0.0.1:${port}`);
  });
}
