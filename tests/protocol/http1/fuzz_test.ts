import { assert, assertEquals } from "@std/assert";
import { LimitError, RemoteProtocolError } from "../../../src/errors.ts";
import { readerLimits } from "../../../src/protocol/http1/limits.ts";
import { Random } from "../../support/random.ts";
import { readPieces } from "../../support/responses.ts";
import { rejectedResponses, responseVectors, type Told } from "../../vectors/http1_responses.ts";

// Small ones, so that chance comes upon them.
const LIMITS = { maxHeaderBytes: 150, maxHeaders: 8, maxLineBytes: 80, maxChunkLineBytes: 30 };

// What two readers might disagree on, and what stands where something else should.
const SPICE = [
  ...'\r\n\0\t :;,="\\+-_0123456789abcfx\x7f\xe4\xff',
  "\r\n",
  "\r\n\r\n",
  "\n\r",
  "HTTP/1.1 200 OK\r\n",
  "HTTP/1.1 100 Continue\r\n\r\n",
  "Content-Length: 3\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Connection: close\r\n",
  "0\r\n\r\n",
  "3\r\nabc\r\n",
];
const METHODS = ["GET", "HEAD", "CONNECT", "+GET", "POST"];

/** One input: garbage, well-formed parts in any order, or a vector that something happened to. */
function makeInput(random: Random): string {
  const { input } = random.of(responseVectors);
  const [, rejected] = random.of(rejectedResponses);
  switch (random.below(4)) {
    case 0:
      return Array.from({ length: random.below(60) }, () => String.fromCharCode(random.below(256)))
        .join("");
    case 1:
      return Array.from({ length: random.below(14) }, () => random.of(SPICE)).join("");
    default: {
      let mutated = random.below(3) === 0 ? rejected : input;
      for (let n = 1 + random.below(3); n > 0; n--) {
        const at = random.below(mutated.length + 1);
        // Replaced, put in or cut out.
        const times = random.of([0, 1, 1, 1, 50]);
        mutated = mutated.slice(0, at) + random.of(SPICE).repeat(times) +
          mutated.slice(at + random.below(3));
      }
      return mutated;
    }
  }
}

Deno.test("20,000 garbled responses give events, RemoteProtocolError or a limit, and an end", () => {
  const random = new Random(9112);
  const outcomes = { read: 0, refused: 0, limited: 0 };
  for (let round = 0; round < 20_000; round++) {
    const input = makeInput(random);
    const methods = Array.from({ length: 1 + random.below(3) }, () => random.of(METHODS));
    const options = { methods, ends: random.below(2) === 0, limits: LIMITS };
    const { error, told } = readPieces([input], options);
    if (error === null) outcomes.read++;
    else if (error instanceof RemoteProtocolError) outcomes.refused++;
    else if (error instanceof LimitError && error.limit in readerLimits()) outcomes.limited++;
    else throw error;
    // The same comes out however it came in. (A limit may show in another order than a fault, and
    // a fault in a line that was cut shows only when its end has come.)
    const split = readPieces(random.split(input, 1 + random.below(9)), options);
    if (error instanceof LimitError || split.error instanceof LimitError) continue;
    const compared = (all: Told[]) => options.ends ? all : all.filter((one) => one !== "error");
    assertEquals(compared(split.told), compared(told), JSON.stringify([input, options]));
  }
  // The garbage was of a kind that reaches all of them.
  for (const count of Object.values(outcomes)) assert(count > 100, JSON.stringify(outcomes));
});
