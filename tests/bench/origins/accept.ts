/**
 * Accepts connections and waits for their ends, at several addresses of loopback where there are such:
 * the ports of one would be used up by those that have just been closed. With arguments, the files of a
 * certificate and its key, it speaks TLS.
 *
 * Ends with its input.
 *
 * @module
 */

import { endWithInput } from "./listen.ts";

const hosts = Deno.build.os === "linux"
  ? Array.from({ length: 32 }, (_, n) => `127.0.0.${n + 1}`)
  : ["127.0.0.1"];

async function wait(connection: Deno.Conn): Promise<void> {
  try {
    await connection.read(new Uint8Array(1));
  } catch {
    // Closed in the middle of a handshake, or reset.
  }
  connection.close();
}

async function accept(listener: Deno.Listener): Promise<void> {
  for (;;) {
    try {
      for (;;) void wait(await listener.accept());
    } catch {
      // Whoever called has gone already.
    }
  }
}

const [certFile, keyFile] = Deno.args;
let port = 0;
if (certFile === undefined) {
  for (const hostname of hosts) {
    const listener = Deno.listen({ hostname, port });
    port = listener.addr.port;
    void accept(listener);
  }
} else {
  const cert = Deno.readTextFileSync(certFile);
  const key = Deno.readTextFileSync(keyFile);
  const listener = Deno.listenTls({ hostname: hosts[0], port, cert, key });
  port = listener.addr.port;
  void accept(listener);
}
console.log(JSON.stringify({ port }));
await endWithInput();
