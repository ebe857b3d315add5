/** Every option of a client and of a request is told, tried and shown. @module */

import { assertEquals } from "@std/assert";
import { readSource, sourcesIn } from "../support/sources.ts";

/** The names of an interface's members, and whether each has a doc comment before it. */
function membersOf(source: string, name: string): Map<string, boolean> {
  const body = new RegExp(`export interface ${name} [^{]*\\{\\n([^]*?)\\n\\}`).exec(source)![1];
  const members = new Map<string, boolean>();
  let isTold = false;
  for (const line of body.split("\n")) {
    const member = /^ {2}(?:readonly )?(\w+)\??:/.exec(line);
    if (member !== null) members.set(member[1], isTold);
    isTold = line.trimEnd().endsWith("*/");
  }
  return members;
}

const options = readSource("src/http/options.ts");
const limits = readSource("src/protocol/http1/limits.ts");
const OPTIONS: Record<string, Map<string, boolean>> = {
  ClientOptions: membersOf(options, "ClientOptions"),
  RequestOptions: membersOf(options, "RequestOptions"),
  ReaderLimits: membersOf(limits, "ReaderLimits"),
  RetryOptions: membersOf(options, "RetryOptions"),
  CircuitOptions: membersOf(options, "CircuitOptions"),
  ProxyOptions: membersOf(options, "ProxyOptions"),
  Timeouts: membersOf(options, "Timeouts"),
};

function textOf(...folders: string[]): string {
  const files = folders.flatMap(sourcesIn).filter((file) => !file.endsWith("options_test.ts"));
  return files.map(readSource).join("\n");
}

/** The options that a text does not use. */
function unused(text: string): string[] {
  const names: string[] = [];
  for (const [kind, members] of Object.entries(OPTIONS)) {
    for (const name of members.keys()) {
      // As a key, with its value or in short.
      if (!new RegExp(`\\b${name}\\s*[:,}]|"${name}"`).test(text)) names.push(`${kind}.${name}`);
    }
  }
  return names;
}

Deno.test("every option has its doc", () => {
  for (const [kind, members] of Object.entries(OPTIONS)) {
    assertEquals([kind, members.size > 1], [kind, true]);
    const untold = [...members].filter(([, isTold]) => !isTold).map(([name]) => name);
    assertEquals([kind, untold], [kind, []]);
  }
});

Deno.test("every option is used in a test", () => {
  assertEquals(unused(textOf("tests/http", "tests/interop")), []);
});

Deno.test("every option is used in an example", () => {
  assertEquals(unused(textOf("examples")), []);
});
