/** Whether the text is an IPv4 address in its usual form. */
export function isIPv4(text: string): boolean {
  return /^(\d{1,3}\.){3}\d{1,3}$/.test(text) &&
    text.split(".").every((part) => Number(part) < 256);
}

/** Whether the text is an IPv6 address (RFC 4291 §2.2), without brackets or zone. */
export function isIPv6(text: string): boolean {
  return text.includes(":") && /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]`);
}
