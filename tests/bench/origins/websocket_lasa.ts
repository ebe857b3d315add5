/** Sends every message back: lasa. Argument: bytes of a message. Ends with its input. @module */

import { serve } from "../../../src/websocket/mod.ts";
import { endWithInput } from "./listen.ts";

const maxPayloadLen = Math.max(65_535, Number(Deno.args[0]));
const server = serve({ host: "127.0.0.1:0", maxPayloadLen }, async (session) => {
  for await (const { type, data } of session) {
    if (type === "text") await session.sendText(data);
    else await session.sendBinary(data);
  }
});
console.log(JSON.stringify({ port: server.address.port }));
void endWithInput();
