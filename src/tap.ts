/**
 * Where layers tell what they do, for whoever listens; nothing is paid while nobody does.
 *
 * @module
 */

/** What is told of: requests and their waits, start lines and bodies, bytes on a stream. */
export type DebugLevel = "client" | "protocol" | "stream";

/** What `debug` writes down, and where. */
export interface DebugOptions {
  /** The levels. Default: `["client"]`, the seed's `debug = true`. */
  levels?: readonly DebugLevel[];
  /** Takes a line. Default: to standard error. */
  write?: (line: string) => void;
}
