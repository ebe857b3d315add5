// deno-lint-ignore-file no-import-prefix
/** `@std/encoding/base64`, for machines where JSR does not answer. @module */
import * as std from "npm:deno-std@1.4.0/encoding/base64.js";

export const encodeBase64: (data: ArrayBuffer | Uint8Array | string) => string = std.encodeBase64;
export const decodeBase64: (b64: string) => Uint8Array<ArrayBuffer> = std.decodeBase64;
