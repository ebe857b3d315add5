import { assert } from "@std/assert";
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
