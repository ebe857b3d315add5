// deno-lint-ignore-file no-import-prefix
/** `@std/async/deadline`, for machines where JSR does not answer. @module */
import * as std from "npm:deno-std@1.4.0/async/deadline.js";

export interface DeadlineOptions {
  signal?: AbortSignal;
}

export const deadline: <T>(
  p: Promise<T>,
  ms: number,
  options?: DeadlineOptions,
) => Promise<T> = std.deadline;
