/**
 * Compressed messages (RFC 7692): what is agreed on, and what becomes of a message.
 *
 * The algorithm itself is handed in: it may remember what came before, or start each message afresh.
 *
 * @module
 */

import type { ExtensionOffer } from "./extensions.ts";

/** Raw DEFLATE (RFC 1951) in one direction of one connection. */
export interface DeflateFlow {
  /**
   * Compresses a message, which must not be empty, up to a sync flush; or inflates one.
   *
   * @throws {LimitError} Where more than the flow's bound comes out.
   * @throws {RemoteProtocolError} Where it cannot be inflated.
   */
  run(message: Uint8Array): Uint8Array<ArrayBuffer>;
  /** Forgets everything; the flow is not used again. */
  close(): void;
}

/** The algorithm. */
export interface DeflateCodec {
  /** Makes a flow that compresses, in a window of 2 to the given bytes. */
  deflater(windowBits: number, keepsContext: boolean): DeflateFlow;
  /** Makes a flow that inflates, to at most so many bytes a message. */
  inflater(keepsContext: boolean, maxBytes: number): DeflateFlow;
}

/** What two ends agree on. */
export interface DeflateTerms {
  /** Whether the server starts each message afresh. */
  readonly serverNoContextTakeover: boolean;
  /** Whether the client starts each message afresh. */
  readonly clientNoContextTakeover: boolean;
  /** The server refers back at most 2 to this many bytes. */
  readonly serverMaxWindowBits: number;
  /** The client refers back at most 2 to this many bytes. */
  readonly clientMaxWindowBits: number;
}

/** What an end asks for. */
export interface DeflateOptions extends Partial<DeflateTerms> {
  /** Messages shorter than this leave as they are. Default 256 bytes. */
  thresholdBytes?: number;
}

/** The extension's name. */
export const DEFLATE_NAME = "permessage-deflate";

const DEFAULT_THRESHOLD = 256;

// What a sender leaves off and a receiver puts on again (RFC 7692 §7.2.1): a flush's empty block.
const TAIL = [0x00, 0x00, 0xff, 0xff];

/** The compression of one connection. */
export class PerMessageDeflate {
  readonly #threshold: number;
  readonly #makeDeflater: () => DeflateFlow;
  readonly #makeInflater: () => DeflateFlow;
  // Made when they are first used: each is large beside all else that a session holds.
  #deflater: DeflateFlow | null = null;
  #inflater: DeflateFlow | null = null;

  /**
   * Makes it for a new connection.
   *
   * @param codec The algorithm.
   * @param terms What was agreed on.
   * @param role Which end this is.
   * @param maxBytes What a message may inflate to.
   * @param thresholdBytes Messages shorter than this leave as they are. Default 256.
   */
  constructor(
    codec: DeflateCodec,
    terms: DeflateTerms,
    role: "client" | "server",
    maxBytes: number,
    thresholdBytes: number = DEFAULT_THRESHOLD,
  ) {
    const isServer = role === "server";
    this.#threshold = thresholdBytes;
    const windowBits = isServer ? terms.serverMaxWindowBits : terms.clientMaxWindowBits;
    const sendsAfresh = isServer ? terms.serverNoContextTakeover : terms.clientNoContextTakeover;
    const getsAfresh = isServer ? terms.clientNoContextTakeover : terms.serverNoContextTakeover;
    this.#makeDeflater = () => codec.deflater(windowBits, !sendsAfresh);
    this.#makeInflater = () => codec.inflater(!getsAfresh, maxBytes);
  }

