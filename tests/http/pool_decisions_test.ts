import { assertEquals } from "@std/assert";
import {
  idlestOfOthers,
  leastLoaded,
  nextInLine,
  type PoolLimits,
  shouldYield,
  slotFor,
  type TargetView,
  wantsConnection,
} from "../../src/http/pool_decisions.ts";

const LIMITS: PoolLimits = { maxConn: 4, maxConnPerTarget: 2, maxDialing: 2 };

function target(queued: number, connections = 0, dialing = 0, priority = 0): TargetView {
  return { connections: { length: connections }, dialing, queue: { size: queued, priority } };
}

Deno.test("a target wants one connection for each that waits, up to its limit", () => {
  const table: [TargetView, boolean][] = [
    [target(0), false],
    [target(1), true],
    [target(1, 0, 1), false],
    [target(2, 0, 1), true],
    [target(9, 1, 1), false],
    [target(9, 2, 0), false],
    [target(9, 1, 0), true],
  ];
  for (const [each, wants] of table) {
    assertEquals([each, wantsConnection(each, LIMITS)], [each, wants]);
  }
});

Deno.test("a slot is free, can be freed, or has to be waited for", () => {
  assertEquals(slotFor(0, 0, LIMITS), "dial");
  assertEquals(slotFor(3, 0, LIMITS), "dial");
  assertEquals(slotFor(4, 0, LIMITS), "close an idle one");
  assertEquals(slotFor(3, 1, LIMITS), "close an idle one");
  assertEquals(slotFor(0, 2, LIMITS), "wait");
});

Deno.test("the most urgent target is next, then the one that came first", () => {
  assertEquals(nextInLine([]), -1);
  assertEquals(nextInLine([target(1), target(1)]), 0);
  assertEquals(
    nextInLine([target(1, 0, 0, -1), target(1), target(1, 0, 0, 2), target(1, 0, 0, 2)]),
    2,
  );
});

Deno.test("the connection that has been idle for longest goes, never a busy one or one's own", () => {
  const of = (name: string, load: number, idleSince: number) => ({ target: name, load, idleSince });
  const all = [of("a", 0, 1), of("b", 1, 0), of("c", 0, 3), of("d", 0, 2)];
  assertEquals(idlestOfOthers(all, "x")?.target, "a");
  assertEquals(idlestOfOthers(all, "a")?.target, "d");
  assertEquals(idlestOfOthers([of("b", 1, 0)], "x"), null);
});

Deno.test("the least loaded connection with room is chosen", () => {
  const all = [{ load: 3 }, { load: 1 }, { load: 2 }];
  assertEquals(leastLoaded(all, () => true), all[1]);
  assertEquals(leastLoaded(all, (each) => each.load > 1), all[2]);
  assertEquals(leastLoaded(all, () => false), null);
});

Deno.test("a busy target yields to one that has nothing, or clearly less, never to a less urgent one", () => {
  const holder = target(9, 3);
  assertEquals(shouldYield(holder, [holder]), false);
  assertEquals(shouldYield(holder, [holder, target(1)]), true);
  assertEquals(shouldYield(holder, [target(1, 2)]), false);
  assertEquals(shouldYield(holder, [target(1, 1)]), true);
  assertEquals(shouldYield(holder, [target(1, 0, 2)]), false);
  assertEquals(shouldYield(target(9, 1), [target(1, 0, 1)]), false);
  assertEquals(shouldYield(target(9, 1, 0, 1), [target(1)]), false);
});
