import { assertEquals, assertRejects } from "@std/assert";
import { Output } from "../../src/cli/output.ts";

Deno.test("what is written while a write is under way leaves in the next one, in order", async () => {
  const writes: string[] = [];
  const output = new Output({
    isTerminal: false,
    columns: () => 80,
    write(bytes) {
      // A pipe that takes a part only.
      const taken = bytes.subarray(0, 4);
      writes.push(new TextDecoder().decode(taken));
      return Promise.resolve(taken.length);
    },
  });
  for (const text of ["a", "b", "cde", "f"]) await output.write(text);
  await output.flush();
  assertEquals(writes.join(""), "abcdef");
  assertEquals(output.isTerminal, false);
});

Deno.test("a reader that is gone is told at once, to the writes behind and to the flush", async () => {
  let told = 0;
  const output = new Output({
    isTerminal: false,
    columns: () => 80,
    write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")),
  }, () => told++);
  await output.write("a");
  await assertRejects(() => output.flush(), Deno.errors.BrokenPipe);
  await assertRejects(() => output.write("b"), Deno.errors.BrokenPipe);
  assertEquals(told, 1);
});
