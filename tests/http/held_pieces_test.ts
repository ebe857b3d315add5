import { assertEquals } from "@std/assert";
import { HeldPieces } from "../../src/http/held_pieces.ts";

const piece = (...bytes: number[]) => new Uint8Array(bytes);

Deno.test("held pieces come in order, however many are taken before the next", () => {
  const held = new HeldPieces(1024 * 1024);
  let pushed = 0;
  let taken = 0;
  for (let round = 0; round < 100; round++) {
    for (let n = 0; n < round % 7; n++) held.push(piece(pushed++ & 255));
    for (let n = 0; n < round % 5 && !held.isEmpty; n++) {
      assertEquals(held.take(), piece(taken++ & 255));
    }
  }
  while (!held.isEmpty) assertEquals(held.take(), piece(taken++ & 255));
  assertEquals(taken, pushed);
});

Deno.test("a piece that does not go into the memory brought is taken in parts", () => {
  const held = new HeldPieces(1024);
  held.push(piece(1, 2, 3));
  held.push(piece(4));
  const into = new Uint8Array(2);
  assertEquals([held.takeInto(into), into], [2, piece(1, 2)]);
  assertEquals([held.takeInto(into), into], [1, piece(3, 2)]);
  assertEquals(held.takeWhole(), piece(4));
  assertEquals(held.isEmpty, true);
});

Deno.test("what keeping a piece costs counts too, and is given back with it", () => {
  const held = new HeldPieces(140);
  const into = new Uint8Array(1);
  held.push(piece(1, 2));
  held.push(piece(3));
  assertEquals(held.isFull, false);
  held.push(piece(4));
  assertEquals(held.isFull, true);
  for (let n = 0; n < 4; n++) held.takeInto(into);
  assertEquals([held.isEmpty, held.isFull], [true, false]);
  held.push(piece(1, 2));
  held.push(piece(3));
  assertEquals(held.isFull, false);
});

Deno.test("all that was not taken comes end to end, and nothing stays", () => {
  const held = new HeldPieces(1024);
  assertEquals(held.takeWhole(), piece());
  for (let n = 0; n < 5; n++) held.push(piece(n, n));
  held.take();
  held.takeInto(new Uint8Array(1));
  assertEquals(held.takeWhole(), piece(1, 2, 2, 3, 3, 4, 4));
  assertEquals([held.isEmpty, held.isFull], [true, false]);
  held.push(piece(9));
  held.drop();
  assertEquals(held.takeWhole(), piece());
});
