/**
 * Sound over WebSocket: a client streams a tone as one message in fragments, the server hears it
 * fragment by fragment and tells how loud it was. Neither holds the whole, and a slow listener slows
 * the source.
 */
import { websocket } from "@lasa/lasa";

const RATE = 16_000;
const FRAME_SAMPLES = RATE / 50;

/** A tone that swells, 20 ms at a time. */
function* tone(hertz: number, seconds: number): Generator<Uint8Array> {
  for (let start = 0; start < RATE * seconds; start += FRAME_SAMPLES) {
    const samples = new Int16Array(FRAME_SAMPLES);
    for (let n = 0; n < FRAME_SAMPLES; n++) {
      const volume = (start + n) / (RATE * seconds);
      samples[n] = 32_767 * volume * Math.sin(2 * Math.PI * hertz * (start + n) / RATE);
    }
    yield new Uint8Array(samples.buffer);
  }
}

/** Samples as numbers, least significant byte first, as they were sent. */
function loudnessOf(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += (view.getInt16(at, true) / 32_768) ** 2;
  return Math.sqrt(sum / (bytes.length / 2));
}

await using server = websocket.serve("127.0.0.1:0", async (session) => {
  let fragments = 0;
  let loudest = 0;
  for (;;) {
    const frame = await session.recvFrame();
    if (frame.type === "close") return;
    // What ends the message may carry nothing.
    if (frame.data.length > 0) {
      fragments++;
      loudest = Math.max(loudest, loudnessOf(frame.data as Uint8Array));
    }
    if (!frame.again) {
      await session.sendText(JSON.stringify({ fragments, loudest: loudest.toFixed(2) }));
      fragments = loudest = 0;
    }
  }
});

await using client = new websocket.Client({ timeoutMs: 5_000 });
await client.connect(`ws://127.0.0.1:${server.address.port}/listen`);
const bytes = await client.sendBinary(tone(440, 2));
console.log(`2 s of sound: ${bytes} bytes on the wire`);
console.log("heard:", (await client.receive())?.data);
