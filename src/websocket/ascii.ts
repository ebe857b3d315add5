import { Buffer } from "node:buffer";
import { decodeAscii } from "../protocol/websocket/text.ts";

const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice?: (this: Uint8Array, start: number, end: number) => string;
};

/** Text of ASCII bytes, by the platform's quickest way where it has one. */
export const asciiText: typeof decodeAscii = latin1Slice === undefined
  ? decodeAscii
  : (bytes, start, end) => latin1Slice.call(bytes, start, end);
