/**
 * The command line, read into what it means.
 *
 * @module
 */

import { isIP } from "node:net";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "./usage_error.ts";

/** What `lasa fetch` was told. */
export interface FetchOptions {
  /** The URLs of the command line. */
  readonly urls: readonly string[];
  /** The list: a file's path, `"-"` for standard input; `null` for none. */
  readonly input: string | null;
  /** The folder for the bodies; `null` where they are not kept. */
  readonly out: string | null;
  /** Whether each URL gives a line of JSON. */
  readonly json: boolean;
  /** The file for the summary as JSON; `null` for none. */
  readonly report: string | null;
  /** Connections in all. */
  readonly maxConn: number;
  /** Connections to one target. */
  readonly maxConnPerTarget: number;
  /** Requests behind the one being answered; 0 for no pipelining. */
  readonly maxPipelined: number;
  /** The local addresses to call from, in turn. */
  readonly clientIps: readonly string[];
  /** Milliseconds that one URL may take; `null` for no limit. */
  readonly timeoutMs: number | null;
  /** How often a request may be sent again. */
  readonly retries: number;
  /** Headers of every request, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whether the first failure ends the run. */
  readonly failFast: boolean;
  /** A PEM file of authorities to trust; `null` for none beside the platform's. */
  readonly caCert: string | null;
}

/** What `lasa run` was told: the file or the code, whichever is not `null`. */
export interface ProgramOptions {
  /** The program's file. */
  readonly file: string | null;
  /** The program itself. */
  readonly code: string | null;
  /** What it is called with. */
  readonly args: readonly string[];
  /** Modules to load before it, by the name of the global that each becomes. */
  readonly libs: Readonly<Record<string, string>>;
}

/** What the command line asks for. */
export type Command =
  | { readonly name: "help" | "fetch help" | "run help" | "version" }
  | { readonly name: "run"; readonly program: ProgramOptions }
  | { readonly name: "fetch"; readonly options: FetchOptions };

const GENERAL_OPTIONS = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const;

const FETCH_OPTIONS = {
  "input": { type: "string", short: "i" },
  "out": { type: "string", short: "o" },
  "json": { type: "boolean" },
  "report": { type: "string" },
  "max-conn": { type: "string" },
  "max-conn-per-target": { type: "string" },
  "max-pipelined": { type: "string" },
  "client-ip": { type: "string", multiple: true },
  "timeout": { type: "string" },
  "retries": { type: "string" },
  "header": { type: "string", short: "H", multiple: true },
  "cacert": { type: "string" },
  "fail-fast": { type: "boolean" },
  "help": { type: "boolean", short: "h" },
} as const;

/**
 * Reads a command line.
 *
 * @param args What stands behind the program's name.
 * @throws {UsageError} Where it makes no sense; the message names what does not.
 */
export function parseCommand(args: readonly string[]): Command {
  const [first, ...rest] = args;
  if (first === "fetch") return parseFetch(rest);
  if (first === "run") return parseRun(rest);
  if (first !== undefined && !first.startsWith("-")) {
    throw new UsageError(`there is no command ${JSON.stringify(first)} (see lasa --help)`);
  }
  const { values } = parseStrictly(args, GENERAL_OPTIONS, "lasa --help");
  if (values.help) return { name: "help" };
  if (values.version) return { name: "version" };
  throw new UsageError("no command was given (see lasa --help)");
}

function parseFetch(args: readonly string[]): Command {
  const { values, positionals } = parseStrictly(args, FETCH_OPTIONS, "lasa fetch --help");
  if (values.help) return { name: "fetch help" };
  if (positionals.length === 0 && values.input === undefined) {
    throw new UsageError("no URL and no --input was given (see lasa fetch --help)");
  }
  if (values.out !== undefined && values.json) {
    throw new UsageError("--out and --json do not go together: choose one");
  }
  return {
    name: "fetch",
    options: {
      urls: positionals,
      input: given("--input", values.input),
      out: given("--out", values.out),
      json: values.json ?? false,
      report: given("--report", values.report),
      maxConn: wholeNumber("--max-conn", values["max-conn"], 1) ?? 50,
      maxConnPerTarget: wholeNumber("--max-conn-per-target", values["max-conn-per-target"], 1) ??
        20,
      maxPipelined: wholeNumber("--max-pipelined", values["max-pipelined"], 0) ?? 10,
      clientIps: (values["client-ip"] ?? []).map(ipAddress),
      timeoutMs: wholeNumber("--timeout", values.timeout, 1),
      retries: wholeNumber("--retries", values.retries, 0) ?? 3,
      headers: (values.header ?? []).map(header),
      failFast: values["fail-fast"] ?? false,
      caCert: given("--cacert", values.cacert),
    },
  };
}

