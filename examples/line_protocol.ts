/**
 * A protocol of one's own: lines over TCP, a light thread for each session and each client.
 *
 * The server adds numbers: `ADD 1 2` is answered with `3`, `QUIT` with `BYE`.
 */
import { ClosedError, socket, thread } from "@lasa/lasa";

const listener = socket.tcp();
listener.bind("127.0.0.1", 0);
const { port } = listener.localAddress!;

/** One connection of the server: reads as if it blocked, while all others run. */
async function session(peer: socket.TcpSocket): Promise<void> {
  await using connection = peer;
  for (;;) {
    const [verb, ...numbers] = (await connection.receive()).split(" ");
    if (verb === "QUIT") return void await connection.send("BYE\r\n");
    if (verb === "ADD") {
      await connection.send(`${numbers.reduce((sum, n) => sum + Number(n), 0)}\r\n`);
    } else {
      await connection.send(`? ${verb}\r\n`);
    }
  }
}

async function serve(): Promise<void> {
  await using sessions = thread.scope({ failFast: false });
  for (;;) sessions.spawn(session, await listener.accept());
}

/** One client: three questions, three answers. */
async function client(name: string, start: number): Promise<string> {
  await using server = await socket.connect("127.0.0.1", port);
  const answers: string[] = [];
  for (const question of [`ADD ${start} 1`, `ADD ${start} ${start}`, "DANCE"]) {
    await server.send(`${question}\r\n`);
    answers.push(await server.receive());
  }
  await server.send("QUIT\r\n");
  return `${name}: ${answers.join(", ")}, ${await server.receive()}`;
}

const server = thread.spawn(serve);
const clients = ["ann", "bob", "eve"].map((name, index) => thread.spawn(client, name, index + 1));
for (const end of await thread.waitAll(...clients)) console.log(end.ok ? end.value : end.error);

// A socket that was closed by the other side is an error with a name, like everything else.
const rude = await socket.connect("127.0.0.1", port);
await rude.send("QUIT\r\n");
await rude.receive();
await rude.receive().catch((error) => console.log(error instanceof ClosedError, error.code));
rude.close();

thread.kill(server);
listener.close();
console.log("threads left:", thread.list().length);
