// deno-lint-ignore-file no-import-prefix
/** `@std/streams/text-line-stream`, for machines where JSR does not answer. @module */
import * as std from "npm:deno-std@1.4.0/streams/text_line_stream.js";

export const TextLineStream: new () => TransformStream<string, string> = std.TextLineStream;
