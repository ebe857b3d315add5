import { assert, assertEquals } from "@std/assert";
import { concat } from "../../../src/bytes/concat.ts";
import { Connection } from "../../../src/protocol/websocket/connection.ts";

const SIZES = [0, 1, 16_383, 16_384, 65_521, 65_522, 65_536, 262_130, 262_144, 1_048_576];

function bytesOf(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: size }, (_, at) => at * 7 + (at >> 8));
}

function outputOf(connection: Connection): Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let piece = connection.takeOutput(); piece !== null; piece = connection.takeOutput()) {
    // Its memory is lent until it has left.
    pieces.push(piece.slice());
    connection.release();
  }
  return pieces;
}

for (const role of ["client", "server"] as const) {
  const isMasked = role === "client";
  const maskKey = isMasked ? () => 0x9d7c35a1 | 0 : null;
  const make = () => new Connection({ role, maskKey, maxPayloadLen: 2 ** 20 });
  const makePeer = () =>
    new Connection({ role: isMasked ? "server" : "client", maxPayloadLen: 2 ** 20 });

  Deno.test(`what a ${role} sends arrives as it was, whatever stands before and behind it`, () => {
    for (const before of ["", "x".repeat(5), "x".repeat(125), "x".repeat(5_000)]) {
      for (const size of SIZES) {
        const connection = make();
        const payload = bytesOf(size);
        let count = connection.send("text", before);
        count += connection.send("binary", payload);
        count += connection.send("text", "behind");
        assertEquals(connection.outputSize, count);
        const output = concat(outputOf(connection));
        assertEquals(output.length, count);
        assertEquals(connection.outputSize, 0);
        const peer = makePeer();
        peer.receive(output);
        assertEquals(peer.nextEvent()?.data, before);
        const { data } = peer.nextEvent()!;
        assert(typeof data !== "string" && data.length === size);
        assert(data.every((byte, at) => byte === payload[at]), `size ${size}`);
        assertEquals(peer.nextEvent()?.data, "behind");
      }
    }
  });

  Deno.test(`the head of a ${role}'s large frame does not leave by itself`, () => {
    for (const size of SIZES.slice(3)) {
      const connection = make();
      connection.send("binary", bytesOf(size));
      const [first] = outputOf(connection);
      assert(first.length >= Math.min(size, 60_000), `${first.length} of ${size}`);
    }
  });

  Deno.test(`the payload of a ${role}'s large frame stays as it was`, () => {
    const connection = make();
    const payload = bytesOf(1_000_000);
    connection.send("binary", payload);
    outputOf(connection);
    assert(payload.every((byte, at) => byte === ((at * 7 + (at >> 8)) & 0xff)));
  });
}
