import { assert, assertEquals, assertThrows } from "@std/assert";
import { constants, createDeflateRaw, deflateRawSync } from "node:zlib";
import { concat } from "../../../src/bytes/concat.ts";
import { LimitError, RemoteProtocolError } from "../../../src/errors.ts";
import { Connection } from "../../../src/protocol/websocket/connection.ts";
import {
  acceptDeflate,
  agreeDeflate,
  deflateOffer,
  type DeflateOptions,
  type DeflateTerms,
  PerMessageDeflate,
} from "../../../src/protocol/websocket/deflate.ts";
import { parseExtensions } from "../../../src/protocol/websocket/extensions.ts";
import { loadDeflate } from "../../../src/websocket/deflate_codec.ts";
import { Random } from "../../support/random.ts";
import { takeAll } from "../../support/websocket_core.ts";
import { frameBytes, readFrames } from "../../support/websocket_frames.ts";

const codec = await loadDeflate();

const PLAIN: DeflateTerms = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

/** What the server of the options makes of an offer: its answer's text. */
function accepted(offer: string, options: DeflateOptions = {}): string | null {
  return acceptDeflate(parseExtensions(offer)![0], options)?.text ?? null;
}

Deno.test("an offer is answered by what both can do (RFC 7692 §7.1)", () => {
  const name = "permessage-deflate";
  assertEquals(accepted(name), name);
  assertEquals(accepted(`${name}; client_max_window_bits`), name);
  assertEquals(
    accepted(`${name}; server_max_window_bits=10`),
    `${name}; server_max_window_bits=10`,
  );
  assertEquals(
    accepted(`${name}; client_max_window_bits=9`),
    `${name}; client_max_window_bits=9`,
  );
  assertEquals(
    accepted(`${name}; server_no_context_takeover; client_no_context_takeover`),
    `${name}; server_no_context_takeover; client_no_context_takeover`,
  );
  assertEquals(
    accepted(`${name}; client_max_window_bits`, {
      clientMaxWindowBits: 11,
      serverMaxWindowBits: 9,
    }),
    `${name}; server_max_window_bits=9; client_max_window_bits=11`,
  );
  // A client that did not offer the parameter cannot be told to keep to it.
  assertEquals(accepted(name, { clientMaxWindowBits: 9 }), name);
  assertEquals(
    accepted(`${name}; server_max_window_bits="12"`),
    `${name}; server_max_window_bits=12`,
  );
});

Deno.test("an offer that is not one to take is passed over", () => {
  for (
    const parameters of [
      "unknown",
      "server_max_window_bits",
      "server_max_window_bits=7",
      "server_max_window_bits=16",
      "server_max_window_bits=08",
      "client_max_window_bits=abc",
      "server_no_context_takeover=1",
      "server_max_window_bits=10; server_max_window_bits=10",
    ]
  ) assertEquals(accepted(`permessage-deflate; ${parameters}`), null, parameters);
});

Deno.test("a client holds the server to what it asked for", () => {
  const told = (text: string, options: DeflateOptions = {}) =>
    agreeDeflate(parseExtensions(text)![0], options);
  assertEquals(told("permessage-deflate"), PLAIN);
  assertEquals(told("permessage-deflate", { serverNoContextTakeover: true }), null);
  assertEquals(told("permessage-deflate", { serverMaxWindowBits: 10 }), null);
  assertEquals(
    told("permessage-deflate; server_max_window_bits=9", { serverMaxWindowBits: 10 })
      ?.serverMaxWindowBits,
    9,
  );
  assertEquals(
    deflateOffer({
      serverNoContextTakeover: true,
      serverMaxWindowBits: 10,
      clientMaxWindowBits: 9,
    }),
    "permessage-deflate; server_no_context_takeover; server_max_window_bits=10; " +
      "client_max_window_bits=9",
  );
});

/** Two ends that compress on these terms. */
function ends(terms: Partial<DeflateTerms> = {}): { client: Connection; server: Connection } {
  const all = { ...PLAIN, ...terms };
  const end = (role: "client" | "server") =>
    new Connection({
      role,
      maskKey: role === "client" ? () => 0x01020304 : null,
      maxPayloadLen: 1 << 20,
      deflate: new PerMessageDeflate(codec, all, role, 16 << 20, 0),
    });
  return { client: end("client"), server: end("server") };
}

