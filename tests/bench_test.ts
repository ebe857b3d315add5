/** The bench, as far as it can be wrong without a clock: who takes part, what is told. @module */

import { assertEquals, assertMatch } from "@std/assert";
import { ownImportFlags } from "../tools/child.ts";
import { spreadOf } from "./bench/statistics.ts";
import { tableOf } from "./bench/table.ts";
import type { Row } from "./bench/workload.ts";
import { pathOf, root } from "./support/sources.ts";

Deno.test("the bench lists and records everybody who takes part", async () => {
  const out = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...[
          "run",
          "-A",
          "--quiet",
          ...ownImportFlags(),
          pathOf(new URL("tests/bench/main.ts", root)),
        ],
        ...["batch-8x16", "--quick", "--count=256", "--no-node", `--out=${out}`],
      ],
      stdin: "null",
    }).output();
    const table = new TextDecoder().decode(stdout);
    assertEquals(code, 0, table + new TextDecoder().decode(stderr));

    assertMatch(table, /^batch-8x16: GET/m);
    assertMatch(table, /^Without undici in Node/m);
    assertMatch(table, /^ {2}lasa is [\d.]+ × the best undici \(undici /m);
    const { results: [{ rows }] } = JSON.parse(await Deno.readTextFile(out));
    const names = rows.map(({ name }: Row) => name.replace(/ \d+\.\d+\.\d+/, ""));
    assertEquals(names, [
      "raw sockets, Deno",
      "lasa",
      "fetch, Deno",
      "undici request, Deno",
      "undici dispatch, Deno",
    ]);
    for (const { name, count, rounds } of rows as Row[]) {
      assertMatch(table, new RegExp(`^  ${name} +[\\d,]+ +\\([\\d,]+ – [\\d,]+\\)`, "m"));
      assertEquals([count, rounds.length], [256, 3], name);
    }
  } finally {
    await Deno.remove(out);
  }
});

Deno.test("spread of rounds: the middle one, or the mean of the two in the middle", () => {
  assertEquals(spreadOf([30, 10, 20]), { median: 20, min: 10, max: 30 });
  assertEquals(spreadOf([40, 10, 20, 30]), { median: 25, min: 10, max: 40 });
});

Deno.test("a contestant that failed has a row that says so, and no ratio", () => {
  const row = { role: "peer", kind: "undici", count: 1 } as const;
  const table = tableOf({
    name: "w",
    title: "something",
    unit: "things/s",
    rows: [
      { name: "lasa", role: "lasa", count: 1, rounds: [300] },
      { ...row, name: "good", rounds: [100] },
      { ...row, name: "bad", rounds: [900], failure: "got status 500" },
    ],
  });
  assertMatch(table, /^ {2}good +100 +\(100 – 100\) +3\.00 ×$/m);
  assertMatch(table, /^ {2}bad +failed +got status 500$/m);
  assertMatch(table, /^ {2}lasa is 3\.00 × the best undici \(good\)$/m);
});
