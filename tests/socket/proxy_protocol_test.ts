import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  ClosedError,
  LocalProtocolError,
  RemoteProtocolError,
  TimeoutError,
} from "../../src/errors.ts";
import type { ProxyHeader } from "../../src/socket/mod.ts";
import { formatProxyHeader, parseProxyHeader } from "../../src/socket/proxy_protocol.ts";
import { bytes, splitsOf, text } from "../support/bytes.ts";
import { testOnManualClock, turns } from "../support/clock.ts";
import { tcpPair, withSocket } from "../support/loopback.ts";
import { Random } from "../support/random.ts";

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

type Ends = [source: string, sourcePort: number, destination: string, destinationPort: number];

/** A header between two addresses. */
function between(version: 1 | 2, ends: Ends | null): ProxyHeader {
  if (ends === null) return { version, source: null, destination: null };
  const [source, sourcePort, destination, destinationPort] = ends;
  return {
    version,
    source: { hostname: source, port: sourcePort },
    destination: { hostname: destination, port: destinationPort },
  };
}

// What a proxy sends, and what it says (haproxy's proxy-protocol.txt, sections 2.1 and 2.2).
const TABLE: [string, 1 | 2, Ends | null][] = [
  ["PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", 1, [
    "192.0.2.1",
    56324,
    "198.51.100.2",
    443,
  ]],
  ["PROXY TCP4 255.255.255.255 0.0.0.0 65535 0\r\n", 1, ["255.255.255.255", 65535, "0.0.0.0", 0]],
  ["PROXY TCP6 2001:db8::1 ::1 4124 80\r\n", 1, ["2001:db8::1", 4124, "::1", 80]],
  ["PROXY TCP6 ::ffff:192.0.2.1 2001:DB8::2 1 2\r\n", 1, [
    "::ffff:192.0.2.1",
    1,
    "2001:DB8::2",
    2,
  ]],
  ["PROXY UNKNOWN\r\n", 1, null],
  ["PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", 1, null],
  [`PROXY UNKNOWN ${"x".repeat(91)}\r\n`, 1, null],
  [SIGNATURE + "\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb", 2, [
    "192.0.2.1",
    56324,
    "198.51.100.2",
    443,
  ]],
  [
    SIGNATURE + "\x21\x21\0\x24\x20\x01\x0d\xb8" + "\0".repeat(11) + "\x01" + "\0".repeat(15) +
    "\x01\x10\x1c\0\x50",
    2,
    ["2001:db8::1", 4124, "::1", 80],
  ],
  // Behind the addresses stand further fields, which are passed over.
  [SIGNATURE + "\x21\x11\0\x13\x7f\0\0\x01\x7f\0\0\x02\0\x01\0\x02\x04\0\x04abcd", 2, [
    "127.0.0.1",
    1,
    "127.0.0.2",
    2,
  ]],
  // The proxy itself, to see whether we are well; what addresses it gives mean nothing.
  [SIGNATURE + "\x20\0\0\0", 2, null],
  [SIGNATURE + "\x20\x11\0\x0c\x7f\0\0\x01\x7f\0\0\x02\0\x01\0\x02", 2, null],
  // Families that carry no address of TCP: unspecified, UDP, Unix.
  [SIGNATURE + "\x21\0\0\x03abc", 2, null],
  [SIGNATURE + "\x21\x12\0\x0c\x7f\0\0\x01\x7f\0\0\x02\0\x01\0\x02", 2, null],
  [SIGNATURE + "\x21\x31\0\xd8" + "\0".repeat(216), 2, null],
];

Deno.test("each form of a header says who called whom, and ends where it ends", () => {
  for (const [header, version, ends] of TABLE) {
    assertEquals(parseProxyHeader(bytes(`${header}GET /`)), {
      header: between(version, ends),
      length: header.length,
    }, JSON.stringify(header));
  }
});

Deno.test("as long as a header is not whole, more is wanted", () => {
  for (const [header] of TABLE) {
    for (let length = 0; length < header.length; length++) {
      assertEquals(parseProxyHeader(bytes(header.slice(0, length))), null, header.slice(0, length));
    }
  }
});

const GARBAGE: string[] = [
  "GET / HTTP/1.1\r\n",
  "PROXX TCP4",
  "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
  "\x16\x03\x01\x02\0",
  "\r\n\r\n\0\r\nQUIX",
  "PROXY\r\n",
  "PROXY \r\n",
  "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
  "PROXY TCP4\r\n",
  "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n",
  "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
  "PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
  "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n",
  "PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n",
  "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
  "PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n",
  "PROXY TCP4 ::1 ::1 1 2\r\n",
  "PROXY TCP4 localhost 1.2.3.4 1 2\r\n",
  "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
  "PROXY TCP6 :::1 ::1 1 2\r\n",
  "PROXY TCP6 ::g ::1 1 2\r\n",
  "PROXY TCP6 [::1] ::1 1 2\r\n",
  "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n",
  "PROXY TCP4 1.2.3.4 1.2.3.4 -1 2\r\n",
  "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n",
  "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n" + "x".repeat(80),
  `PROXY UNKNOWN ${"x".repeat(92)}\r\n`,
  SIGNATURE + "\x11\x11\0\0",
  SIGNATURE + "\x31\x11\0\0",
  SIGNATURE + "\x22\x11\0\0",
  SIGNATURE + "\x21\x11\0\x0b" + "\0".repeat(11),
  SIGNATURE + "\x21\x21\0\x0c" + "\0".repeat(12),
];

