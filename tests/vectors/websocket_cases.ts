/**
 * What an end that sends back every message must do with what a peer sends, numbered after the cases
 * of the Autobahn test suite, sections 1 to 7 and 9 (10, 12 and 13 stand where the compression and
 * the sizes are tested).
 *
 * @module
 */

import { closeBytes, type RawFrame, utf8 } from "../support/websocket_frames.ts";

/** One case. */
export interface WebSocketCase {
  readonly id: string;
  readonly about: string;
  /** What the peer sends, frame by frame. */
  readonly sends: readonly RawFrame[];
  /** What comes back before the close frame: messages, and pongs. */
  readonly gets: readonly RawFrame[];
  /** With which code the end closes; `null` for a close frame without code; the peer's own if absent. */
  readonly closes?: number | null;
}

const text = (payload: string | Uint8Array, fin = true): RawFrame => ({ opcode: 1, payload, fin });
const binary = (payload: Uint8Array, fin = true): RawFrame => ({ opcode: 2, payload, fin });
const more = (payload: string | Uint8Array, fin = false): RawFrame => ({ opcode: 0, payload, fin });
const ping = (payload: string | Uint8Array = ""): RawFrame => ({ opcode: 9, payload });
const pong = (payload: string | Uint8Array = ""): RawFrame => ({ opcode: 10, payload });
const close = (code = 1000, reason: string | Uint8Array = ""): RawFrame => ({
  opcode: 8,
  payload: closeBytes(code, reason),
});
const DONE = close();
const fill = (length: number, byte = 0xfe) => new Uint8Array(length).fill(byte);
const stars = (length: number) => "*".repeat(length);

const cases: WebSocketCase[] = [];

/** A case in which the peer closes in good order at the end. */
function good(id: string, about: string, sends: RawFrame[], gets: RawFrame[] = sends): void {
  cases.push({ id, about, sends: [...sends, DONE], gets, closes: 1000 });
}

/** A case in which the peer breaks the protocol. */
function broken(
  id: string,
  about: string,
  sends: RawFrame[],
  gets: RawFrame[] = [],
  closes = 1002,
): void {
  cases.push({ id, about, sends, gets, closes });
}

const LENGTHS = [0, 125, 126, 127, 128, 65535, 65536];
LENGTHS.forEach((length, at) => {
  good(`1.1.${at + 1}`, `text of ${length} bytes`, [text(stars(length))]);
  good(`1.2.${at + 1}`, `binary of ${length} bytes`, [binary(fill(length))]);
});

good("2.1", "ping without payload", [ping()], [pong()]);
good("2.2", "ping with text", [ping("Hello, world!")], [pong("Hello, world!")]);
const oddBytes = new Uint8Array([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]);
good("2.3", "ping with bytes that are no UTF-8", [ping(oddBytes)], [pong(oddBytes)]);
good("2.4", "ping of 125 bytes", [ping(fill(125))], [pong(fill(125))]);
broken("2.5", "ping of 126 bytes", [ping(fill(126)), text("x")]);
good("2.6", "ping of 125 bytes, again", [ping(stars(125))], [pong(stars(125))]);
good("2.7", "pong that nobody asked for", [pong()], []);
good("2.8", "pong with payload that nobody asked for", [pong("unsolicited")], []);
good("2.9", "pong, then ping", [pong("unsolicited"), ping("ping")], [pong("ping")]);
const ten = Array.from({ length: 10 }, (_, n) => `payload-${n}`);
good("2.10", "ten pings", ten.map(ping), ten.map(pong));
good("2.11", "ten pings, again", ten.map(ping), ten.map(pong));

const hello = text("Hello, world!");
broken("3.1", "RSV 1", [{ ...hello, rsv: 1 }]);
broken("3.2", "text, then RSV 2", [hello, { ...hello, rsv: 2 }, ping()], [hello]);
broken("3.3", "text, then RSV 3", [hello, { ...hello, rsv: 3 }, ping()], [hello]);
broken("3.4", "text, then RSV 4", [hello, { ...hello, rsv: 4 }, ping()], [hello]);
broken("3.5", "binary with RSV 5", [{ ...binary(fill(8)), rsv: 5 }]);
broken("3.6", "ping with RSV 6", [{ ...ping("x"), rsv: 6 }]);
broken("3.7", "close with RSV 7", [{ ...DONE, rsv: 7 }]);

