import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "../../../src/bytes/concat.ts";
import { LimitError, LocalProtocolError, RemoteProtocolError } from "../../../src/errors.ts";
import { Connection, type ConnectionOptions } from "../../../src/protocol/websocket/connection.ts";
import type { Frame } from "../../../src/protocol/websocket/frame.ts";
import { echoThrough, takeAll } from "../../support/websocket_core.ts";
import { frameBytes, type RawFrame, readFrames, utf8 } from "../../support/websocket_frames.ts";
import { largeCases, websocketCases } from "../../vectors/websocket_cases.ts";

const KEY = [0x12, 0x9e, 0x5a, 0xf7];
const LARGE = { maxPayloadLen: 16 * 1024 * 1024 };

for (const role of ["server", "client"] as const) {
  const key = role === "server" ? KEY : null;
  for (const each of websocketCases) {
    Deno.test(`a ${role} that echoes, case ${each.id}: ${each.about}`, () => {
      const sent = concat(each.sends.map((frame) => frameBytes(frame, key)));
      for (const step of [sent.length, 1, 7]) {
        const { frames, error } = echoThrough(role, sent, step, LARGE);
        assertEquals(frames.map(shown), [
          ...each.gets.map((frame) => shown({ fin: true, rsv: 0, ...frame })),
          shown({ fin: true, rsv: 0, opcode: 8, payload: closeOf(each.closes!) }),
        ]);
        for (const frame of frames) assertEquals(frame.isMasked, role === "client");
        const isViolation = each.closes === 1002 || each.closes === 1007;
        const wasTold = each.id.startsWith("7.7/");
        assertEquals(error instanceof RemoteProtocolError, isViolation && !wasTold);
      }
    });
  }
}

/** A frame in a form that compares well; of a close frame the code alone, its reason being free. */
function shown(frame: RawFrame | ReturnType<typeof readFrames>["frames"][number]): string {
  const { opcode, payload = "" } = frame;
  const bytes = typeof payload === "string" ? utf8(payload) : payload;
  return `${opcode} ${frame.fin} ${frame.rsv} ${(opcode === 8 ? bytes.slice(0, 2) : bytes).join()}`;
}

function closeOf(code: number | null): Uint8Array {
  return code === null ? new Uint8Array(0) : new Uint8Array([code >> 8, code & 255]);
}

Deno.test("large messages, whole and in fragments, come back as they went", () => {
  for (const each of largeCases) {
    const sent = concat(each.sends.map((frame) => frameBytes(frame, KEY)));
    const { frames } = echoThrough("server", sent, 65_536, LARGE);
    assertEquals(frames.map((frame) => frame.opcode), [each.gets[0].opcode, 8], each.id);
    const { payload } = each.gets[0];
    assert(
      concat([frames[0].payload]).every((byte, at) =>
        byte === (typeof payload === "string" ? 42 : payload![at])
      ),
      each.id,
    );
  }
});

/** Feeds bytes step by step and gives what is thrown, and after how many bytes. */
function failure(
  options: ConnectionOptions,
  bytes: Uint8Array,
): { error: unknown; after: number; closed: number | null } {
  const end = new Connection(options);
  for (let at = 0; at < bytes.length; at++) {
    end.receive(bytes.subarray(at, at + 1));
    try {
      while (end.nextEvent() !== null);
    } catch (error) {
      return { error, after: at + 1, closed: end.sentCode };
    }
  }
  return { error: null, after: bytes.length, closed: end.sentCode };
}

Deno.test("text that is no UTF-8 is refused at its first wrong byte, in mid-frame too (6.4.3)", () => {
  const payload = new Uint8Array([...utf8("κόσμε"), 0xf4, 0x90, 0x80, 0x80, ...utf8("edited")]);
  const { error, after, closed } = failure(
    { role: "server" },
    frameBytes({ opcode: 1, payload }, KEY),
  );
  assert(error instanceof RemoteProtocolError);
  assertEquals([after, closed], [2 + 4 + utf8("κόσμε").length + 2, 1007]);
});

