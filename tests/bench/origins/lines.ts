/**
 * An origin of lines: for each line that it is sent, which is a number, it sends so many blocks of
 * lines. Argument: the file that holds a block.
 *
 * Ends with its input.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { endWithInput } from "./listen.ts";

const block = Deno.readFileSync(Deno.args[0]);

async function serve(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const lines = connection.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  try {
    for await (const line of lines) {
      for (let left = Number(line); left > 0; left--) {
        let unsent = block;
        while (unsent.length > 0) unsent = unsent.subarray(await connection.write(unsent));
      }
    }
  } catch {
    // The client went away in the middle, as clients of a bench do when it ends.
  }
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
console.log(JSON.stringify({ port: listener.addr.port }));
void endWithInput();
for await (const connection of listener) void serve(connection);
