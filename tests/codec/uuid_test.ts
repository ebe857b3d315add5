import { assertEquals, assertMatch } from "@std/assert";
import { uuid } from "../../src/codec/uuid.ts";

Deno.test("uuid is a version 4 UUID and never the same twice", () => {
  const seen = new Set(Array.from({ length: 100 }, uuid));
  assertEquals(seen.size, 100);
  for (const id of seen) {
    assertMatch(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});
