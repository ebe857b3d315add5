import { assertEquals, assertRejects } from "@std/assert";
import { DenoStream } from "../../src/socket/deno_stream.ts";
import { bytes } from "../support/bytes.ts";
import { connectedPair, Peer } from "../support/loopback.ts";

Deno.test("Nagle is off before the first write, and asked for once", async () => {
  const [conn, far] = await connectedPair();
  using peer = new Peer(far);
  const steps: string[] = [];
  const { setNoDelay, write } = conn;
  conn.setNoDelay = (on) => {
    steps.push(`no delay: ${on}`);
    setNoDelay.call(conn, on);
  };
  conn.write = (data) => {
    steps.push("write");
    return write.call(conn, data);
  };
  const stream = new DenoStream(conn);
  assertEquals(steps, []);
  await stream.write(bytes("ab"));
  await stream.write(bytes("cd"));
  assertEquals(steps, ["no delay: true", "write", "write"]);
  assertEquals(await peer.receive(4), "abcd");
  stream.close();
});

Deno.test("Nagle is off before TLS begins on a connection", async () => {
  const [conn, far] = await connectedPair();
  using _peer = new Peer(far);
  let isOff = false;
  conn.setNoDelay = () => void (isOff = true);
  const stream = new DenoStream(conn);
  assertEquals([stream.takeConn(), isOff], [conn, true]);
  stream.close();
});

Deno.test("a write on a stream that was closed is refused, not thrown", async () => {
  const [conn, far] = await connectedPair();
  using _peer = new Peer(far);
  const stream = new DenoStream(conn);
  stream.close();
  await assertRejects(() => stream.write(bytes("x")), Deno.errors.BadResource);
});