Deno.test("what may not be sent is refused at the first byte that shows it", () => {
  const cases: [string, number[], number, number][] = [
    ["reserved bits", [0xc1], 1, 1002],
    ["a reserved opcode", [0x83], 1, 1002],
    ["a fragmented ping", [0x09], 1, 1002],
    ["a continuation of nothing", [0x80], 1, 1002],
    ["no mask", [0x81, 0x05], 2, 1002],
    ["a long ping", [0x89, 0xfe], 2, 1002],
    ["a length in a longer form than needed", [0x82, 0xfe, 0, 125], 4, 1002],
    ["the longest form", [0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 10, 1002],
    ["the highest bit of a length", [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], 10, 1002],
    ["a frame over the limit", [0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0], 10, 1009],
  ];
  for (const [about, bytes, after, closed] of cases) {
    const end = new Uint8Array([...bytes, ...new Array(20).fill(0)]);
    const told = failure({ role: "server" }, end);
    assertEquals([told.after, told.closed], [after, closed], about);
    assertEquals(told.error instanceof LimitError, closed === 1009, about);
  }
  const masked = failure({ role: "client" }, new Uint8Array([0x81, 0x81]));
  assertEquals([masked.after, masked.closed], [2, 1002]);
});

Deno.test("a message in many fragments is bounded by maxMessageLen", () => {
  const end = new Connection({ role: "client", maxMessageLen: 10 });
  const fragment = frameBytes({ opcode: 2, payload: "1234", fin: false }, null);
  const further = frameBytes({ opcode: 0, payload: "1234", fin: false }, null);
  end.receive(concat([fragment, further]));
  assertEquals(end.nextEvent()?.again, true);
  assertEquals(end.nextEvent()?.again, true);
  end.receive(further);
  const error = assertThrows(() => end.nextEvent(), LimitError);
  assertEquals([error.limit, end.sentCode], ["maxMessageLen", 1009]);
});

Deno.test("fragments come one by one, a cut character with the fragment that completes it", () => {
  const end = new Connection({ role: "client" });
  const letter = utf8("é");
  end.receive(concat([
    frameBytes({ opcode: 1, payload: "foo", fin: false }, null),
    frameBytes({ opcode: 0, payload: letter.subarray(0, 1), fin: false }, null),
    frameBytes({ opcode: 0, payload: letter.subarray(1) }, null),
    frameBytes({ opcode: 8 }, null),
  ]));
  const told: (Frame | null)[] = [1, 2, 3, 4].map(() => end.nextEvent());
  assertEquals(told, [
    { type: "text", data: "foo", again: true },
    { type: "continuation", data: "", again: true },
    { type: "continuation", data: "é", again: false },
    { type: "close", data: "", again: false },
  ]);
  assertEquals(end.nextEvent(), null);
});

Deno.test("bytes read into the room that was given count like those that are pushed", () => {
  const payloads = [utf8("small"), new Uint8Array(40_000).map((_, at) => at % 251), utf8("after")];
  const sent = concat(payloads.map((payload) => frameBytes({ opcode: 2, payload }, KEY)));
  for (const step of [1, 3, 100, 5_000, 100_000]) {
    const end = new Connection({ role: "server" });
    const got: Uint8Array[] = [];
    for (let at = 0; at < sent.length;) {
      const room = end.room();
      const count = Math.min(step, room.length, sent.length - at);
      assert(count > 0);
      room.set(sent.subarray(at, at + count));
      end.commit(count);
      at += count;
      for (let frame = end.nextEvent(); frame !== null; frame = end.nextEvent()) {
        got.push(frame.data as Uint8Array);
      }
    }
    assertEquals(got, payloads);
  }
});

Deno.test("what a writer wrote a reader reads back equal, masked or not", () => {
  const messages = ["", "hello", "x".repeat(97), "ä".repeat(60), "𐍈 and ASCII ".repeat(3_500)];
  for (const role of ["client", "server"] as const) {
    let last = 0x89abcdef | 0;
    const maskKey = role === "client" ? () => last = Math.imul(last, 1103515245) + 12345 | 0 : null;
    const near = new Connection({ role, maskKey });
    const far = new Connection({ role: role === "client" ? "server" : "client" });
    for (const message of messages) {
      const size = near.send("text", message);
      const wire = takeAll(near);
      assertEquals(wire.length, size);
      far.receive(wire);
      assertEquals(far.nextEvent(), { type: "text", data: message, again: false });
    }
    for (const length of [0, 1, 125, 126, 16_383, 16_384, 65_535]) {
      const data = new Uint8Array(length).map((_, at) => at % 253);
      const copy = data.slice();
      near.send("binary", data);
      far.receive(takeAll(near));
      assertEquals(far.nextEvent(), { type: "binary", data, again: false });
      assertEquals(data, copy);
    }
  }
});

Deno.test("the closing handshake goes both ways, and nothing is sent behind it", () => {
  const near = new Connection({ role: "server" });
  const far = new Connection({ role: "client", maskKey: () => 7 });
  near.sendClose(4001, "enough");
  assertEquals([near.isOpen, near.isClosed], [false, false]);
  assertThrows(() => near.send("text", "late"), Error, "closed");
  far.receive(takeAll(near));
  assertEquals(far.nextEvent(), { type: "close", data: "enough", again: false, code: 4001 });
  assertEquals([far.isOpen, far.isClosed], [true, false]);
  far.answerClose();
  near.receive(takeAll(far));
  assertEquals(near.nextEvent()?.type, "close");
  assertEquals([near.isClosed, far.isClosed, near.receivedCode], [true, true, 4001]);
});

Deno.test("what this end may not send is refused before anything leaves", () => {
  const end = new Connection({ role: "server" });
  assertThrows(() => end.send("continuation", "x"), Error, "no message is under way");
  assertThrows(() => end.send("ping", "x".repeat(126)), Error, "126 bytes");
  assertThrows(() => end.send("ping", "x", false), Error, "cannot be fragmented");
  end.send("text", "a", false);
  assertThrows(() => end.send("binary", "b"), Error, "a fragmented message is under way");
  end.send("ping", "between");
  end.send("continuation", "z", true);
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5]) {
    assertThrows(() => end.sendClose(code), RangeError, "may not be sent");
  }
  assertThrows(() => end.sendClose(1000, "x".repeat(124)), RangeError, "124 bytes");
  assertThrows(() => end.sendClose(undefined, "why"), RangeError, "needs a code");
  assertEquals(readFrames(takeAll(end)).frames.map((frame) => frame.opcode), [1, 9, 0]);
});

Deno.test("a close frame that no end may send is refused, and the connection goes on", () => {
  const end = new Connection({ role: "server" });
  for (const payload of ["a", "\f", "\0\x01", new Uint8Array([0x03, 0xed])]) {
    assertThrows(() => end.send("close", payload), LocalProtocolError, "which is no code");
  }
  assert(end.isOpen);
  end.send("close", new Uint8Array([0x0f, 0xa0, 0x21]));
  assertEquals(end.sentCode, 4000);
});
