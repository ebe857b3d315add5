/**
 * Mail over SMTP (RFC 5321): a client class, and the server that it speaks with.
 */
import { Channel, ClosedError, LasaError, socket, thread } from "@lasa/lasa";

/** What a server answers: one code, one text or several. */
interface Reply {
  readonly code: number;
  readonly lines: readonly string[];
}

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** The client's side of the dialogue, as one would write it down. */
class SmtpClient implements AsyncDisposable {
  readonly #socket: socket.TcpSocket;
  readonly #trace: (line: string) => void;

  private constructor(connected: socket.TcpSocket, trace: (line: string) => void) {
    this.#socket = connected;
    this.#trace = trace;
  }

  /** Connects, is greeted, and greets. */
  static async connect(
    port: number,
    trace: (line: string) => void = () => {},
  ): Promise<SmtpClient> {
    const client = new SmtpClient(await socket.connect("127.0.0.1", port), trace);
    await client.#expect(220);
    await client.#command("EHLO client.example", 250);
    return client;
  }

  /** Hands a mail over; once this returns, the server answers for it. */
  async send(mail: Mail): Promise<void> {
    await this.#command(`MAIL FROM:<${mail.from}>`, 250);
    for (const address of mail.to) await this.#command(`RCPT TO:<${address}>`, 250);
    await this.#command("DATA", 354);
    // RFC 5321 §4.5.2: a dot alone ends the mail, so a line that starts with one gets another.
    const lines = mail.text.split(/\r?\n/).map((line) => line.startsWith(".") ? `.${line}` : line);
    await this.#socket.send([...lines, "."].map((line) => `${line}\r\n`));
    for (const line of [...lines, "."]) this.#trace(`> ${line}`);
    await this.#expect(250);
  }

  /** Takes leave. */
  async quit(): Promise<void> {
    await this.#command("QUIT", 221);
  }

  async #command(line: string, expected: number): Promise<Reply> {
    this.#trace(`> ${line}`);
    await this.#socket.send(`${line}\r\n`);
    return await this.#expect(expected);
  }

  async #expect(code: number): Promise<Reply> {
    const reply = await this.#receiveReply();
    if (reply.code === code) return reply;
    throw new LasaError(`${reply.code} ${reply.lines.join(" ")}`, { code: String(reply.code) });
  }

  async #receiveReply(): Promise<Reply> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.#socket.receive();
      this.#trace(`< ${line}`);
      lines.push(line.slice(4));
      // RFC 5321 §4.2.1: a hyphen behind the code says that more lines follow.
      if (line[3] !== "-") return { code: Number(line.slice(0, 3)), lines };
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#socket[Symbol.asyncDispose]();
  }
}

const users = new Set(["ann@here.example", "bob@here.example"]);
const delivered = new Channel<Mail>(Infinity);

/** The server's side of one connection. */
async function session(connection: socket.TcpSocket): Promise<void> {
  await using peer = connection;
  const decoder = new TextDecoder();
  // CRLF alone ends a line: where a bare LF does too, one mail can smuggle in another.
  const nextLine = peer.receiveUntil("\r\n");
  const receiveLine = async () => decoder.decode((await nextLine())!);
  const reply = (...lines: string[]) => peer.send(lines.map((line) => `${line}\r\n`));

  let from: string | null = null;
  let to: string[] = [];
  await reply("220 here.example at your service");
  for (;;) {
    const line = await receiveLine();
    const verb = line.slice(0, 4).toUpperCase();
    const address = /<(.*)>/.exec(line)?.[1] ?? "";
    if (verb === "EHLO") {
      await reply("250-here.example", "250-8BITMIME", "250 HELP");
    } else if (verb === "MAIL") {
      [from, to] = [address, []];
      await reply("250 OK");
    } else if (verb === "RCPT" && from === null) {
      await reply("503 MAIL first");
    } else if (verb === "RCPT") {
      if (users.has(address)) to.push(address);
      await reply(users.has(address) ? "250 OK" : `550 nobody here is ${address}`);
    } else if (verb === "DATA" && (from === null || to.length === 0)) {
      await reply("503 MAIL and RCPT first");
    } else if (verb === "DATA") {
      await reply("354 go on, a dot alone ends it");
      const lines: string[] = [];
      for (let next = await receiveLine(); next !== "."; next = await receiveLine()) {
        lines.push(next.startsWith(".") ? next.slice(1) : next);
      }
      delivered.trySend({ from: from!, to, text: lines.join("\n") });
      from = null;
      await reply("250 delivered");
    } else if (verb === "QUIT") {
      return void await reply("221 bye");
    } else {
      await reply(`500 what is ${verb}?`);
    }
  }
}

await using listener = socket.tcp();
listener.bind("127.0.0.1", 0);
const { port } = listener.localAddress!;

async function serve(): Promise<void> {
  await using sessions = thread.scope({ failFast: false });
  for (;;) {
    sessions.spawn(async (connection: socket.TcpSocket) => {
      try {
        await session(connection);
      } catch (error) {
        // A client may hang up whenever it likes.
        if (!(error instanceof ClosedError)) throw error;
      }
    }, await listener.accept());
  }
}

const server = thread.spawn(serve);

console.log("a whole dialogue:");
{
  await using client = await SmtpClient.connect(port, (line) => console.log(`  ${line}`.trimEnd()));
  await client.send({
    from: "eve@there.example",
    to: ["ann@here.example", "bob@here.example"],
    text: "Subject: dots\n\nThe next line starts with a dot, and the last is one:\n.profile\n.",
  });
  await client.quit();
}
const mail = await delivered.receive();
console.log(`what ${mail.to.join(" and ")} got:\n${mail.text.replace(/^(?=.)/gm, "  ")}`);

console.log("a reply that is no:");
{
  await using client = await SmtpClient.connect(port);
  await client.send({ from: "eve@there.example", to: ["eva@here.example"], text: "" })
    .catch((error) => console.log(`  ${error.message}`));
}

console.log("a hundred at once:");
const clients = Array.from({ length: 100 }, (_, index) =>
  thread.spawn(async () => {
    await using client = await SmtpClient.connect(port);
    await client.send({ from: `${index}@there.example`, to: ["ann@here.example"], text: "hi" });
    await client.quit();
  }));
await thread.waitAll(...clients);
console.log(`  delivered: ${delivered.size}`);

thread.kill(server);
