/**
 * Echo over TLS, with a certificate that only those trust who are told to; the messages are compressed.
 */
import { websocket } from "@lasa/lasa";
import { ca, cert, key } from "./support/certificates.ts";

await using server = websocket.serve({
  host: "127.0.0.1:0",
  ssl: { cert, key },
  protocols: ["echo"],
  compression: true,
}, async (session) => {
  for await (const { type, data } of session) {
    if (type === "text") await session.sendText(data);
    else await session.sendBinary(data);
  }
});
const url = `wss://localhost:${server.address.port}/`;

const stranger = new websocket.Client();
await stranger.connect(url).catch((error) => console.log("without the authority:", error.code));

await using client = new websocket.Client({ compression: true });
await client.connect(url, { protocols: ["echo"], tls: { caCerts: [ca] } });
console.log("protocol:", client.protocol, "| extensions:", client.extensions);

const text = "so much to say ".repeat(200);
const sent = await client.sendText(text);
const echo = await client.receive();
console.log(`${text.length} characters left as fewer than 100 bytes:`, sent < 100);
console.log("they came back:", echo?.data === text);
