/**
 * A proxy that breaks what passes through it, by a seed: every fault that a network and a careless
 * server can add between a client and an origin that does nothing wrong.
 *
 * Each connection meets one fault after another, each behind so many bytes of answers; gentle ones
 * let it go on. It stands on `node:net`, since the platform's own connections cannot send a reset.
 * It never lies in a way that no client could find out: it puts no byte into a body, and no whole
 * response where none belongs.
 *
 * @module
 */

import { connect, createServer, type Server, type Socket } from "node:net";
import { bytes, text } from "./bytes.ts";
import { Random } from "./random.ts";

/** What can happen to a connection. */
export type Fault =
  /** Pieces of an answer come late. */
  | "delay"
  /** The beginning of an answer comes byte by byte. */
  | "bytewise"
  /** Nothing is taken: a reset comes first. */
  | "reset at once"
  /** A reset, an end, or nothing more, somewhere in an answer. */
  | "reset in answer"
  | "end in answer"
  | "silence in answer"
  /** An answer arrives whole, and the connection ends without a word of it. */
  | "end behind answer"
  /** The same, and a part of something else in front of the end. */
  | "more behind answer"
  /** Something else in an answer's place, or in its head. */
  | "garbage for answer"
  | "garbage in head"
  /** The connection is closed at the moment when the next request comes, which goes nowhere. */
  | "reset at request"
  | "end at request"
  /** The request gets to the origin, its answer does not come back. */
  | "reset behind request"
  /** A part of what the client sends gets to the origin, and then the origin sees the end of it. */
  | "reset in request"
  | "end in request"
  /** The origin gets nothing more, and nobody is told. */
  | "silence at request";

/** All of them. */
export const FAULTS: readonly Fault[] = [
  "delay",
  "bytewise",
  "reset at once",
  "reset in answer",
  "end in answer",
  "silence in answer",
  "end behind answer",
  "more behind answer",
  "garbage for answer",
  "garbage in head",
  "reset at request",
  "end at request",
  "reset behind request",
  "reset in request",
  "end in request",
  "silence at request",
];

// Gentle ones come more often, silence in an answer more seldom: it costs somebody a timeout. So does
// silence at a request, but few connections live to meet it.
const DRAWN: readonly Fault[] = [
  ...FAULTS,
  ...FAULTS.filter((fault) => fault !== "silence in answer"),
  ...["delay", "bytewise", "delay", "bytewise"] as const,
];

/** Bytes of answers that pass before the next fault, at most. */
const MOST_PASSED = 12_000;
/** Bytes of one piece that come one by one. */
const BYTEWISE = 150;

const GARBAGE = ["\x16\x03\x01\x02 what is this?\r\n\r\n", "\0", "HTTP/2.0 200 OK\r\n\r\n", "\n\n"];

/** One connection through the proxy. */
class Link {
  /** Everything that the client sent. */
  received = "";
  readonly #near: Socket;
  readonly #far: Socket;
  readonly #random: Random;
  readonly #onStruck: (fault: Fault) => void;
  #state: "open" | "silent" | "over" = "open";
  #fault: Fault = "delay";
  #passesLeft = 0;
  #requestLeft = 0;
  #down: Promise<void> = Promise.resolve();

  constructor(near: Socket, port: number, random: Random, onStruck: (fault: Fault) => void) {
    this.#near = near;
    this.#random = random;
    this.#onStruck = onStruck;
    this.#far = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.#drawFault();
    for (const socket of [this.#near, this.#far]) {
      socket.setNoDelay(true);
      socket.on("error", () => this.destroy());
    }
    near.on("data", (data) => this.#onRequest(data as Uint8Array<ArrayBuffer>));
    near.on("end", () => this.#far.end());
    near.on("close", () => this.destroy());
    this.#far.on("data", (data) => {
      const piece = data as Uint8Array<ArrayBuffer>;
      this.#down = this.#down.then(() => this.#onAnswer(piece));
    });
    this.#far.on("end", () => {
      this.#down = this.#down.then(() => this.#state === "open" ? void near.end() : undefined);
    });
    if (this.#fault === "reset at once" && this.#random.below(2) === 0) this.#reset();
  }

  /** Ends with all that is still on its way. */
  async ended(): Promise<void> {
    await this.#down;
  }

  /** Lets go of both ends. */
  destroy(): void {
    this.#state = "over";
    this.#near.destroy();
    this.#far.destroy();
  }

