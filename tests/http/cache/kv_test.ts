/** Deno KV needs a flag that the tests do not have: its tests run in a process that does. @module */

import { assertEquals } from "@std/assert";
import { ownImportFlags } from "../../../tools/child.ts";
import { pathOf } from "../../support/sources.ts";

async function runDeno(args: readonly string[]): Promise<{ code: number; out: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout) + decoder.decode(stderr) };
}

const FLAGS = ["--unstable-kv", "--quiet", "--no-lock"];
const probe = await runDeno(["eval", ...FLAGS, "(await Deno.openKv(':memory:')).close()"]);
const isMissing = probe.code !== 0;

Deno.test({
  name: `the store in Deno KV keeps the contract${isMissing ? " (Deno has no KV here)" : ""}`,
  ignore: isMissing,
  async fn() {
    const tests = pathOf(new URL("kv_contract.ts", import.meta.url));
    const { code, out } = await runDeno([
      "test",
      "-A",
      "--no-check",
      ...FLAGS,
      ...ownImportFlags(),
      tests,
    ]);
    assertEquals(code, 0, out);
  },
});
