/**
 * A chat over WebSocket: each member is two light threads, one that reads and one that writes, and
 * they end together.
 */
import { Channel, thread, websocket } from "@lasa/lasa";

/** Lines kept for a member who reads slowly; one who misses more is shown the door. */
const INBOX_LINES = 100;

const members = new Map<string, Channel<string>>();

function tellAll(line: string): void {
  for (const inbox of members.values()) if (!inbox.trySend(line)) inbox.close();
}

/** One member: what is said to all leaves from the inbox, what the member says is read beside it. */
async function member(session: websocket.ServerSession): Promise<void> {
  const name = new URL(session.request.target, "ws://chat").searchParams.get("name") ?? "nobody";
  const inbox = new Channel<string>(INBOX_LINES);
  members.set(name, inbox);
  tellAll(`* ${name} is here, ${members.size} in all`);
  try {
    // Whichever ends first takes the other along: the scope kills what still runs.
    await using both = thread.scope();
    const reader = both.spawn(async () => {
      for await (const { data } of session) tellAll(`${name}: ${data}`);
    });
    const writer = both.spawn(async () => {
      for await (const line of inbox) await session.sendText(line);
    });
    await thread.wait(reader, writer);
  } finally {
    members.delete(name);
    tellAll(`* ${name} has left`);
  }
}

/** A client with a script: it hears until a text comes, and then says something. */
class Guest {
  readonly heard: string[] = [];
  readonly #client = new websocket.Client({ timeoutMs: 5_000 });

  async join(name: string, port: number): Promise<void> {
    await this.#client.connect(`ws://127.0.0.1:${port}/?name=${name}`);
    await this.hear(`${name} is here`);
  }

  async hear(text: string): Promise<void> {
    do {
      const message = await this.#client.receive();
      if (message === null) throw new Error("The chat has closed");
      this.heard.push(String(message.data));
    } while (!this.heard.at(-1)!.includes(text));
  }

  async say(text: string): Promise<void> {
    await this.#client.sendText(text);
  }

  leave(): Promise<void> {
    return this.#client.close();
  }

  async stay(): Promise<number | null> {
    while (await this.#client.receive() !== null);
    return this.#client.closeCode;
  }
}

const server = websocket.serve("127.0.0.1:0", member);
const { port } = server.address;

const [ann, bob] = [new Guest(), new Guest()];
await ann.join("ann", port);
await bob.join("bob", port);
await ann.hear("bob is here");
await ann.say("who wants tea?");
await bob.hear("tea?");
await bob.say("I do");
await ann.hear("I do");
await bob.hear("I do");
await bob.leave();
await ann.hear("bob has left");

// The house closes: whoever is still here is told 1001.
const [code] = await Promise.all([ann.stay(), server.close()]);

for (const line of ann.heard) console.log(line);
console.log("closed with", code);
console.log("threads left:", thread.list().length);
