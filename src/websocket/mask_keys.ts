const keys = new Int32Array(1024);
let at = keys.length;

/** A key that nobody can foretell (RFC 6455 §10.3), from a store that is filled now and then. */
export function nextMaskKey(): number {
  if (at === keys.length) {
    crypto.getRandomValues(keys);
    at = 0;
  }
  return keys[at++];
}
