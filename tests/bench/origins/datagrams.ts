/**
 * Sends every datagram back; argument `sink`: takes and forgets them. Ends with its input.
 *
 * @module
 */

import { endWithInput } from "./listen.ts";

const isSink = Deno.args[0] === "sink";

const socket = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
console.log(JSON.stringify({ port: (socket.addr as Deno.NetAddr).port }));
void endWithInput();
const buffer = new Uint8Array(2_048);
for (;;) {
  const [data, address] = await socket.receive(buffer);
  if (!isSink) await socket.send(data, address);
}