  #drawFault(): void {
    this.#fault = this.#random.of(DRAWN);
    this.#passesLeft = this.#fault === "reset at once" ? 0 : this.#random.below(MOST_PASSED);
    this.#requestLeft = this.#random.below(250);
  }

  #isDue(fault: Fault, isDue = this.#passesLeft <= 0): boolean {
    return this.#fault === fault && isDue;
  }

  /** Tells of the fault. */
  #strike(): void {
    this.#onStruck(this.#fault);
  }

  #reset(): void {
    this.#strike();
    this.#state = "over";
    this.#near.resetAndDestroy();
    this.#far.destroy();
  }

  #end(): void {
    this.#strike();
    this.#state = "silent";
    this.#near.end();
    this.#far.destroy();
  }

  #beSilent(): void {
    this.#strike();
    this.#state = "silent";
    this.#far.destroy();
  }

  #onRequest(piece: Uint8Array): void {
    this.received += text(piece);
    if (this.#state !== "open") return;
    if (this.#isDue("reset at once", true) || this.#isDue("reset at request")) return this.#reset();
    if (this.#isDue("end at request")) return this.#end();
    if (this.#isDue("silence at request")) return this.#beSilent();
    const isCut = this.#isDue("reset in request") || this.#isDue("end in request");
    if (isCut && piece.length > this.#requestLeft) {
      this.#far.end(piece.subarray(0, this.#requestLeft));
      this.#strike();
      this.#state = "silent";
      if (this.#fault === "reset in request") this.#near.resetAndDestroy();
      else this.#near.end();
      return;
    }
    if (isCut) this.#requestLeft -= piece.length;
    this.#far.write(piece);
    if (!this.#isDue("reset behind request")) return;
    this.#strike();
    this.#state = "silent";
    this.#near.resetAndDestroy();
    this.#far.end();
  }

  async #onAnswer(piece: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.#state !== "open") return;
    const passes = this.#passesLeft;
    this.#passesLeft -= piece.length;
    const isHere = passes < piece.length;
    const cut = Math.max(0, passes);
    const isAnswer = isHere && text(piece.subarray(0, 7)) === "HTTP/1.";
    switch (isHere ? this.#fault : null) {
      case "delay":
        this.#strike();
        await new Promise((resolve) => setTimeout(resolve, this.#random.below(12)));
        if (this.#random.below(4) === 0) this.#drawFault();
        break;
      case "bytewise":
        this.#strike();
        await this.#sendBytewise(piece.subarray(0, BYTEWISE));
        piece = piece.subarray(BYTEWISE);
        this.#drawFault();
        break;
      case "reset in answer":
        await this.#send(piece.subarray(0, cut));
        if (this.#state === "open") this.#reset();
        return;
      case "end in answer":
        await this.#send(piece.subarray(0, cut));
        if (this.#state === "open") this.#end();
        return;
      case "silence in answer":
        await this.#send(piece.subarray(0, cut));
        if (this.#state === "open") this.#beSilent();
        return;
      case "end behind answer":
        if (!isAnswer) break;
        await this.#send(piece);
        if (this.#state === "open") this.#end();
        return;
      case "more behind answer":
        if (!isAnswer) break;
        await this.#send(piece);
        await this.#send(
          bytes(this.#random.of(["HTTP/1.1 2", "H", "\r\n", "HTTP/1.1 200 OK\r\nA: b\r\n"])),
        );
        if (this.#state === "open") this.#end();
        return;
      case "garbage for answer":
        if (!isAnswer) break;
        this.#strike();
        await this.#send(bytes(this.#random.of(GARBAGE)));
        this.#drawFault();
        break;
      case "garbage in head": {
        if (!isAnswer) break;
        // Within the status line or the first field, where a NUL may not stand for anybody.
        const at = 1 + this.#random.below(30);
        this.#strike();
        await this.#send(piece.subarray(0, at));
        await this.#send(bytes("\0"));
        piece = piece.subarray(at);
        this.#drawFault();
      }
    }
    await this.#send(piece);
  }

  #send(piece: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (piece.length === 0 || this.#near.destroyed) return resolve();
      // A write of a connection that is gone need not call back.
      this.#near.once("close", resolve);
      this.#near.write(piece, () => {
        this.#near.off("close", resolve);
        resolve();
      });
    });
  }

  async #sendBytewise(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length && this.#state === "open"; at++) {
      await this.#send(piece.subarray(at, at + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

/** A proxy in front of a port of 127.0.0.1. */
export class FaultProxy implements AsyncDisposable {
  /** How often each fault has struck. */
  readonly struck = new Map<Fault, number>();
  readonly #server: Server;
  readonly #links: Link[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(port: number, seed: number) {
    const random = new Random(seed);
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#links.push(
        new Link(socket, port, random, (fault) => {
          this.struck.set(fault, (this.struck.get(fault) ?? 0) + 1);
        }),
      );
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** Starts one at a free port of 127.0.0.1; equal seeds draw equal faults. */
  static async start(port: number, seed: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(port, seed);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  /** The port to call. */
  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** What clients have sent, connection by connection, whether or not it got on. */
  get received(): readonly string[] {
    return this.#links.map((link) => link.received);
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const link of this.#links) link.destroy();
    await Promise.all(this.#links.map((link) => link.ended()));
    await closed;
  }
}
