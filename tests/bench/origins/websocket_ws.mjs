/**
 * Sends every message back: ws, in Deno and in Node. In Node the argument says where ws is. Ends with
 * its input.
 *
 * @module
 */

import process from "node:process";

const isInDeno = "Deno" in globalThis;
const { WebSocketServer } = await import(isInDeno ? "ws" : process.argv[2]);
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
server.on("connection", (socket) => {
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.on("listening", () => console.log(JSON.stringify({ port: server.address().port })));
process.stdin.on("end", () => process.exit(0)).resume();
