/**
 * A Redis client: commands that leave in one send, replies read in their order (RESP2).
 *
 * It starts a redis-server of its own, on a Unix socket; Debian has one in `redis-server`.
 */
import { BrokenError, RemoteProtocolError, sleep, socket, thread } from "@lasa/lasa";
import { Program } from "./support/program.ts";

/** What Redis answers with. An error reply is a value: the commands behind it go on. */
type Reply = string | number | null | Error | Reply[];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One connection: write commands, read as many replies. */
class Redis implements AsyncDisposable {
  readonly #socket: socket.TcpSocket;

  private constructor(connected: socket.TcpSocket) {
    this.#socket = connected;
  }

  /** Connects to a server's Unix socket. */
  static async connect(path: string): Promise<Redis> {
    return new Redis(await socket.connect(`unix:${path}`));
  }

  /** Sends one command; an error reply is thrown. */
  async call(...command: (string | number)[]): Promise<Reply> {
    const [reply] = await this.pipeline([command]);
    if (reply instanceof Error) throw reply;
    return reply;
  }

  /** Sends many commands at once, and gives their replies in the same order. */
  async pipeline(commands: (string | number)[][]): Promise<Reply[]> {
    // Large pipelines would fill both directions, so somebody reads while this thread still sends.
    const reading = thread.spawn(async () => {
      const replies: Reply[] = [];
      while (replies.length < commands.length) replies.push(await this.#receiveReply());
      return replies;
    });
    await this.#socket.send(commands.map(formatCommand));
    const end = await thread.wait(reading);
    if (!end.ok) throw end.error;
    return end.value;
  }

  /** One reply: its first byte tells its kind, the rest of the line a value or a length. */
  async #receiveReply(): Promise<Reply> {
    const line = await this.#socket.receive();
    const rest = line.slice(1);
    switch (line[0]) {
      case "+":
        return rest;
      case "-":
        return new Error(rest);
      case ":":
        return Number(rest);
      case "$": {
        if (rest === "-1") return null;
        const data = await this.#socket.receive(Number(rest) + 2); // CRLF behind it
        return decoder.decode(data.subarray(0, -2));
      }
      case "*": {
        if (rest === "-1") return null;
        const items: Reply[] = [];
        while (items.length < Number(rest)) items.push(await this.#receiveReply());
        return items;
      }
      default:
        throw new RemoteProtocolError(`Cannot read a reply: it starts with ${line.slice(0, 20)}`);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#socket[Symbol.asyncDispose]();
  }
}

/** An array of byte strings; lengths count bytes, not characters. */
function formatCommand(command: (string | number)[]): string[] {
  const words = command.map(String);
  const parts = words.map((word) => `$${encoder.encode(word).length}\r\n${word}\r\n`);
  return [`*${words.length}\r\n`, ...parts];
}

await using server = new Program("redis-server", "redis-server", (folder) => [
  ...["--port", "0", "--unixsocket", `${folder}/redis.sock`],
  ...["--save", "", "--dir", folder],
]);

/** A server that has just been started takes a moment until it listens. */
async function connectWhenReady(path: string): Promise<Redis> {
  for (;;) {
    try {
      return await Redis.connect(path);
    } catch (error) {
      if (!(error instanceof BrokenError)) throw error;
      await sleep(10);
    }
  }
}

const path = `${server.folder}/redis.sock`;
await using redis = await thread.deadline(20_000, () => connectWhenReady(path));

console.log("PING:", await redis.call("PING"));
await redis.call("SET", "greeting", "grüß Gott\r\n");
console.log("GET greeting:", JSON.stringify(await redis.call("GET", "greeting")));
console.log("GET nothing:", await redis.call("GET", "nothing"));

// A hundred thousand increments in one send; the replies come in order.
const counts = await redis.pipeline(Array.from({ length: 100_000 }, () => ["INCR", "count"]));
console.log("INCR, many:", counts.length, "replies, the last is", counts.at(-1));
console.log("in order:", counts.every((count, index) => count === index + 1));

// One command that fails does not harm those behind it.
const replies = await redis.pipeline([
  ["RPUSH", "list", "a", "b", "c"],
  ["INCR", "greeting"],
  ["LRANGE", "list", 0, -1],
]);
for (const reply of replies) {
  console.log(reply instanceof Error ? `error: ${reply.message}` : reply);
}

// Another connection waits for what this one pushes: a light thread, parked meanwhile.
await using other = await Redis.connect(path);
const waiting = thread.spawn(() => other.call("BLPOP", "jobs", 0));
await redis.call("RPUSH", "jobs", "sweep the floor");
const end = await thread.wait(waiting);
console.log("BLPOP:", end.ok ? end.value : end.error);