for (const [section, opcodes] of [["4.1", [3, 4, 5, 6, 7]], ["4.2", [11, 12, 13, 14, 15]]] as const) {
  opcodes.forEach((opcode, at) => {
    const before = at < 2 ? [] : [hello];
    const frame = { opcode, payload: at % 2 === 0 ? "" : "reserved" };
    broken(`${section}.${at + 1}`, `opcode ${opcode}`, [...before, frame, ping()], before);
  });
}

broken("5.1", "ping in two fragments", [{ ...ping("a"), fin: false }, more("b", true)]);
broken("5.2", "pong in two fragments", [{ ...pong("a"), fin: false }, more("b", true)]);
good("5.3", "text in two fragments", [text("frag", false), more("ment", true)], [text("fragment")]);
good("5.4", "the same, in bytes", [binary(utf8("ab"), false), more("cd", true)], [
  binary(utf8("abcd")),
]);
good("5.5", "text in three fragments", [text("a", false), more("b"), more("c", true)], [text("abc")]);
good("5.6", "a ping between two fragments", [text("a", false), ping("p"), more("b", true)], [
  pong("p"),
  text("ab"),
]);
good("5.7", "two pings between", [text("a", false), ping("p"), ping("q"), more("b", true)], [
  pong("p"),
  pong("q"),
  text("ab"),
]);
good("5.8", "an empty ping between", [text("a", false), ping(), more("b", true)], [
  pong(),
  text("ab"),
]);
broken("5.9", "a last continuation of nothing", [more("non", true), hello]);
broken("5.10", "the same, again", [more("non", true), hello]);
broken("5.11", "the same, alone", [more("non", true)]);
broken("5.12", "a continuation of nothing", [more("non"), hello]);
broken("5.13", "the same, again", [more("non"), hello]);
broken("5.14", "the same, alone", [more("non")]);
broken("5.15", "a continuation behind a whole message", [
  text("a", false),
  more("b", true),
  more("c"),
  hello,
], [text("ab")]);
broken("5.16", "continuation, text, twice", [more("a"), hello, more("a"), hello]);
broken("5.17", "last continuation, text, twice", [more("a", true), hello, more("a", true), hello]);
broken("5.18", "two first fragments", [text("a", false), text("b")]);
const five = [text("1", false), more("2"), ping("p"), more("3"), more("4"), ping("q"), more("5", true)];
good("5.19", "five fragments with pings", five, [pong("p"), pong("q"), text("12345")]);
good("5.20", "the same, again", five, [pong("p"), pong("q"), text("12345")]);

good("6.1.1", "an empty text", [text("")]);
good("6.1.2", "three empty fragments", [text("", false), more(""), more("", true)], [text("")]);
good("6.1.3", "the middle one is not empty", [text("", false), more("mid"), more("", true)], [
  text("mid"),
]);
const greek = "Hello-µ@ßöäüàá-UTF-8!! κόσμε 𐍈";
const greekBytes = utf8(greek);
good("6.2.1", "UTF-8 whole", [text(greek)]);
good("6.2.2", "UTF-8 in two fragments", [
  text(greekBytes.subarray(0, 12), false),
  more(greekBytes.subarray(12), true),
], [text(greek)]);
const byByte = (bytes: Uint8Array, isWhole = true): RawFrame[] =>
  Array.from(bytes, (byte, at) => {
    const payload = new Uint8Array([byte]);
    const fin = isWhole && at === bytes.length - 1;
    return at === 0 ? text(payload, fin) : more(payload, fin);
  });
good("6.2.3", "UTF-8, a fragment each byte", byByte(greekBytes), [text(greek)]);
good("6.2.4", "the same, shorter", byByte(utf8("κόσμε")), [text("κόσμε")]);

