/**
 * The seed's own example of `receiveuntil`, and what it prints.
 */
import { socket } from "@lasa/lasa";

await using server = socket.tcp();
server.bind("127.0.0.1", 0);
await using sock = await socket.connect("127.0.0.1", server.localAddress!.port);
await using peer = await server.accept();
await peer.send("hello, world! -agentzh\r\n--abcedhb blah blah");

const decoder = new TextDecoder();
const reader = sock.receiveUntil("\r\n--abcedhb");
try {
  for (;;) {
    const data = await reader(4);
    if (data === null) {
      console.log("read done");
      break;
    }
    console.log(`read chunk: [${decoder.decode(data)}]`);
  }
} catch (error) {
  console.log("failed to read the data stream:", error);
}