Deno.test("what is no header is the peer's fault, as soon as that shows", () => {
  for (const garbage of GARBAGE) {
    const error = assertThrows(
      () => parseProxyHeader(bytes(garbage)),
      RemoteProtocolError,
      "Cannot read the PROXY header",
      JSON.stringify(garbage),
    );
    assertEquals(error.message.includes("\n"), false);
  }
  for (const start of ["G", "PX", "\r\nX", SIGNATURE.slice(0, 11) + "X"]) {
    assertThrows(() => parseProxyHeader(bytes(start)), RemoteProtocolError);
  }
});

Deno.test("random bytes give a header, the wish for more, or the error, and nothing else", () => {
  const random = new Random(3);
  for (let round = 0; round < 3_000; round++) {
    const start = random.of(["", "PROXY ", "PROXY TCP4 ", "PROXY TCP6 ::1 ", SIGNATURE, "\r\n\r"]);
    const rest = random.text("\0\x01\x11\x20\x21\r\n 0123456789.:abfTCPU\xff", random.below(150));
    try {
      const found = parseProxyHeader(bytes(start + rest));
      if (found !== null) assertEquals(found.length <= start.length + rest.length, true);
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error;
    }
  }
});

/** A random address in the form in which the binary header gives it back. */
function randomAddress(random: Random, isV6: boolean): string {
  if (!isV6) return Array.from({ length: 4 }, () => random.below(256)).join(".");
  const groups = Array.from({ length: 8 }, () => {
    return random.below(2) === 0 ? "0" : random.below(65_536).toString(16);
  });
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

Deno.test("2,000 random headers come back as they were written, both versions", () => {
  const random = new Random(11);
  for (let round = 0; round < 2_000; round++) {
    const version = random.of([1, 2] as const);
    const isV6 = random.below(2) === 0;
    const header = between(
      version,
      random.below(10) === 0 ? null : [
        randomAddress(random, isV6),
        random.below(65_536),
        randomAddress(random, isV6),
        random.below(65_536),
      ],
    );
    const written = formatProxyHeader(header);
    const rest = bytes(random.text("ab\r\n\0", random.below(20)));
    assertEquals(parseProxyHeader(new Uint8Array([...written, ...rest])), {
      header,
      length: written.length,
    });
  }
});

Deno.test("a header that cannot be told is refused", () => {
  for (const version of [1, 2] as const) {
    for (
      const ends of [
        ["127.0.0.1", 1, "::1", 2],
        ["localhost", 1, "127.0.0.1", 2],
        ["127.0.0.01", 1, "127.0.0.1", 2],
        ["127.0.0.1\r\n", 1, "127.0.0.1", 2],
        ["::1]", 1, "::1", 2],
        ["127.0.0.1", 65_536, "127.0.0.1", 2],
        ["127.0.0.1", 1.5, "127.0.0.1", 2],
      ] as Ends[]
    ) {
      assertThrows(
        () => formatProxyHeader(between(version, ends)),
        LocalProtocolError,
        "one family",
      );
    }
  }
});

Deno.test("over a connection a header may be split at every byte, and nothing behind it is taken", async () => {
  for (const [header, version, ends] of [TABLE[0], TABLE[7]]) {
    for (const pieces of splitsOf(`${header}hello\n`)) {
      await withSocket(async ({ socket, peer }) => {
        const receiving = socket.receiveProxyHeader();
        for (const piece of pieces) {
          await peer.send(piece);
          await turns();
        }
        assertEquals(await receiving, between(version, ends));
        assertEquals(await socket.receive(), "hello");
      });
    }
  }
});

Deno.test("what is sent on connect is received on accept, before anything else", async () => {
  for (const version of [1, 2] as const) {
    await using ends = await tcpPair();
    const header = between(version, ["203.0.113.7", 4711, "127.0.0.1", 80]);
    await ends.near.sendProxyHeader(header);
    await ends.near.send("GET / HTTP/1.1\r\n");
    assertEquals(await ends.far.receiveProxyHeader(), header);
    assertEquals(await ends.far.receive(), "GET / HTTP/1.1");
  }
});

Deno.test("garbage over a connection is told, and stays to be read", () =>
  withSocket(async ({ socket, peer }) => {
    await peer.send("GET / HTTP/1.1\r\n");
    await assertRejects(() => socket.receiveProxyHeader(), RemoteProtocolError, '"GET / HTTP');
    assertEquals(await socket.receive(), "GET / HTTP/1.1");
  }));

testOnManualClock(
  "a timeout takes nothing, and an end in mid-header tells what had come",
  (clock) =>
    withSocket(async ({ socket, peer }) => {
      await peer.send("PROXY ");
      const failed = assertRejects(() => socket.receiveProxyHeader(), TimeoutError);
      await turns(3);
      await clock.advance(30_000);
      await failed;
      await peer.send("UNKNOWN\r\nPRO");
      assertEquals(await socket.receiveProxyHeader(), between(1, null));
      await peer.conn.closeWrite();
      const error = await assertRejects(() => socket.receiveProxyHeader(), ClosedError);
      assertEquals(text(error.partial as Uint8Array), "PRO");
    }),
);
