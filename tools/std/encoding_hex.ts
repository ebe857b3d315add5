// deno-lint-ignore-file no-import-prefix
/** `@std/encoding/hex`, for machines where JSR does not answer. @module */
import * as std from "npm:deno-std@1.4.0/encoding/hex.js";

export const encodeHex: (src: string | Uint8Array | ArrayBuffer) => string = std.encodeHex;
export const decodeHex: (src: string) => Uint8Array<ArrayBuffer> = std.decodeHex;
