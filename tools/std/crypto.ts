/**
 * The part of `@std/crypto` that lasa uses, over `node:crypto`, for machines where JSR does not
 * answer: the npm copy of the package lost the WebAssembly file that its digests are made of.
 *
 * @module
 */

type NodeCrypto = typeof import("node:crypto");

// Loaded with the first digest: it costs more than all of lasa.
const { process } = globalThis as unknown as {
  process: { getBuiltinModule(name: "node:crypto"): NodeCrypto };
};

/** Those of the real package's names that OpenSSL knows too. */
export type DigestAlgorithmName = "MD5" | "SHA-1" | "SHA-224" | "SHA-256" | "SHA-384" | "SHA-512";

/** A digest's name, alone or in an object. */
export type DigestAlgorithm = DigestAlgorithmName | { name: DigestAlgorithmName };

/** `SubtleCrypto` with the synchronous digest. */
export interface StdSubtleCrypto extends SubtleCrypto {
  digestSync(
    algorithm: DigestAlgorithm,
    data: BufferSource | Iterable<BufferSource>,
  ): ArrayBuffer;
}

function asBytes(data: BufferSource): Uint8Array<ArrayBuffer> {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

function digestSync(
  algorithm: DigestAlgorithm,
  data: BufferSource | Iterable<BufferSource>,
): ArrayBuffer {
  const name = typeof algorithm === "string" ? algorithm : algorithm.name;
  const { createHash } = process.getBuiltinModule("node:crypto");
  const hash = createHash(name.replace("-", "").toLowerCase());
  const chunks = data instanceof ArrayBuffer || ArrayBuffer.isView(data) ? [data] : data;
  for (const chunk of chunks) hash.update(asBytes(chunk));
  return new Uint8Array(hash.digest()).buffer;
}

/** The part of `crypto` that the project calls. */
export const crypto: { readonly subtle: Pick<StdSubtleCrypto, "digestSync"> } = {
  subtle: { digestSync },
};
