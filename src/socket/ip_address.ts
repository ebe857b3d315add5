/** What an IP address looks like. Written here, since `node:net` costs more than all of this. @module */

/** Whether a text is an IPv4 address. Leading zeros make it none: some would read them as octal. */
export function isIPv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
}

/** Whether a text is an IPv6 address (RFC 4291 §2.2), without brackets or zone. */
export function isIPv6(text: string): boolean {
  return text.includes(":") && /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]`);
}