  /** Compresses a message; `null` where it is better left as it is. */
  compress(message: Uint8Array): Uint8Array<ArrayBuffer> | null {
    if (message.length < this.#threshold) return null;
    // RFC 7692 §7.2.3.6: what an empty message comes to.
    if (message.length === 0) return new Uint8Array(1);
    const deflated = (this.#deflater ??= this.#makeDeflater()).run(message);
    return deflated.subarray(0, deflated.length - TAIL.length);
  }

  /** Inflates a message. */
  inflate(payload: Uint8Array): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(payload.length + TAIL.length);
    whole.set(payload);
    whole.set(TAIL, payload.length);
    return (this.#inflater ??= this.#makeInflater()).run(whole);
  }

  /** Forgets everything. */
  close(): void {
    this.#deflater?.close();
    this.#inflater?.close();
    this.#deflater = this.#inflater = null;
  }
}

/** The offer that a client makes (RFC 7692 §7.1). */
export function deflateOffer(options: DeflateOptions): string {
  let offer = DEFLATE_NAME;
  if (options.serverNoContextTakeover) offer += "; server_no_context_takeover";
  if (options.clientNoContextTakeover) offer += "; client_no_context_takeover";
  if (options.serverMaxWindowBits !== undefined) {
    offer += `; server_max_window_bits=${options.serverMaxWindowBits}`;
  }
  // Without a value: the server may ask for whatever it likes (RFC 7692 §7.1.2.2).
  offer += "; client_max_window_bits";
  if (options.clientMaxWindowBits !== undefined) offer += `=${options.clientMaxWindowBits}`;
  return offer;
}

/**
 * What a server makes of an offer.
 *
 * @returns What is agreed on, and the answer's text; `null` where the offer is not one to take.
 */
export function acceptDeflate(
  offer: ExtensionOffer,
  options: DeflateOptions,
): { terms: DeflateTerms; text: string } | null {
  const asked = readParameters(offer, false);
  if (asked === null) return null;
  const serverNoContextTakeover = asked.has("server_no_context_takeover") ||
    options.serverNoContextTakeover === true;
  const clientNoContextTakeover = asked.has("client_no_context_takeover") ||
    options.clientNoContextTakeover === true;
  const serverMaxWindowBits = Math.min(
    numberOf(asked.get("server_max_window_bits")),
    options.serverMaxWindowBits ?? 15,
  );
  // RFC 7692 §7.1.2.2: only a client that offered the parameter can be asked for a smaller window.
  const mayLimitClient = asked.has("client_max_window_bits");
  const clientMaxWindowBits = Math.min(
    numberOf(asked.get("client_max_window_bits")),
    mayLimitClient ? options.clientMaxWindowBits ?? 15 : 15,
  );
  let text = DEFLATE_NAME;
  if (serverNoContextTakeover) text += "; server_no_context_takeover";
  if (clientNoContextTakeover) text += "; client_no_context_takeover";
  if (serverMaxWindowBits < 15 || asked.has("server_max_window_bits")) {
    text += `; server_max_window_bits=${serverMaxWindowBits}`;
  }
  if (mayLimitClient && clientMaxWindowBits < 15) {
    text += `; client_max_window_bits=${clientMaxWindowBits}`;
  }
  return {
    terms: {
      serverNoContextTakeover,
      clientNoContextTakeover,
      serverMaxWindowBits,
      clientMaxWindowBits,
    },
    text,
  };
}

/** What a client makes of a server's answer; `null` where it is no answer to what was offered. */
export function agreeDeflate(answer: ExtensionOffer, options: DeflateOptions): DeflateTerms | null {
  const told = readParameters(answer, true);
  if (told === null) return null;
  const serverMaxWindowBits = numberOf(told.get("server_max_window_bits"));
  const clientMaxWindowBits = numberOf(told.get("client_max_window_bits"));
  // RFC 7692 §7.1.1.1 and §7.1.2.1: what was asked for must be granted.
  if (options.serverNoContextTakeover && !told.has("server_no_context_takeover")) return null;
  if (serverMaxWindowBits > (options.serverMaxWindowBits ?? 15)) return null;
  return {
    serverNoContextTakeover: told.has("server_no_context_takeover"),
    clientNoContextTakeover: told.has("client_no_context_takeover") ||
      options.clientNoContextTakeover === true,
    serverMaxWindowBits,
    clientMaxWindowBits: Math.min(clientMaxWindowBits, options.clientMaxWindowBits ?? 15),
  };
}

/** The parameters by name; `null` where one is unknown, stands twice, or has a value it may not have. */
function readParameters(
  { name, parameters }: ExtensionOffer,
  isAnswer: boolean,
): Map<string, string | null> | null {
  if (name !== DEFLATE_NAME) return null;
  const read = new Map<string, string | null>();
  for (const [key, value] of parameters) {
    if (read.has(key)) return null;
    switch (key) {
      case "server_no_context_takeover":
      case "client_no_context_takeover":
        if (value !== null) return null;
        break;
      case "client_max_window_bits":
        if (value === null && !isAnswer) break;
        if (!isWindowBits(value)) return null;
        break;
      case "server_max_window_bits":
        if (!isWindowBits(value)) return null;
        break;
      default:
        return null;
    }
    read.set(key, value);
  }
  return read;
}

/** RFC 7692 §7.1.2: 8 to 15, without a leading zero. */
function isWindowBits(value: string | null): boolean {
  return value !== null && /^([89]|1[0-5])$/.test(value);
}

function numberOf(value: string | null | undefined): number {
  return value === null || value === undefined ? 15 : Number(value);
}
