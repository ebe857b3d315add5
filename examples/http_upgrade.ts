/**
 * From HTTP to another protocol on the same connection, with early answers on the way.
 */
import { http, socket, thread } from "@lasa/lasa";

await using listener = socket.tcp();
listener.bind("127.0.0.1", 0);
const { port } = listener.localAddress!;

const serving = thread.spawn(async () => {
  await using peer = await listener.accept();
  while (await peer.receive() !== "") { /* the head */ }
  await peer.send("HTTP/1.1 103 Early Hints\r\nLink: </tea.css>; rel=preload\r\n\r\n");
  // The first words of the new protocol come in the same breath.
  await peer.send(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: tea\r\nConnection: Upgrade\r\n\r\nhello\n",
  );
  for (;;) {
    const line = await peer.receive();
    if (line === "bye") return void await peer.send("bye\n");
    await peer.send(`${line.toUpperCase()}\n`);
  }
});

await using client = new http.Client();
const answer = await client.get(`http://127.0.0.1:${port}/`, {
  upgrade: "tea",
  onInformational: ({ status, headers }) => console.log(status, headers.get("link")),
});
console.log(answer.status);
await using tea = answer.socket!;
console.log(await tea.receive());
await tea.send("green\n");
console.log(await tea.receive());
await tea.send("bye\n");
console.log(await tea.receive());
await thread.wait(serving);
