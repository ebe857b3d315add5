import { assert, assertEquals } from "@std/assert";
import { Client } from "../../src/websocket/client.ts";
import { serve } from "../../src/websocket/serve.ts";
import { Random } from "../support/random.ts";
import { turns } from "../support/clock.ts";
import { peers } from "./websocket/peers.ts";

const LIMITS = { maxPayloadLen: 4 * 1024 * 1024, timeoutMs: 20_000 };

/** Texts and bytes of many sizes. */
function someMessages(): (string | Uint8Array<ArrayBuffer>)[] {
  const random = new Random(42);
  const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 300_000];
  return sizes.flatMap((size) => [
    random.text("abc äöü κόσμε 𐍈", size).replace(/[\ud800-\udfff]/g, "x"),
    Uint8Array.from({ length: size }, () => random.below(256)),
  ]);
}

for (const peer of peers) {
  for (const compression of [false, true]) {
    const how = compression ? "compressed" : "plain";
    Deno.test({
      name: `our client talks to a server of ${peer.name}, ${how}`,
      ignore: !peer.isThere,
      // What others leave behind is not ours to look after.
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        const server = await peer.serve(compression);
        const client = new Client({ ...LIMITS, compression });
        await client.connect(`ws://127.0.0.1:${server.port}/`);
        for (const message of someMessages()) {
          if (typeof message === "string") await client.sendText(message);
          else await client.sendBinary(message);
          assertEquals((await client.receive())?.data, message);
        }
        await client.close(3000, "done");
        assertEquals(client.closeCode, 3000);
        if (compression && peer.name !== "Deno") {
          assert(client.extensions.startsWith("permessage-deflate"), client.extensions);
        }
        await server.stop();
        await turns(5);
      },
    });

    Deno.test({
      name: `our server talks to a client of ${peer.name}, ${how}`,
      ignore: !peer.isThere,
      sanitizeOps: false,
      sanitizeResources: false,
      async fn() {
        const codes: (number | null)[] = [];
        const server = serve({ host: "127.0.0.1:0", ...LIMITS, compression }, async (session) => {
          for await (const { type, data } of session) {
            if (type === "text") await session.sendText(data);
            else await session.sendBinary(data);
          }
          codes.push(session.closeCode);
        });
        const messages = someMessages();
        const heard = await peer.talk(`ws://127.0.0.1:${server.address.port}/`, messages);
        assertEquals(heard.messages, messages);
        assertEquals([heard.code, codes], [3000, [3000]]);
        if (compression && peer.name !== "Deno") {
          assert(heard.extensions.startsWith("permessage-deflate"), heard.extensions);
        }
        await server.close();
      },
    });
  }
}
