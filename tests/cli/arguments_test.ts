import { assert, assertEquals, assertThrows } from "@std/assert";
import { type FetchOptions, parseCommand } from "../../src/cli/arguments.ts";
import { workerCount } from "../../src/cli/fetch_command.ts";
import { UsageError } from "../../src/cli/usage_error.ts";

function fetchOptions(...args: string[]): FetchOptions {
  const command = parseCommand(["fetch", ...args]);
  assert(command.name === "fetch");
  return command.options;
}

Deno.test("fetch without options has the client's defaults", () => {
  assertEquals(fetchOptions("http://a/"), {
    urls: ["http://a/"],
    input: null,
    out: null,
    json: false,
    report: null,
    maxConn: 50,
    maxConnPerTarget: 20,
    maxPipelined: 10,
    clientIps: [],
    timeoutMs: null,
    retries: 3,
    headers: [],
    failFast: false,
    caCert: null,
  });
});

Deno.test("fetch takes every option, before and behind the URLs", () => {
  const line =
    "--input - --out dir http://a/ --report r.json --max-conn 8 --max-conn-per-target 4 " +
    "--max-pipelined 0 --client-ip 127.0.0.2 --client-ip ::1 --timeout 1500 --retries 0 " +
    "-H A:1 --fail-fast --cacert ca.pem http://b/";
  assertEquals(fetchOptions(...line.split(" "), "--header", "B-c:  two words "), {
    urls: ["http://a/", "http://b/"],
    input: "-",
    out: "dir",
    json: false,
    report: "r.json",
    maxConn: 8,
    maxConnPerTarget: 4,
    maxPipelined: 0,
    clientIps: ["127.0.0.2", "::1"],
    timeoutMs: 1500,
    retries: 0,
    headers: [["A", "1"], ["B-c", "two words"]],
    failFast: true,
    caCert: "ca.pem",
  });
});

Deno.test("what is wrong with a command line is told in one line that names it", () => {
  const wrong: [line: string, named: string][] = [
    ["", "no command"],
    ["fetsh http://a/", '"fetsh"'],
    ["--loud", "'--loud'"],
    ["fetch", "no URL and no --input"],
    ["fetch --loud", "'--loud'"],
    ["fetch -x", "'-x'"],
    ["fetch http://a/ --max-conn", "'--max-conn' needs a value"],
    ["fetch --max-conn --json http://a/", "'--max-conn' needs a value"],
    ["fetch http://a/ --max-conn 0", 'from 1 up, not "0"'],
    ["fetch http://a/ --max-conn -3", 'from 1 up, not "-3"'],
    ["fetch http://a/ --max-conn many", 'not "many"'],
    ["fetch http://a/ --max-conn-per-target 1.5", 'not "1.5"'],
    ["fetch http://a/ --max-pipelined 1e3", 'from 0 up, not "1e3"'],
    ["fetch http://a/ --retries 99999999999999999999", 'not "99999999999999999999"'],
    ["fetch http://a/ --timeout 0", 'from 1 up, not "0"'],
    ["fetch http://a/ --timeout=", 'not ""'],
    ["fetch http://a/ --client-ip 300.1.1.1", 'not "300.1.1.1"'],
    ["fetch http://a/ --header no-colon", 'not "no-colon"'],
    ["fetch http://a/ --header b@d:1", 'not "b@d:1"'],
    ["fetch http://a/ --json=1", "'--json'"],
    ["fetch http://a/ --json --out dir", "--out and --json"],
    ["fetch --input=", '--input takes a name, not ""'],
  ];
  for (const [line, named] of wrong) {
    const args = line.split(" ").filter((arg) => arg !== "");
    const { message } = assertThrows(() => parseCommand(args), UsageError, named, line);
    assert(!message.includes("\n"), message);
  }
});

Deno.test("a header that would end its line and begin another is refused", () => {
  for (const header of ["A: b\r\nC: d", "A: b\nC", "A: \0", "A\r: b", ": b", "A : b"]) {
    assertThrows(() => parseCommand(["fetch", "http://a/", "-H", header]), UsageError, "--header");
  }
});

Deno.test("help and version are found, with and without a command", () => {
  assertEquals(parseCommand(["--help"]), { name: "help" });
  assertEquals(parseCommand(["-h"]), { name: "help" });
  assertEquals(parseCommand(["--version"]), { name: "version" });
  assertEquals(parseCommand(["fetch", "--help"]), { name: "fetch help" });
});

Deno.test("there is a worker for each request that can be on its way, within bounds", () => {
  const workers = (...args: string[]) => workerCount(fetchOptions("http://a/", ...args));
  assertEquals(workers("--max-conn", "4", "--max-pipelined", "10"), 44);
  assertEquals(workers("--max-conn", "4", "--max-pipelined", "0"), 4);
  assertEquals(workers("--max-conn", "1000", "--max-pipelined", "1000"), 10_000);
});