/** By hand: what stands behind the program belongs to it, and no parser may look at it. */
function parseRun(args: readonly string[]): Command {
  const libs: Record<string, string> = {};
  for (let at = 0; at < args.length; at++) {
    const [option, joined] = splitOption(args[at]);
    const value = () => {
      const given = joined ?? args[++at];
      if (given === undefined) {
        throw new UsageError(`${option} needs a value (see lasa run --help)`);
      }
      return given;
    };
    switch (option) {
      case "-h":
      case "--help":
        return { name: "run help" };
      case "-e":
      case "--eval": {
        const code = value();
        return { name: "run", program: { file: null, code, args: args.slice(at + 1), libs } };
      }
      case "--lib": {
        const lib = value();
        const match = /^([\p{ID_Start}$_][\p{ID_Continue}$]*)=(.+)$/u.exec(lib);
        if (match === null) {
          throw new UsageError(`--lib takes NAME=MODULE, not ${JSON.stringify(lib)}`);
        }
        libs[match[1]] = match[2];
        break;
      }
      default: {
        if (option === "--") at++;
        else if (option.startsWith("-")) {
          throw new UsageError(`unknown option '${option}' (see lasa run --help)`);
        }
        const file = args[at];
        if (file === undefined) break;
        if (file === "") throw new UsageError('run takes the name of a file, not ""');
        return { name: "run", program: { file, code: null, args: args.slice(at + 1), libs } };
      }
    }
  }
  throw new UsageError("no FILE and no -e CODE was given (see lasa run --help)");
}

/** `--name=value` in two; what begins with no dash is whole. */
function splitOption(arg: string): [option: string, value: string | undefined] {
  const match = /^(--[^=]+)=([^]*)$/.exec(arg);
  return match === null ? [arg, undefined] : [match[1], match[2]];
}

type Parsed<T extends ParseArgsConfig["options"]> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; strict: true; allowPositionals: true }>
>;

function parseStrictly<const T extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: T,
  help: string,
): Parsed<T> {
  try {
    return parseArgs({
      args: joinNegativeNumbers(args),
      options,
      strict: true,
      allowPositionals: true,
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // What follows the first sentence is advice on the syntax, over several lines.
    const [sentence] = error.message
      .replace("argument is ambiguous", "needs a value, and what follows looks like an option")
      .replace(/'(-[^' ]+) <value>' argument missing/, "'$1' needs a value")
      .split(/\.?\s*\n|\. /);
    throw new UsageError(`${sentence[0].toLowerCase()}${sentence.slice(1)} (see ${help})`);
  }
}

/** `--retries -1` would be taken for an option without its value; the number is what is wrong. */
function joinNegativeNumbers(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const last = joined.at(-1);
    if (/^-\d/.test(arg) && last !== undefined && /^--[^=]+$/.test(last)) {
      joined[joined.length - 1] = `${last}=${arg}`;
    } else {
      joined.push(arg);
    }
  }
  return joined;
}

function given(option: string, value: string | undefined): string | null {
  if (value === "") throw new UsageError(`${option} takes a name, not ""`);
  return value ?? null;
}

function wholeNumber(option: string, value: string | undefined, least: number): number | null {
  if (value === undefined) return null;
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least) return number;
  throw new UsageError(
    `${option} takes a whole number from ${least} up, not ${JSON.stringify(value)}`,
  );
}

function ipAddress(value: string): string {
  if (isIP(value) !== 0) return value;
  throw new UsageError(`--client-ip takes an IP address, not ${JSON.stringify(value)}`);
}

function header(value: string): readonly [string, string] {
  // RFC 9110 §5.1 and §5.5: a token, and a value without control characters around which no
  // whitespace counts.
  // deno-lint-ignore no-control-regex
  const match = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*?)[ \t]*$/.exec(value);
  if (match !== null) return [match[1], match[2]];
  throw new UsageError(`--header takes "Name: value", not ${JSON.stringify(value)}`);
}
