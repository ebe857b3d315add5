/**
 * A chat: a room that owns its members, two light threads for each of them, channels in between.
 */
import { BrokenError, Channel, ClosedError, socket, thread } from "@lasa/lasa";

type News =
  | { readonly what: "joined"; readonly name: string; readonly inbox: Channel<string> }
  | { readonly what: "said"; readonly name: string; readonly text: string }
  | { readonly what: "left"; readonly name: string };

/** Lines kept for a member who reads slowly; one who misses more is shown the door. */
const INBOX_LINES = 100;

/** The one thread that knows who is here: no locks, for nobody else touches the list. */
async function room(news: Channel<News>): Promise<void> {
  const members = new Map<string, Channel<string>>();
  const tellAll = (line: string) => {
    for (const inbox of members.values()) if (!inbox.trySend(line)) inbox.close();
  };
  for await (const each of news) {
    switch (each.what) {
      case "joined":
        members.set(each.name, each.inbox);
        tellAll(`* ${each.name} is here, ${members.size} in all`);
        break;
      case "said":
        tellAll(`${each.name}: ${each.text}`);
        break;
      case "left":
        members.get(each.name)?.close();
        members.delete(each.name);
        tellAll(`* ${each.name} has left`);
    }
  }
  tellAll("* good night");
  for (const inbox of members.values()) inbox.close();
}

/** One member: what the room tells comes from the inbox, what is said goes to the room. */
async function session(connection: socket.TcpSocket, news: Channel<News>): Promise<void> {
  await using peer = connection;
  try {
    const name = await peer.receive();
    const inbox = new Channel<string>(INBOX_LINES);
    await news.send({ what: "joined", name, inbox });
    try {
      await using listening = thread.scope();
      listening.spawn(listen, peer, name, inbox, news);
      for await (const line of inbox) await peer.send(`${line}\r\n`);
    } finally {
      await news.send({ what: "left", name });
    }
  } catch (error) {
    if (!isOver(error)) throw error;
  }
}

async function listen(
  peer: socket.TcpSocket,
  name: string,
  inbox: Channel<string>,
  news: Channel<News>,
): Promise<void> {
  try {
    for (;;) await news.send({ what: "said", name, text: await peer.receive() });
  } catch (error) {
    if (!isOver(error)) throw error;
    // Where the room has closed, its last words are still to come.
    if (!news.isClosed) inbox.close();
  }
}

/** Whether the member has hung up, one way or another, or the room has closed. */
function isOver(error: unknown): boolean {
  return error instanceof ClosedError || error instanceof BrokenError;
}

async function acceptMembers(listener: socket.TcpSocket, news: Channel<News>): Promise<void> {
  await using sessions = thread.scope({ failFast: false });
  try {
    for (;;) sessions.spawn(session, await listener.accept(), news);
  } catch (error) {
    if (!(error instanceof ClosedError)) throw error;
  }
  // Nobody new comes in; those who are here are heard out.
  await sessions.wait();
}

/** A member with a script: what to wait for, and what to say then. */
class Member {
  readonly heard: string[] = [];
  readonly name: string;
  readonly #server: socket.TcpSocket;

  private constructor(name: string, server: socket.TcpSocket) {
    this.name = name;
    this.#server = server;
  }

  static async join(name: string, port: number): Promise<Member> {
    const member = new Member(name, await socket.connect("127.0.0.1", port));
    await member.#server.send(`${name}\r\n`);
    await member.hear(`${name} is here`);
    return member;
  }

  async hear(text: string): Promise<void> {
    do this.heard.push(await this.#server.receive()); while (!this.heard.at(-1)!.includes(text));
  }

  async say(text: string): Promise<void> {
    await this.#server.send(`${text}\r\n`);
  }

  leave(): void {
    this.#server.close();
  }
}

const listener = socket.tcp();
listener.bind("127.0.0.1", 0);
const { port } = listener.localAddress!;
const news = new Channel<News>();

await using house = thread.scope();
house.spawn(room, news);
house.spawn(acceptMembers, listener, news);

const ann = await Member.join("ann", port);
const bob = await Member.join("bob", port);
const eve = await Member.join("eve", port);

const scripts = [
  thread.spawn(async () => {
    await ann.hear("eve is here");
    await ann.say("who wants tea?");
    await ann.hear("eve has left");
    await ann.say("more for us");
    await ann.hear("bob: sugar?");
  }),
  thread.spawn(async () => {
    await bob.hear("tea?");
    await bob.say("I do");
    await bob.hear("more for us");
    await bob.say("sugar?");
  }),
  thread.spawn(async () => {
    await eve.hear("bob: I do");
    eve.leave();
  }),
];
for (const end of await thread.waitAll(...scripts)) if (!end.ok) throw end.error;

// The house closes: nobody new comes in, nothing new is said, and all hear the last words.
listener.close();
news.close();
for (const member of [ann, bob]) await member.hear("good night");
await house.wait();

for (const { name, heard } of [ann, bob, eve]) {
  console.log(`${name} heard:`);
  for (const line of heard) console.log(`  ${line}`);
}
for (const member of [ann, bob]) member.leave();
console.log("threads left:", thread.list().length);
