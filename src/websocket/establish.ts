import { Connection, maxMessageLenOf } from "../protocol/websocket/connection.ts";
import { PerMessageDeflate } from "../protocol/websocket/deflate.ts";
import type { Agreement } from "../protocol/websocket/handshake.ts";
import type { ByteStream } from "../socket/stream.ts";
import { asciiText } from "./ascii.ts";
import { loadedDeflate } from "./deflate_codec.ts";
import { Link } from "./link.ts";
import { nextMaskKey } from "./mask_keys.ts";
import { deflateOptions } from "./options.ts";
import type { Session } from "./session.ts";
import type { SessionOptions } from "./options.ts";

/** A connection whose handshake is done. */
export interface Established {
  /** What carries it. */
  readonly stream: ByteStream;
  /** What came behind the handshake. */
  readonly received: Uint8Array;
  /** What both ends agreed on. */
  readonly agreement: Agreement;
  /** Which end this is. */
  readonly role: "client" | "server";
  /** Whether its frames leave masked. */
  readonly isMasked: boolean;
}

/** Gives a session its connection. */
export function establish(session: Session, options: SessionOptions, from: Established): void {
  const { agreement, role, stream } = from;
  const core = new Connection({
    role,
    maskKey: from.isMasked ? nextMaskKey : null,
    maxPayloadLen: options.maxPayloadLen,
    maxMessageLen: options.maxMessageLen,
    deflate: agreement.deflate === null ? null : new PerMessageDeflate(
      loadedDeflate(),
      agreement.deflate,
      role,
      maxMessageLenOf(options),
      deflateOptions(options.compression)?.thresholdBytes,
    ),
    ascii: asciiText,
  });
  if (from.received.length > 0) core.receive(from.received);
  session.attach(new Link(stream, core, role === "server", session), agreement);
}