const kosme = [...utf8("κόσμε")];
const surrogate = new Uint8Array([...kosme, 0xed, 0xa0, 0x80, ...utf8("edited")]);
broken("6.3.1", "a lone surrogate", [text(surrogate)], [], 1007);
broken("6.3.2", "the same, a fragment each byte", byByte(surrogate), [], 1007);
const tooHigh = [...kosme, 0xf4, 0x90, 0x80, 0x80];
broken("6.4.1", "beyond Unicode, in the second of three fragments that never ends", [
  text(new Uint8Array(kosme), false),
  more(new Uint8Array(tooHigh.slice(kosme.length))),
], [], 1007);
broken("6.4.2", "the same, cut within the character", [
  text(new Uint8Array(tooHigh.slice(0, -2)), false),
], [], 1007);

// Sections 6.5 to 6.23: sequences that are UTF-8, and those that are not.
const VALID: Record<string, string> = {
  "6.5.1": "\0",
  "6.6.2": "\x7f",
  "6.6.5": "\u0080",
  "6.6.7": "\u07ff",
  "6.6.9": "\u0800",
  "6.6.11": "\uffff",
  "6.7.1": "\ud800\udc00",
  "6.9.1": "\udbff\udfff",
  "6.11.1": "\ud7ff",
  "6.11.2": "\ue000",
  "6.11.3": "\ufffd",
  "6.22.1": "\ufffe",
  "6.22.2": "\ufdd0",
  "6.23.1": "\ufeffwith a mark",
};
for (const [id, each] of Object.entries(VALID)) {
  good(id, `valid ${JSON.stringify(each)}`, [text(each)]);
  if (utf8(each).length > 1) {
    good(`${id}/fragments`, "the same, a fragment each byte", byByte(utf8(each)), [text(each)]);
  }
}
const INVALID: Record<string, number[]> = {
  "6.8.1": [0xf8, 0x88, 0x80, 0x80, 0x80],
  "6.8.2": [0xfc, 0x84, 0x80, 0x80, 0x80, 0x80],
  "6.10.1": [0xf7, 0xbf, 0xbf, 0xbf],
  "6.11.5": [0xf4, 0x90, 0x80, 0x80],
  "6.12.1": [0x80],
  "6.12.2": [0xbf],
  "6.12.3": [0x80, 0xbf],
  "6.13.1": [0xc0, 0x20, 0xc1, 0x20],
  "6.13.2": [0xe0, 0x20],
  "6.13.3": [0xf0, 0x20],
  "6.14.1": [0xc0],
  "6.14.2": [0xe0, 0x80],
  "6.14.3": [0xf0, 0x80, 0x80],
  "6.14.6": [0xdf],
  "6.14.7": [0xef, 0xbf],
  "6.14.8": [0xf7, 0xbf, 0xbf],
  "6.16.1": [0xfe],
  "6.16.2": [0xff],
  "6.17.1": [0xc0, 0xaf],
  "6.17.2": [0xe0, 0x80, 0xaf],
  "6.18.1": [0xc1, 0xbf],
  "6.18.2": [0xe0, 0x9f, 0xbf],
  "6.18.3": [0xf0, 0x8f, 0xbf, 0xbf],
  "6.19.1": [0xc0, 0x80],
  "6.20.1": [0xed, 0xa0, 0x80],
  "6.20.7": [0xed, 0xbf, 0xbf],
  "6.21.1": [0xed, 0xa0, 0x80, 0xed, 0xb0, 0x80],
};
for (const [id, bytes] of Object.entries(INVALID)) {
  const payload = new Uint8Array(bytes);
  broken(id, `invalid ${bytes.map((byte) => byte.toString(16))}`, [text(payload)], [], 1007);
  broken(`${id}/fragments`, "the same, a fragment each byte", byByte(payload), [], 1007);
}

