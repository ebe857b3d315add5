import { assertEquals, assertMatch } from "@std/assert";
import { spawnDeno } from "../tools/child.ts";
import { endOf } from "./support/lasa.ts";
import { root } from "./support/sources.ts";

Deno.test("the demo fetches its list twice and shows both summaries side by side", async () => {
  const { code, out, err } = await endOf(spawnDeno(new URL("tools/demo.ts", root), [], {
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }));
  assertEquals([code, err], [0, ""]);
  assertMatch(out, /^\$ lasa fetch .*--max-pipelined 0\n\$ lasa fetch .*--max-pipelined 10\n/m);
  // Each row: a name and a value for either run.
  const rows = new Map(
    [...out.matchAll(/^ {2}(\S+(?: \S+)*) {2,}(\S+(?: \S+)*) {2,}(\S+(?: \S+)*)$/gm)]
      .map(([, name, ...values]) => [name, values]),
  );
  assertEquals([...rows.keys()], [
    "time",
    "requests/s",
    "latency p50",
    "latency p90",
    "latency p99",
    "connections opened",
    "requests per connection",
    "sent again",
    "bodies",
    "URLs fetched",
    "URLs failed",
  ]);
  assertEquals(rows.get("URLs fetched"), ["1,440", "1,440"]);
  assertEquals(rows.get("URLs failed"), ["1", "1"]);
  assertMatch(out, /^One URL failed, as it must: \/reset\/0\n {2}\w+ \(.+\)$/m);
});
