/**
 * What the origins on bare sockets share: they tell their port, serve every connection in the same way,
 * and end with their input.
 *
 * @module
 */

/** Ends the process once nobody writes to it any more. */
export async function endWithInput(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
  Deno.exit(0);
}

/** Listens on a free port, tells which, and serves whoever calls. */
export async function listen(serve: (connection: Deno.TcpConn) => Promise<void>): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(JSON.stringify({ port: listener.addr.port }));
  void endWithInput();
  for await (const connection of listener) void ended(connection, serve);
}

async function ended(
  connection: Deno.TcpConn,
  serve: (connection: Deno.TcpConn) => Promise<void>,
): Promise<void> {
  try {
    await serve(connection);
  } catch {
    // The client went away in the middle, as clients of a bench do when it ends.
  }
  connection.close();
}
