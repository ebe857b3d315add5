import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  BrokenError,
  DnsError,
  LasaError,
  LocalProtocolError,
  TimeoutError,
  UnsupportedError,
} from "../../src/errors.ts";
import { udp } from "../../src/socket/mod.ts";
import { text } from "../support/bytes.ts";
import { turns } from "../support/clock.ts";
import { bound, isDenos, testAgainOverDenos } from "../support/udp.ts";

testAgainOverDenos(import.meta.url);

Deno.test("with a peer, datagrams of strangers are dropped, also those that came before it", async () => {
  await using socket = await bound();
  await using friend = await bound();
  await using stranger = await bound();
  const me = { hostname: "127.0.0.1", port: socket.port };
  socket.setTimeout(5);
  await assertRejects(() => socket.receive(), TimeoutError);
  await stranger.sendTo("early", me);
  await turns(10);
  socket.setTimeout();
  await socket.setPeerName("localhost", friend.port);
  await stranger.sendTo("stranger", me);
  await friend.sendTo("friend", me);
  assertEquals(text(await socket.receive()), "friend");
});

Deno.test("a peer's address may be written in any way", async () => {
  await using server = udp();
  await server.setSockName("::1", 0);
  await using client = udp();
  await client.setPeerName("0:0:0:0:0:0:0:1", server.localAddress!.port);
  await client.send("ping");
  const { data, address } = await server.receiveFrom();
  assertEquals([text(data), address.hostname], ["ping", "::1"]);
  await server.sendTo("pong", address);
  assertEquals(text(await client.receive()), "pong");
});

Deno.test("names are looked up, and one without an address is a DnsError", async () => {
  await using socket = udp();
  await assertRejects(() => socket.setPeerName("no-such-name.invalid", 9), DnsError);
  await assertRejects(
    () => socket.sendTo("x", { hostname: "no-such-name.invalid", port: 9 }),
    DnsError,
  );
});

Deno.test("what makes no sense is refused, and says why", async () => {
  await using socket = udp();
  await assertRejects(() => socket.send("x"), LocalProtocolError, "no peer was set");
  await assertRejects(() => socket.setPeerName("127.0.0.1"), RangeError, "bad port number");
  await assertRejects(() => socket.setPeerName("127.0.0.1", 0), RangeError, "bad port number: 0");
  await assertRejects(() => socket.setSockName("127.0.0.1", 65_536), RangeError, "65536");
  await assertRejects(() => socket.setPeerName("", 9), TypeError, "not a host");
  await assertRejects(() => socket.leaveMulticast("239.1.2.3"), LocalProtocolError, "not joined");
  assertEquals(socket.localAddress, null);
  await using first = await bound();
  await assertRejects(() => first.setSockName("127.0.0.1", 0), LocalProtocolError, "bound already");
  const inUse = await assertRejects(() => socket.setSockName("127.0.0.1", first.port), BrokenError);
  assertEquals(inUse.code, "address already in use");
  const elsewhere = await assertRejects(() => socket.setSockName("192.0.2.1", 0), BrokenError);
  assertEquals(elsewhere.code, "cannot assign requested address");
  await socket.setSockName("127.0.0.1", 0);
});

Deno.test("15: a port at which nobody listens is told where the platform tells it, else a timeout", async () => {
  await using socket = udp();
  const nobody = await bound();
  const { port } = nobody;
  nobody.close();
  await socket.setPeerName("127.0.0.1", port);
  socket.setTimeout(20);
  await socket.send("anybody?");
  const error = await assertRejects(() => socket.receive(), LasaError);
  assertMatch(error.code, /^(connection refused|timeout)$/);
});

Deno.test("a multicast group's datagrams come while it is joined, and no longer", async () => {
  const group = "239.255.76.65";
  await using member = udp();
  await member.setSockName("0.0.0.0", 0);
  const { port } = member.localAddress!;
  await using sender = await bound();
  await member.joinMulticast(group, "127.0.0.1");
  await sender.sendTo("to the group", { hostname: group, port });
  assertEquals(text(await member.receive()), "to the group");
  await member.leaveMulticast(group);
  await assertRejects(() => member.leaveMulticast(group), LocalProtocolError, "not joined");
  await sender.sendTo("too late", { hostname: group, port });
  await sender.sendTo("to itself", { hostname: "127.0.0.1", port });
  assertEquals(text(await member.receive()), "to itself");
  await assertRejects(() => member.joinMulticast("127.0.0.1", "127.0.0.1"), LasaError, "join");
});

Deno.test({
  name: "Unix datagrams need --unstable-net, and say so",
  ignore: isDenos,
  async fn() {
    await using socket = udp();
    await assertRejects(
      () => socket.setSockName("unix:/tmp/x"),
      UnsupportedError,
      "--unstable-net",
    );
    await socket.setPeerName("unix:/tmp/x");
    await assertRejects(() => socket.send("x"), UnsupportedError, "--unstable-net");
  },
});

Deno.test({
  name: "Unix datagrams go from path to path, and from a socket that has none",
  ignore: !isDenos,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      await using server = udp();
      await server.setSockName(`unix:${folder}/server`);
      assertEquals(server.localAddress, null);
      await using client = udp();
      await client.setSockName(`unix:${folder}/client`);
      await client.setPeerName(`unix:${folder}/server`);
      await client.send("ping");
      const { data, address } = await server.receiveFrom();
      assertEquals([text(data), address], ["ping", { hostname: `${folder}/client`, port: 0 }]);
      await server.sendTo("pong", { path: `${folder}/client` });
      assertEquals(text(await client.receive()), "pong");
      const nameless = udp();
      await nameless.setPeerName(`unix:${folder}/server`);
      await nameless.send("hello");
      const { address: from } = await server.receiveFrom();
      await server.sendTo("you again", { path: from.hostname });
      assertEquals(text(await nameless.receive()), "you again");
      nameless.close();
      await assertRejects(() => Deno.stat(from.hostname), Deno.errors.NotFound);
      await client.setPeerName(`unix:${folder}/nobody`);
      const error = await assertRejects(() => client.send("x"), BrokenError);
      assertEquals(error.code, "no such file or directory");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