cases.push(
  { id: "7.1.1", about: "text, close", sends: [hello, DONE], gets: [hello], closes: 1000 },
  { id: "7.1.2", about: "two closes", sends: [DONE, close(1001)], gets: [], closes: 1000 },
  { id: "7.1.3", about: "a ping behind the close", sends: [DONE, ping()], gets: [], closes: 1000 },
  { id: "7.1.4", about: "a text behind the close", sends: [DONE, hello], gets: [], closes: 1000 },
  {
    id: "7.1.5",
    about: "a close within a message",
    sends: [text("frag", false), DONE, more("ment", true)],
    gets: [],
    closes: 1000,
  },
  {
    id: "7.1.6",
    about: "much, close, ping",
    sends: [text(stars(65_000)), hello, DONE, ping()],
    gets: [text(stars(65_000)), hello],
    closes: 1000,
  },
  { id: "7.3.1", about: "an empty close", sends: [{ opcode: 8 }], gets: [], closes: null },
  {
    id: "7.3.2",
    about: "a close of one byte",
    sends: [{ opcode: 8, payload: "a" }],
    gets: [],
    closes: 1002,
  },
  { id: "7.3.3", about: "a close with a code alone", sends: [DONE], gets: [], closes: 1000 },
  { id: "7.3.4", about: "with a reason", sends: [close(1000, "Hello")], gets: [], closes: 1000 },
  {
    id: "7.3.5",
    about: "with the longest reason",
    sends: [close(1000, stars(123))],
    gets: [],
    closes: 1000,
  },
  {
    id: "7.3.6",
    about: "with too long a reason",
    sends: [close(1000, stars(124))],
    gets: [],
    closes: 1002,
  },
  {
    id: "7.5.1",
    about: "with a reason that is no UTF-8",
    sends: [close(1000, surrogate)],
    gets: [],
    closes: 1007,
  },
);
for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]) {
  cases.push({
    id: `7.7/${code}`,
    about: `close code ${code}`,
    sends: [close(code)],
    gets: [],
    closes: code,
  });
}
for (const code of [1012, 1013, 1014]) {
  cases.push({
    id: `7.7/${code}`,
    about: `close code ${code}, registered later`,
    sends: [close(code)],
    gets: [],
    closes: code,
  });
}
for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]) {
  cases.push({
    id: `7.9/${code}`,
    about: `close code ${code} may not be sent`,
    sends: [close(code)],
    gets: [],
    closes: 1002,
  });
}

/** The cases, in the order of their numbers. */
export const websocketCases: readonly WebSocketCase[] = cases;

/** Sections 9 and 10: messages that are large, whole and in fragments; too long to go byte by byte. */
export const largeCases: readonly WebSocketCase[] = [
  ...[64, 256, 1024, 4096, 8192, 16384].flatMap((kib, at): WebSocketCase[] => [
    {
      id: `9.1.${at + 1}`,
      about: `text of ${kib} KiB`,
      sends: [text(stars(kib * 1024)), DONE],
      gets: [text(stars(kib * 1024))],
      closes: 1000,
    },
    {
      id: `9.2.${at + 1}`,
      about: `binary of ${kib} KiB`,
      sends: [binary(fill(kib * 1024)), DONE],
      gets: [binary(fill(kib * 1024))],
      closes: 1000,
    },
  ]),
  ...[64, 1024, 65536, 1048576].map((size, at): WebSocketCase => ({
    id: `9.3.${at + 1}`,
    about: `1 MiB of text in fragments of ${size} bytes`,
    sends: [...fragments(1024 * 1024, size), DONE],
    gets: [text(stars(1024 * 1024))],
    closes: 1000,
  })),
  {
    id: "10.1.1",
    about: "65,536 bytes of text in fragments of 1,300",
    sends: [...fragments(65_536, 1_300), DONE],
    gets: [text(stars(65_536))],
    closes: 1000,
  },
];

function fragments(length: number, size: number): RawFrame[] {
  const frames: RawFrame[] = [];
  for (let at = 0; at < length; at += size) {
    const payload = stars(Math.min(size, length - at));
    const fin = at + size >= length;
    frames.push(at === 0 ? text(payload, fin) : more(payload, fin));
  }
  return frames;
}
