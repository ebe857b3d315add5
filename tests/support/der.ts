/**
 * As much of DER (X.690) as an X.509 certificate needs.
 *
 * @module
 */

/** A value with its tag and its length in front. */
export function der(tag: number, ...contents: (Uint8Array | number[])[]): number[] {
  const content = contents.flatMap((part) => [...part]);
  const { length } = content;
  if (length < 0x80) return [tag, length, ...content];
  if (length < 0x100) return [tag, 0x81, length, ...content];
  return [tag, 0x82, length >> 8, length & 255, ...content];
}

/** A SEQUENCE. */
export const sequence = (...items: number[][]): number[] => der(0x30, ...items);
/** A SET. */
export const set = (...items: number[][]): number[] => der(0x31, ...items);
/** A BOOLEAN that is true. */
export const TRUE = der(0x01, [0xff]);
/** A UTF8String. */
export const utf8 = (text: string): number[] => der(0x0c, new TextEncoder().encode(text));
/** An OCTET STRING. */
export const octets = (content: number[]): number[] => der(0x04, content);
/** A BIT STRING of whole bytes. */
export const bits = (content: Uint8Array | number[]): number[] => der(0x03, [0], content);
/** Something under a context tag of its own. */
export const tagged = (tag: number, item: number[]): number[] => der(0xa0 + tag, item);

/** An INTEGER from its unsigned bytes. */
export function integer(bytes: Uint8Array | number[]): number[] {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = [...bytes.slice(start)];
  return der(0x02, digits[0] > 127 ? [0, ...digits] : digits);
}

/** An OBJECT IDENTIFIER, from its dotted form. */
export function oid(dotted: string): number[] {
  const [first, second, ...rest] = dotted.split(".").map(Number);
  const content = [first * 40 + second];
  for (const arc of rest) {
    const digits = [arc & 127];
    for (let left = arc >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128);
    content.push(...digits);
  }
  return der(0x06, content);
}

/** A GeneralizedTime, to the second. */
export function time(date: Date): number[] {
  const digits = date.toISOString().slice(0, 19).replace(/\D/g, "");
  return der(0x18, new TextEncoder().encode(`${digits}Z`));
}

/** DER as PEM. */
export function pem(label: string, content: Uint8Array | number[]): string {
  const base64 = btoa(String.fromCharCode(...content)).replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}
