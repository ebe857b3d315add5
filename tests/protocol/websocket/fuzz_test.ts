import { assert, assertEquals } from "@std/assert";
import { concat } from "../../../src/bytes/concat.ts";
import { LimitError, RemoteProtocolError } from "../../../src/errors.ts";
import { PerMessageDeflate } from "../../../src/protocol/websocket/deflate.ts";
import { loadDeflate } from "../../../src/websocket/deflate_codec.ts";
import { Random } from "../../support/random.ts";
import { echoThrough } from "../../support/websocket_core.ts";
import { frameBytes } from "../../support/websocket_frames.ts";
import { websocketCases } from "../../vectors/websocket_cases.ts";

const codec = await loadDeflate();
const TERMS = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

/** Garbage, frames in any order, or a case that something happened to. */
function makeInput(random: Random, key: number[] | null): Uint8Array {
  switch (random.below(4)) {
    case 0:
      return Uint8Array.from({ length: random.below(80) }, () => random.below(256));
    case 1:
      return concat(Array.from({ length: random.below(8) }, () =>
        frameBytes({
          opcode: random.of([0, 0, 1, 1, 2, 2, 8, 9, 10, random.below(16)]),
          fin: random.below(3) > 0,
          rsv: random.below(12) === 0 ? random.below(8) : random.below(5) === 0 ? 4 : 0,
          payload: Uint8Array.from({ length: random.below(140) }, () => random.below(256)),
        }, random.below(30) === 0 ? null : key)));
    default: {
      const bytes = [
        ...concat(random.of(websocketCases).sends.map((each) => frameBytes(each, key))),
      ];
      if (bytes.length > 1_000) bytes.length = 1_000;
      for (let n = random.below(4); n > 0; n--) {
        const at = random.below(bytes.length + 1);
        bytes.splice(
          at,
          random.below(3),
          ...Array.from({ length: random.below(3) }, () => random.below(256)),
        );
      }
      return new Uint8Array(bytes);
    }
  }
}

Deno.test("20,000 garbled streams of frames end in messages, or in a close with a code that fits", () => {
  const random = new Random(13);
  const outcomes = { read: 0, refused: 0, limited: 0 };
  for (let round = 0; round < 20_000; round++) {
    const role = random.of(["client", "server"] as const);
    const input = makeInput(random, role === "server" ? [9, 200, 77, 1] : null);
    const deflate = random.below(3) === 0 ? new PerMessageDeflate(codec, TERMS, role, 400) : null;
    const limits = { maxPayloadLen: 125 + random.below(300), maxMessageLen: 400 };
    const step = random.of([1, 2, 7, 1_000]);
    const { error, frames } = echoThrough(role, input, step, { ...limits, deflate });
    const last = frames.at(-1);
    const code = last?.opcode === 8 && last.payload.length >= 2
      ? last.payload[0] << 8 | last.payload[1]
      : null;
    if (error === null) {
      outcomes.read++;
      continue;
    }
    if (error instanceof LimitError) {
      outcomes.limited++;
      assertEquals(code, 1009);
    } else {
      assert(error instanceof RemoteProtocolError, String(error));
      outcomes.refused++;
      assert(code === 1002 || code === 1007, `closed with ${code}`);
    }
  }
  for (const count of Object.values(outcomes)) assert(count > 200, JSON.stringify(outcomes));
});
