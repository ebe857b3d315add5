/**
 * DNS over UDP (RFC 1035), by hand: questions, answers, ids, timeouts and retries.
 *
 * It starts a dnsmasq of its own, which knows a few names; Debian has one in `dnsmasq-base`.
 */
import {
  BrokenError,
  LasaError,
  RemoteProtocolError,
  sleep,
  socket,
  thread,
  TimeoutError,
} from "@lasa/lasa";
import { Program } from "./support/program.ts";

const TYPES = { A: 1, TXT: 16, AAAA: 28 } as const;
type Type = keyof typeof TYPES;

const RCODES = ["no error", "format error", "server failure", "no such name", "not implemented"];
/** The header: id, flags, and how many questions and records follow. */
const HEADER_BYTES = 12;

/** RFC 1035 §4.1: the header, and one question. */
function formatQuery(id: number, name: string, type: Type): number[] {
  const labels = name.split(".").flatMap((label) => {
    const bytes = new TextEncoder().encode(label);
    return [bytes.length, ...bytes];
  });
  // Flags: recursion desired. One question, which asks for class IN.
  return [id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, TYPES[type], 0, 1];
}

/** Reads the answers of the wanted type; `null` where the datagram answers some other question. */
function parseResponse(data: Uint8Array, query: Uint8Array): string[] | null {
  if (data.length < query.length) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const asked = new DataView(query.buffer);
  const isResponse = (data[2] & 0x80) !== 0;
  if (!isResponse || view.getUint16(0) !== asked.getUint16(0)) return null;
  for (let at = HEADER_BYTES; at < query.length; at++) if (data[at] !== query[at]) return null;
  const rcode = data[3] & 15;
  if (rcode !== 0) throw new LasaError(RCODES[rcode] ?? `rcode ${rcode}`, { code: String(rcode) });

  const found: string[] = [];
  let at = query.length;
  for (let left = view.getUint16(6); left > 0; left--) {
    at = skipName(data, at);
    const type = view.getUint16(at);
    const start = at + 10; // behind type, class, time to live and length
    at = start + view.getUint16(at + 8);
    if (type === asked.getUint16(query.length - 4)) found.push(textOf(type, data.slice(start, at)));
  }
  return found;
}

/** RFC 1035 §4.1.4: labels up to an empty one, or up to a pointer to where the rest stands. */
function skipName(data: Uint8Array, start: number): number {
  let at = start;
  while (data[at] > 0 && data[at] < 0xc0) at += data[at] + 1;
  if (at >= data.length) throw new RemoteProtocolError("Cannot read a name: it does not end");
  return data[at] === 0 ? at + 1 : at + 2;
}

function textOf(type: number, data: Uint8Array): string {
  if (type === TYPES.A) return data.join(".");
  if (type === TYPES.TXT) {
    const strings: string[] = [];
    for (let at = 0; at < data.length; at += data[at] + 1) {
      strings.push(new TextDecoder().decode(data.slice(at + 1, at + 1 + data[at])));
    }
    return JSON.stringify(strings.join(""));
  }
  const groups = Array.from({ length: 8 }, (_, n) => data[2 * n] * 256 + data[2 * n + 1]);
  const address = groups.map((group) => group.toString(16)).join(":");
  // The URL parser knows how an IPv6 address is written.
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/** Asks a server, again where nothing comes in time. */
async function lookup(port: number, name: string, type: Type, tries = 40): Promise<string[]> {
  await using udp = socket.udp();
  // With a peer set, datagrams from anybody else are not even seen.
  await udp.setPeerName("127.0.0.1", port);
  udp.setTimeout(250);
  for (let left = tries;; left--) {
    // A new id each time: whoever wants to slip in an answer of his own has to guess it.
    const id = crypto.getRandomValues(new Uint16Array(1))[0];
    const query = Uint8Array.from(formatQuery(id, name, type));
    await udp.send(query);
    try {
      for (;;) {
        const found = parseResponse(await udp.receive(), query);
        if (found !== null) return found;
      }
    } catch (error) {
      const isRefused = error instanceof BrokenError;
      if (left === 1 || !(isRefused || error instanceof TimeoutError)) throw error;
      // The server may not have bound its port yet.
      if (isRefused) await sleep(250);
    }
  }
}

async function show(port: number, name: string, type: Type): Promise<void> {
  const answer = await lookup(port, name, type).then(
    (found) => found.length > 0 ? found.join(", ") : "no such record",
    (error) => error.message,
  );
  console.log(`${name} ${type}: ${answer}`);
}

/** A way to the server that loses the first question and brings strangers' answers. */
async function badLine(line: socket.UdpSocket, serverPort: number): Promise<void> {
  await using server = socket.udp();
  await server.setPeerName("127.0.0.1", serverPort);
  await line.receive();
  for (;;) {
    const { data, address } = await line.receiveFrom();
    await server.send(data);
    const answer = await server.receive();
    const stranger = answer.slice();
    stranger[0] ^= 255; // another id,
    stranger.set([6, 6, 6, 6], stranger.length - 4); // and another address
    await line.sendTo(stranger, address);
    await line.sendTo(answer, address);
  }
}

/** A port that is free, below those that the system gives to whoever asks for any. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    try {
      await using udp = socket.udp();
      await udp.setSockName("127.0.0.1", port);
      await using tcp = socket.tcp();
      tcp.bind("127.0.0.1", port);
      return port;
    } catch (error) {
      if (!(error instanceof BrokenError)) throw error;
    }
  }
}

const port = await freePort();
await using _server = new Program("dnsmasq", "dnsmasq-base", () => [
  ...["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts"],
  ...["--listen-address=127.0.0.1", "--bind-interfaces", `--port=${port}`],
  ...["--address=/four.test/127.0.0.9", "--address=/six.test/2001:db8::9"],
  ...["--txt-record=text.test,all is well", "--local=/test/"],
]);

await show(port, "four.test", "A");
await show(port, "six.test", "AAAA");
await show(port, "text.test", "TXT");
await show(port, "text.test", "A");
await show(port, "nobody.test", "A");

console.log("over a bad line:");
await using line = socket.udp();
await line.setSockName("127.0.0.1", 0);
const relay = thread.spawn(badLine, line, port);
await show(line.localAddress!.port, "four.test", "A");
thread.kill(relay);

// Many at once: a light thread and a socket each.
const names = Array.from({ length: 200 }, (_, index) => `host${index}.four.test`);
const ends = await thread.waitAll(
  ...names.map((name) => thread.spawn(lookup, port, name, "A", 40)),
);
console.log("at once:", ends.filter((end) => end.ok && end.value[0] === "127.0.0.9").length);
