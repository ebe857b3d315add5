/**
 * What a WebSocket connection carries: frames, their kinds, and the codes with which one closes
 * (RFC 6455 §5.2, §7.4).
 *
 * @module
 */

/** The kind of a frame. */
export type FrameType = "continuation" | "text" | "binary" | "close" | "ping" | "pong";

/** A frame that arrived. Text comes as text, also where a fragment cuts a character in two. */
export type Frame =
  | {
    /** A whole message, or the first fragment of one. */
    readonly type: "text";
    /** What it carries. */
    readonly data: string;
    /** Whether further fragments of the message follow. */
    readonly again: boolean;
  }
  | {
    /** A whole message, or the first fragment of one; a ping or a pong. */
    readonly type: "binary" | "ping" | "pong";
    /** What it carries. */
    readonly data: Uint8Array<ArrayBuffer>;
    /** Whether further fragments of the message follow. */
    readonly again: boolean;
  }
  | {
    /** A further fragment. */
    readonly type: "continuation";
    /** What it carries, in the kind of the message's first fragment. */
    readonly data: string | Uint8Array<ArrayBuffer>;
    /** Whether further fragments of the message follow. */
    readonly again: boolean;
  }
  | {
    /** The peer's last frame. */
    readonly type: "close";
    /** The reason that the peer gives. */
    readonly data: string;
    /** Always `false`. */
    readonly again: false;
    /** The peer's code; absent where it gave none. */
    readonly code?: number;
  };

/** The numbers of the kinds (RFC 6455 §5.2). */
export const OPCODES: Readonly<Record<FrameType, number>> = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
};

/** The kinds by their numbers; holes are reserved. */
export const FRAME_TYPES: readonly (FrameType | undefined)[] = [
  "continuation",
  "text",
  "binary",
  undefined,
  undefined,
  undefined,
  undefined,
  undefined,
  "close",
  "ping",
  "pong",
];

/** The first byte's mark of a message's last frame. */
export const FIN = 0x80;
/** The first byte's mark of a compressed message (RFC 7692 §6). */
export const RSV1 = 0x40;
/** A control frame carries at most this many bytes (RFC 6455 §5.5). */
export const MAX_CONTROL_BYTES = 125;

/** The codes that lasa itself closes with (RFC 6455 §7.4.1). */
export const CLOSE_CODES = {
  /** All is done. */
  normal: 1000,
  /** This end is going away. */
  goingAway: 1001,
  /** The peer broke the protocol. */
  protocolError: 1002,
  /** Never sent: the peer gave no code. */
  none: 1005,
  /** Never sent: the connection was lost. */
  lost: 1006,
  /** A text is no UTF-8, or what is compressed cannot be inflated. */
  invalidData: 1007,
  /** A message is larger than this end takes. */
  tooLarge: 1009,
  /** This end failed. */
  failed: 1011,
} as const;

/** Whether a close frame may carry the code: registered ones, and those for libraries and applications. */
export function isCloseCode(code: number): boolean {
  // RFC 6455 §7.4.2; 1012 to 1014 were registered with IANA later. 1004 has no meaning, and 1005,
  // 1006 and 1015 are never sent (§7.4.1).
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
