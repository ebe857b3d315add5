import { assertEquals } from "@std/assert";
import { isAscii, mask, maskText, turnedKey } from "../../../src/protocol/websocket/mask.ts";
import { Random } from "../../support/random.ts";

Deno.test("masking agrees with RFC 6455 §5.3 at every start, length and place in the key", () => {
  const random = new Random(6455);
  for (let length = 0; length <= 70; length++) {
    for (const start of [0, 1, 2, 3, 5, 8]) {
      const bytes = Uint8Array.from({ length: start + length + 5 }, () => random.below(256));
      const key = [0, 1, 2, 3].map(() => random.below(256));
      const word = key[0] | key[1] << 8 | key[2] << 16 | key[3] << 24;
      const turn = random.below(9);
      const expected = bytes.map((byte, at) =>
        at < start || at >= start + length ? byte : byte ^ key[(at - start + turn) & 3]
      );
      const masked = bytes.slice();
      mask(new DataView(masked.buffer), start, start + length, turnedKey(word, turn));
      assertEquals(masked, expected);
      const text = bytes.slice();
      const ascii = maskText(
        new DataView(text.buffer),
        start,
        start + length,
        turnedKey(word, turn),
      );
      assertEquals(text, expected);
      const part = expected.subarray(start, start + length);
      assertEquals(ascii, part.every((byte) => byte < 128));
      const low = part.map((byte) => byte & 127);
      assertEquals(isAscii(new DataView(low.buffer, low.byteOffset, low.length), 0, length), true);
      if (length === 0) continue;
      low[random.below(length)] |= 128;
      assertEquals(isAscii(new DataView(low.buffer), 0, length), false);
    }
  }
});
