/** What whole messages look like on the wire (RFC 6455 §5.2), for those who only count bytes. @module */

/** Bytes of a frame with a payload of so many bytes. */
export function frameBytes(payload: number, isMasked: boolean): number {
  const length = payload < 126 ? 2 : payload < 65_536 ? 4 : 10;
  return length + (isMasked ? 4 : 0) + payload;
}

/** Such a frame, final, its mask and its payload all zero. */
export function frameOf(payload: number, isMasked: boolean): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(frameBytes(payload, isMasked));
  const view = new DataView(frame.buffer);
  const mask = isMasked ? 128 : 0;
  frame[0] = 128 + (payload < 1_024 ? 1 : 2);
  if (payload < 126) {
    frame[1] = mask + payload;
  } else if (payload < 65_536) {
    frame[1] = mask + 126;
    view.setUint16(2, payload);
  } else {
    frame[1] = mask + 127;
    view.setBigUint64(2, BigInt(payload));
  }
  return frame;
}

/** So many frames in a row. */
export function framesOf(payload: number, isMasked: boolean, count: number): Uint8Array {
  const frame = frameOf(payload, isMasked);
  const frames = new Uint8Array(count * frame.length);
  for (let at = 0; at < frames.length; at += frame.length) frames.set(frame, at);
  return frames;
}
