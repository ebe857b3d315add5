/**
 * Whether bytes are those that somebody meant: Subresource Integrity §3.3.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";

/** Weakest first. */
const ALGORITHMS = ["sha256", "sha384", "sha512"];

/**
 * Whether bytes have one of the digests that are named; of several algorithms the strongest counts.
 *
 * @param bytes The bytes, decoded.
 * @param integrity Digests as in `sha256-BASE64`, parted by spaces. What names no algorithm that is
 *   known is passed over, and where all does, everything will do (SRI §3.3.5).
 * @returns Whether one of them is theirs.
 */
export async function meetsIntegrity(
  bytes: Uint8Array<ArrayBuffer>,
  integrity: string,
): Promise<boolean> {
  let strongest = -1;
  let wanted: string[] = [];
  for (const each of integrity.split(/[\t\n\f\r ]+/)) {
    const match = /^(sha256|sha384|sha512)-([^?]*)/i.exec(each);
    if (match === null) continue;
    const strength = ALGORITHMS.indexOf(match[1].toLowerCase());
    if (strength > strongest) wanted = [];
    strongest = Math.max(strongest, strength);
    // The alphabet for URLs is taken too, and need not be padded.
    if (strength === strongest) wanted.push(plainBase64(match[2]));
  }
  if (strongest < 0) return true;
  const name = ALGORITHMS[strongest].replace("sha", "SHA-");
  const digest = await crypto.subtle.digest(name, bytes);
  return wanted.includes(plainBase64(encodeBase64(digest)));
}

function plainBase64(text: string): string {
  return text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
}
