/**
 * The seed's `log(level, tag, msg)`, for lasa's own remarks and for whoever wants it.
 *
 * A module should not decide where an application's log goes, so the records are LogTape's, in the
 * category `["lasa", tag]`: an application that has configured LogTape finds them in its sinks. For
 * all others lasa writes lines to stderr, in LogTape's own text format, and configures nothing.
 *
 * Loading LogTape takes about 9 ms, so nobody pays for it before the first record. What is logged
 * meanwhile waits, in order; if the process ends first, it is written to stderr on the way out.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type * as LogTape from "@logtape/logtape";

/** The seed's names of log levels, lower case. */
export type LogLevelName =
  | "unknown"
  | "default"
  | "verbose"
  | "debug"
  | "info"
  | "warn"
  | "error"
  | "fatal"
  | "silent";

/** A log level: its name in lower or upper case, or its `ANDROID_LOG_*` number, 0 to 8. */
export type LogLevel = LogLevelName | Uppercase<LogLevelName> | number;

// Android's ANDROID_LOG_*: a level's number is its place here.
const LEVEL_NAMES: readonly LogLevelName[] = [
  "unknown",
  "default",
  "verbose",
  "debug",
  "info",
  "warn",
  "error",
  "fatal",
  "silent",
];
const VERBOSE = LEVEL_NAMES.indexOf("verbose");
const INFO = LEVEL_NAMES.indexOf("info");
const SILENT = LEVEL_NAMES.indexOf("silent");

// What LogTape calls them, in full and in its text format, from VERBOSE on.
const LOGTAPE_LEVELS = ["trace", "debug", "info", "warning", "error", "fatal"] as const;
const LEVEL_MARKS = ["TRC", "DBG", "INF", "WRN", "ERR", "FTL"] as const;

/** One line of the log. */
interface Entry {
  readonly priority: number;
  readonly tag: string;
  readonly text: string;
  readonly timestamp: number;
}

// Loading leaves its context behind in Deno, which must not be that of the thread that logs.
const outsideAll = AsyncLocalStorage.snapshot();

let minPriority = VERBOSE;
let logTape: typeof LogTape | null = null;
let loading: Promise<void> | null = null;
let pending: Entry[] = [];

/**
 * Writes to the log.
 *
 * Every line of the message becomes a record of its own, as Android's logcat shows it, and control
 * characters are escaped: what a peer put into a message can forge neither a record nor a colour.
 *
 * @param level How grave it is. `"unknown"` and `"default"` count as `"info"`; `"silent"` is a level
 * to set, not to write at, and writes nothing.
 * @param tag Who speaks.
 * @param msg What there is to say.
 * @throws {TypeError} if there is no such level.
 *
 * @example A warning
 * ```ts
 * import { log } from "@lasa/lasa";
 *
 * log("warn", "billing", "the upstream is slow");
 * ```
 */
export function log(level: LogLevel, tag: string, msg: string): void {
  const named = toPriority(level, "log");
  const priority = named < VERBOSE ? INFO : named;
  if (priority === SILENT || priority < minPriority) return;
  const timestamp = Date.now();
  for (const line of String(msg).replace(/\r?\n$/, "").split(/\r?\n/)) {
    const entry = { priority, tag: escape(String(tag)), text: escape(line), timestamp };
    if (logTape !== null) write(entry);
    else pending.push(entry);
  }
  if (logTape === null) loading ??= load();
}

/**
 * Sets the level below which {@linkcode log} writes nothing.
 *
 * @param level `"silent"` turns the log off; `"default"` and `"unknown"` let everything through, as
 * it is from the start.
 * @throws {TypeError} if there is no such level.
 *
 * @example Only what went wrong
 * ```ts
 * import { log, setMinLevel } from "@lasa/lasa";
 *
 * setMinLevel("error");
 * log("info", "billing", "nobody reads this");
 * setMinLevel("default");
 * ```
 */
export function setMinLevel(level: LogLevel): void {
  minPriority = Math.max(VERBOSE, toPriority(level, "set the minimum level"));
}

/**
 * Waits until every record so far has been handed on: to LogTape's sinks, or to stderr.
 *
 * @returns When nothing waits any more.
 */
export async function flushLog(): Promise<void> {
  await loading;
}

function toPriority(level: LogLevel, doing: string): number {
  const priority = typeof level === "string"
    ? LEVEL_NAMES.findIndex((name) => name === level || name.toUpperCase() === level)
    : level;
  if (LEVEL_NAMES[priority] !== undefined) return priority;
  const shown = typeof level === "string" ? JSON.stringify(level) : String(level);
  throw new TypeError(`Cannot ${doing}: level is ${shown}`);
}

async function load(): Promise<void> {
  for (const end of ENDS) globalThis.addEventListener?.(end, writePlainly);
  try {
    logTape = await outsideAll(() => import("@logtape/logtape"));
  } catch {
    // Without LogTape no application can have given it sinks, and stderr is still there. The next
    // record tries again.
    loading = null;
  }
  for (const entry of takePending()) write(entry);
  for (const end of ENDS) globalThis.removeEventListener?.(end, writePlainly);
}

// Where a process ends without another turn of its event loop: `unload` comes before an orderly
// end, and nothing but its own event before the end by an error.
const ENDS = ["unload", "error", "unhandledrejection"] as const;

function writePlainly(): void {
  for (const entry of takePending()) console.error(toText(entry));
}

function takePending(): Entry[] {
  const entries = pending;
  pending = [];
  return entries;
}

function write(entry: Entry): void {
  if (logTape === null || logTape.getConfig() === null) {
    console.error(toText(entry));
    return;
  }
  logTape.getLogger(["lasa", entry.tag]).emit({
    level: LOGTAPE_LEVELS[entry.priority - VERBOSE],
    // One whole part: braces in a message are no placeholders.
    message: [entry.text],
    rawMessage: entry.text,
    timestamp: entry.timestamp,
    properties: {},
  });
}

/**
 * A line in LogTape's text format. Written here because at the end of a process LogTape may not be
 * loaded yet, and cannot be any more; a test holds the two equal.
 */
function toText({ priority, tag, text, timestamp }: Entry): string {
  const time = new Date(timestamp).toISOString().replace("T", " ").replace("Z", " +00:00");
  return `${time} [${LEVEL_MARKS[priority - VERBOSE]}] lasa·${tag}: ${text}`;
}

/** Writes control characters, all but the tab, as LogTape's formatters do. */
function escape(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, (char) => {
    if (char === "\n") return "\\n";
    if (char === "\r") return "\\r";
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
