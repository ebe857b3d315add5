import { assertEquals } from "@std/assert";
import { Client } from "../../src/websocket/client.ts";
import { serve } from "../../src/websocket/serve.ts";
import { Random } from "../support/random.ts";

// Numbered after sections 12 and 13 of the Autobahn test suite: what is offered, and by whom.
const TERMS: Record<string, Record<string, boolean | number>> = {
  "12": {},
  "13.1": { clientNoContextTakeover: true },
  "13.2": { serverNoContextTakeover: true },
  "13.3": { serverMaxWindowBits: 9 },
  "13.4": { serverMaxWindowBits: 15 },
  "13.5": { serverMaxWindowBits: 9, serverNoContextTakeover: true },
  "13.6": { serverMaxWindowBits: 15, serverNoContextTakeover: true },
  "13.7": { clientMaxWindowBits: 9, clientNoContextTakeover: true, serverMaxWindowBits: 12 },
};
const SIZES = [16, 64, 256, 1_024, 4_096, 8_192, 16_384, 32_768, 65_536, 131_072];

for (const [section, terms] of Object.entries(TERMS)) {
  for (const side of ["client", "server"]) {
    Deno.test(`compression, section ${section}, told by the ${side}`, async () => {
      const limits = { maxPayloadLen: 1 << 20, timeoutMs: 20_000 };
      const told = { ...terms, thresholdBytes: 0 };
      await using server = serve({
        host: "127.0.0.1:0",
        ...limits,
        compression: side === "server" ? told : { thresholdBytes: 0 },
      }, async (session) => {
        for await (const { type, data } of session) {
          if (type === "text") await session.sendText(data);
          else await session.sendBinary(data);
        }
      });
      const compression = side === "client" ? told : { thresholdBytes: 0 };
      await using client = new Client({ ...limits, compression });
      await client.connect(`ws://127.0.0.1:${server.address.port}/`);
      const random = new Random(12);
      const words = Array.from({ length: 40 }, () => random.text("abcdefghijklmnop é", 7));
      for (const size of SIZES) {
        for (let round = 0; round < 8; round++) {
          let text = "";
          while (text.length < size) text += random.of(words);
          const message = round % 2 === 0 ? text : new TextEncoder().encode(text);
          if (typeof message === "string") await client.sendText(message);
          else await client.sendBinary(message);
          assertEquals((await client.receive())?.data, message);
        }
      }
    });
  }
}
