/**
 * An origin that can hold its answers back: `GET /gate/N` is answered once N of them are there, so that
 * each needs a connection of its own, anything else at once. One request at a time on a connection.
 *
 * Ends with its input.
 *
 * @module
 */

import { endWithInput } from "./listen.ts";

const ANSWER = new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
const decoder = new TextDecoder();

let held: (() => void)[] = [];

async function hold(count: number): Promise<void> {
  const opened = new Promise<void>((resolve) => held.push(resolve));
  if (held.length === count) {
    for (const open of held) open();
    held = [];
  }
  await opened;
}

async function serve(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const buffer = new Uint8Array(1_024);
  try {
    for (;;) {
      const read = await connection.read(buffer);
      if (read === null) break;
      const gate = /^GET \/gate\/(\d+) /.exec(decoder.decode(buffer.subarray(0, 32)))?.[1];
      if (gate !== undefined) await hold(Number(gate));
      await connection.write(ANSWER);
    }
  } catch {
    // The client went away in the middle, as clients of a bench do when it ends.
  }
  connection.close();
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 4_096 });
console.log(JSON.stringify({ port: listener.addr.port }));
void endWithInput();
for await (const connection of listener) void serve(connection);