Deno.test("messages come out as they went in, on all terms and at all sizes", () => {
  const random = new Random(7692);
  const terms: Partial<DeflateTerms>[] = [
    {},
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    { serverMaxWindowBits: 8, clientMaxWindowBits: 8 },
    { serverMaxWindowBits: 9, clientMaxWindowBits: 12 },
  ];
  for (const each of terms) {
    const { client, server } = ends(each);
    for (let round = 0; round < 60; round++) {
      const size = random.of([0, 1, 15, 64, 300, 4_096, 40_000, 131_072]);
      const message = random.text("abcdé ", Math.max(1, size >> 6)).repeat(size === 0 ? 0 : 64);
      for (const [from, to] of [[client, server], [server, client]]) {
        from.send("text", message);
        to.receive(takeAll(from));
        assertEquals(to.nextEvent(), { type: "text", data: message, again: false });
      }
    }
  }
});

Deno.test("with takeover the same message again is much shorter, without it is as long", () => {
  const message = Array.from({ length: 40 }, (_, at) => `field${at}: ${at * 7919}`).join(", ");
  const sizes = (terms: Partial<DeflateTerms>) => {
    const { server } = ends(terms);
    return [1, 2].map(() => {
      server.send("text", message);
      return takeAll(server).length;
    });
  };
  const [first, second] = sizes({});
  assert(second < first / 4, `${first}, then ${second}`);
  const [once, again] = sizes({ serverNoContextTakeover: true });
  assertEquals(once, again);
});

Deno.test("a stream of the platform's with takeover is understood, in fragments too", async () => {
  const { server } = ends();
  const messages = ["Hello, Hello, Hello", "Hello, Hello, Hello", "x".repeat(10_000)];
  const peer = createDeflateRaw();
  const written: Uint8Array[] = [];
  peer.on("data", (piece: Uint8Array) => written.push(piece));
  for (const message of messages) {
    peer.write(message);
    await new Promise<void>((resolve) => peer.flush(constants.Z_SYNC_FLUSH, resolve));
    const payload = concat(written.splice(0)).subarray(0, -4);
    const cut = payload.length >> 1;
    for (
      const frame of [
        { opcode: 1, rsv: 4, fin: false, payload: payload.subarray(0, cut) },
        { opcode: 0, fin: true, payload: payload.subarray(cut) },
      ]
    ) {
      assertEquals(server.nextEvent(), null);
      server.receive(frameBytes(frame, [1, 2, 3, 4]));
    }
    assertEquals(server.nextEvent(), { type: "text", data: message, again: false });
  }
  peer.destroy();
});

Deno.test("a last block that says so is understood (RFC 7692 §7.2.3.4)", () => {
  const { server } = ends();
  const final = new Uint8Array(deflateRawSync("Hello"));
  const payload = new Uint8Array(final.length + 1);
  payload.set(final);
  for (let times = 0; times < 3; times++) {
    server.receive(frameBytes({ opcode: 1, rsv: 4, payload }, [0, 0, 0, 0]));
    assertEquals(server.nextEvent(), { type: "text", data: "Hello", again: false });
  }
});

Deno.test("what inflates to too much is refused with 1009, nonsense with 1007", () => {
  const bomb = deflateRawSync(new Uint8Array(50 << 20), { finishFlush: constants.Z_SYNC_FLUSH });
  const { server } = ends();
  server.receive(frameBytes({ opcode: 2, rsv: 4, payload: new Uint8Array(bomb) }, [1, 2, 3, 4]));
  assertEquals(assertThrows(() => server.nextEvent(), LimitError).limit, "maxMessageLen");
  assertEquals(server.sentCode, 1009);
  const other = ends().server;
  const payload = new Uint8Array([0xff, 0xff, 0xff, 0xff]);
  other.receive(frameBytes({ opcode: 2, rsv: 4, payload }, [1, 2, 3, 4]));
  assertThrows(() => other.nextEvent(), RemoteProtocolError, "cannot be inflated");
  assertEquals(other.sentCode, 1007);
});

Deno.test("RSV1 stands on the first fragment of a message alone, never on control frames", () => {
  for (const opcode of [0, 8, 9, 10]) {
    const { server } = ends();
    if (opcode === 0) {
      server.receive(frameBytes({ opcode: 1, payload: "a", fin: false }, [0, 0, 0, 0]));
    }
    server.receive(frameBytes({ opcode, rsv: 4 }, [0, 0, 0, 0]));
    assertThrows(
      () => {
        while (server.nextEvent() !== null);
      },
      RemoteProtocolError,
      "reserved bits",
    );
    assertEquals(server.sentCode, 1002);
  }
});

Deno.test("short messages leave as they are", () => {
  const end = new Connection({
    role: "server",
    deflate: new PerMessageDeflate(codec, PLAIN, "server", 1 << 20),
  });
  end.send("text", "short");
  end.send("text", "long ".repeat(100));
  assertEquals(readFrames(takeAll(end)).frames.map((frame) => frame.rsv), [0, 4]);
});
