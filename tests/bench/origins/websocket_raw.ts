/**
 * Counts the bytes of messages and sends as many back: what a WebSocket server could do at most.
 * Argument: bytes of a message. Ends with its input.
 *
 * @module
 */

import { frameBytes, framesOf } from "../peers/websocket_frames.ts";
import { listen } from "./listen.ts";

const bytes = Number(Deno.args[0]);
const length = frameBytes(bytes, true);
const answerLength = frameBytes(bytes, false);
const answers = framesOf(bytes, false, Math.ceil(2 ** 20 / bytes));

async function serve(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const buffer = new Uint8Array(256 * 1024);
  let received = 0;
  for (;;) {
    const read = await connection.read(buffer);
    if (read === null) break;
    received += read;
    const whole = Math.floor(received / length);
    received -= whole * length;
    for (let left = whole * answerLength; left > 0;) {
      left -= await connection.write(answers.subarray(0, left));
    }
  }
}

await listen(serve);
