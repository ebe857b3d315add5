import { assert, assertEquals } from "@std/assert";
import { connect } from "../../src/socket/mod.ts";
import { dial } from "../../src/socket/dial.ts";
import { RawServer } from "../support/raw_server.ts";

Deno.test("a call that is taken back in the moment it succeeds leaves no connection open", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  const to = { host: "127.0.0.1", port: server.port };
  const all: Promise<unknown>[] = [];
  let takenBack = 0;
  for (let n = 0; n < 600; n++) {
    const abort = new AbortController();
    const call = dial(to, { signal: abort.signal });
    all.push(call.then((stream) => stream.close(), () => takenBack++));
    setTimeout(() => abort.abort(new Error("taken back")), n % 2);
    if (n % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(all);
  assert(takenBack > 0);
  // The leak sanitizer finds what nobody could close.
});

Deno.test("a socket's connect that is taken back leaves nothing open, and the others alone", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  let open = 0, takenBack = 0;
  const all: Promise<void>[] = [];
  for (let n = 0; n < 600; n++) {
    // Every other one is left alone, and has to come through.
    const abort = n % 2 === 0 ? new AbortController() : null;
    const call = connect("127.0.0.1", server.port, { signal: abort?.signal });
    all.push(call.then((socket) => {
      open++;
      socket.close();
    }, (error) => {
      assert(abort?.signal.aborted, String(error));
      takenBack++;
    }));
    if (abort !== null) setTimeout(() => abort.abort(new Error("taken back")), n % 3);
    if (n % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(all);
  assert(takenBack > 0);
  assertEquals(open + takenBack, 600);
  // The leak sanitizer finds what nobody could close.
});
