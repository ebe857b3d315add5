/**
 * STARTTLS (RFC 3207): a dialogue in plain text that goes on over TLS, on both sides.
 */
import { LocalProtocolError, socket, thread } from "@lasa/lasa";
import { ca, cert, key } from "./support/certificates.ts";

await using listener = socket.tcp();
listener.bind("127.0.0.1", 0);
const { port } = listener.localAddress!;

/** The server's side: plain at first, TLS once the client asks for it. */
async function session(connection: socket.TcpSocket): Promise<void> {
  await using peer = connection;
  let isSafe = false;
  await peer.send("220 here.example\r\n");
  for (;;) {
    const line = await peer.receive();
    switch (line.split(" ")[0]) {
      case "EHLO":
        // What is on offer depends on who may be listening.
        await peer.send([
          "250-here.example\r\n",
          isSafe ? "250 AUTH PLAIN\r\n" : "250 STARTTLS\r\n",
        ]);
        break;
      case "STARTTLS":
        await peer.send("220 go ahead\r\n");
        await peer.sslHandshake({ cert, key });
        isSafe = true;
        break;
      case "AUTH":
        await peer.send(isSafe ? "235 welcome\r\n" : "538 not in the open\r\n");
        break;
      case "QUIT":
        return void await peer.send("221 bye\r\n");
      default:
        await peer.send(`500 what is ${line}?\r\n`);
    }
  }
}

/** Says a line and gives the reply, all of its lines. */
async function ask(server: socket.TcpSocket, line: string): Promise<string> {
  await server.send(`${line}\r\n`);
  const lines: string[] = [];
  do lines.push(await server.receive()); while (lines.at(-1)![3] === "-");
  const reply = lines.join(" | ");
  console.log(`  ${line.replace("\r\n", " + ")}: ${reply}`);
  return reply;
}

/** Calls; the session runs in a light thread of its own, and how it ended is given too. */
async function dialogue(client: (server: socket.TcpSocket) => Promise<void>): Promise<void> {
  const accepting = thread.spawn(async () => await session(await listener.accept()));
  await using server = await socket.connect("127.0.0.1", port);
  console.log(`  ${await server.receive()}`);
  await client(server).catch((error) => console.log(`  client: ${error.name}`));
  const end = await thread.wait(accepting);
  if (!end.ok) console.log(`  server: ${(end.error as Error).name}`);
  if (!end.ok && end.error instanceof LocalProtocolError) console.log(`  ${end.error.message}`);
}

console.log("in the open, then not:");
await dialogue(async (server) => {
  await ask(server, "EHLO client.example");
  await ask(server, "AUTH PLAIN c2VjcmV0");
  await ask(server, "STARTTLS");
  // The name is checked against the certificate, the certificate against our own authority.
  await server.sslHandshake({ serverName: "localhost", caCerts: [ca] });
  // RFC 3207 §4.2: what was learned in the open counts for nothing now.
  await ask(server, "EHLO client.example");
  await ask(server, "AUTH PLAIN c2VjcmV0");
  await ask(server, "QUIT");
});

console.log("whoever does not know the authority hangs up:");
await dialogue(async (server) => {
  await ask(server, "STARTTLS");
  await server.sslHandshake({ serverName: "localhost" });
});

// Somebody on the way can put a command behind STARTTLS. It came in the open, yet would be
// answered as if it had come over TLS (CVE-2011-0411). A handshake over unread bytes is refused.
console.log("a command smuggled in behind STARTTLS:");
await dialogue(async (server) => {
  await ask(server, "STARTTLS\r\nEHLO smuggler.example");
});
