import { assert } from "@std/assert";
import { hurryCollector } from "../../src/bytes/collector.ts";

Deno.test("of arrays that are dropped as they come, few are held at a time", () => {
  const MIB = 2 ** 20;
  const before = Deno.memoryUsage().external;
  let most = 0;
  for (let n = 0; n < 500; n++) {
    hurryCollector(MIB);
    new Uint8Array(MIB);
    most = Math.max(most, Deno.memoryUsage().external - before);
  }
  // V8 by itself lets 118 MiB gather here.
  assert(most < 64 * MIB, `${most / MIB} MiB`);
});
