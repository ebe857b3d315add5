import { assert, assertEquals } from "@std/assert";
import { concat } from "../../src/bytes/concat.ts";
import { RemoteProtocolError } from "../../src/errors.ts";
import { Client } from "../../src/websocket/client.ts";
import { serve } from "../../src/websocket/serve.ts";
import type { Session } from "../../src/websocket/session.ts";
import { type RawFrame, type ReadFrame, utf8 } from "../support/websocket_frames.ts";
import { RawPeer, RawWebSocketServer } from "../support/websocket_peer.ts";
import { largeCases, type WebSocketCase, websocketCases } from "../vectors/websocket_cases.ts";

const LIMITS = { maxPayloadLen: 16 * 1024 * 1024, timeoutMs: 10_000 };

async function echo(session: Session): Promise<void> {
  for await (const { type, data } of session) {
    if (type === "text") await session.sendText(data);
    else await session.sendBinary(data);
  }
}

/** A frame in a form that compares well; of a close frame the code alone, its reason being free. */
function shown(frame: RawFrame | ReadFrame): string {
  const { opcode, fin = true, rsv = 0, payload = "" } = frame;
  const bytes = typeof payload === "string" ? utf8(payload) : payload;
  const told = opcode === 8 ? bytes.slice(0, 2) : bytes;
  return `${opcode} ${fin} ${rsv} ${told.length} ${told.slice(0, 200).join()}`;
}

/** Plays a case and compares what comes back. */
async function play(peer: RawPeer, each: WebSocketCase, step?: number): Promise<void> {
  const sending = peer.sendBytes(concat(each.sends.map((frame) => peer.bytesOf(frame))), step);
  const frames = await peer.receiveAll();
  await sending;
  const code = each.closes;
  const payload = code === null ? "" : new Uint8Array([code! >> 8, code! & 255]);
  assertEquals(
    frames.map(shown),
    [...each.gets, { opcode: 8, payload }].map(shown),
    `case ${each.id}: ${each.about}`,
  );
}

/** Cases with few enough bytes to go one by one over a socket. */
function isShort({ sends }: WebSocketCase): boolean {
  return sends.every(({ payload = "" }) => payload.length < 200);
}

Deno.test("a server that echoes passes every case, at once and a byte at a time", async () => {
  await using server = serve({ host: "127.0.0.1:0", ...LIMITS }, echo);
  for (const each of [...websocketCases, ...largeCases]) {
    for (const step of isShort(each) ? [undefined, 1] : [undefined]) {
      using peer = await RawPeer.call(server.address.port);
      // The server ends first: all frames have come when the stream is at its end (RFC 6455 §7.1.1).
      await play(peer, each, step);
    }
  }
});

Deno.test("a client that echoes passes every case, at once and a byte at a time", async () => {
  using server = new RawWebSocketServer();
  for (const each of [...websocketCases, ...largeCases]) {
    for (const step of isShort(each) ? [undefined, 1] : [undefined]) {
      const client = new Client(LIMITS);
      const connecting = client.connect(server.url);
      using peer = await server.accept();
      await connecting;
      const playing = playAsServer(peer, each, step);
      const isViolation = (each.closes === 1002 || each.closes === 1007) &&
        !each.id.startsWith("7.7/");
      const error = await echo(client).then(() => null, (error) => error);
      await playing;
      await client.close();
      assertEquals(error instanceof RemoteProtocolError, isViolation, each.id);
    }
  }
});

/** A server ends first, once the client's close frame is there. */
async function playAsServer(peer: RawPeer, each: WebSocketCase, step?: number): Promise<void> {
  const sending = peer.sendBytes(concat(each.sends.map((frame) => peer.bytesOf(frame))), step);
  const frames: ReadFrame[] = [];
  do {
    const frame = await peer.receive();
    assert(frame !== null, `case ${each.id}: the client ended without a close frame`);
    frames.push(frame);
  } while (frames.at(-1)!.opcode !== 8);
  await sending;
  peer[Symbol.dispose]();
  const code = each.closes;
  const payload = code === null ? "" : new Uint8Array([code! >> 8, code! & 255]);
  assertEquals(frames.map(shown), [...each.gets, { opcode: 8, payload }].map(shown), each.id);
  assert(frames.every((frame) => frame.isMasked));
}
