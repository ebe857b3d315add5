// deno-lint-ignore-file no-import-prefix
/** `@std/async/delay`, for machines where JSR does not answer. @module */
import * as std from "npm:deno-std@1.4.0/async/delay.js";

export interface DelayOptions {
  signal?: AbortSignal;
  persistent?: boolean;
}

export const delay: (ms: number, options?: DelayOptions) => Promise<void> = std.delay;
