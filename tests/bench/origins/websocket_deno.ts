/** Sends every message back: the platform's WebSocket. Ends with its input. @module */

import { endWithInput } from "./listen.ts";

const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => socket.send(data);
  return response;
});
console.log(JSON.stringify({ port: server.addr.port }));
void endWithInput();
