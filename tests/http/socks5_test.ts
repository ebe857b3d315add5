import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  BrokenError,
  type LasaError,
  LocalProtocolError,
  RemoteProtocolError,
} from "../../src/errors.ts";
import { failure, NOTHING_LEFT, withClient } from "../support/client.ts";
import { until } from "../support/clock.ts";
import { startMicrosocks, testWithMicrosocks } from "../support/microsocks.ts";
import {
  answering,
  type RawPeer,
  type RawScript,
  RawServer,
  response,
} from "../support/raw_server.ts";
import { makeTestTls } from "../support/tls.ts";

const tls = await makeTestTls();
const echo = answering(({ method, target }) => response(`${method} ${target}`));

/** Bytes as the raw server has them: one character a byte. */
const raw = (...bytes: number[]) => String.fromCharCode(...bytes);
const OK = raw(5, 0, 0, 1, 0, 0, 0, 0, 0, 0);
const ANYBODY = raw(5, 0);

async function receivedBytes(peer: RawPeer, count: number): Promise<void> {
  await until(() => peer.received.length >= count || peer.hasEnded);
}

/** A proxy that lets everybody in and answers every request itself. */
function socksScript(requestLength: number, reply = OK): RawScript {
  return async (peer) => {
    await receivedBytes(peer, 3);
    await peer.send(ANYBODY);
    await receivedBytes(peer, 3 + requestLength);
    // In pieces: nothing behind the reply may be taken for a part of it.
    await peer.send(reply.slice(0, 5));
    await peer.send(reply.slice(5));
    await peer.until("\r\n\r\n");
    await peer.send(response("hello"));
    await peer.ended();
  };
}

const CALLS: [name: string, scheme: string, url: string, request: string][] = [
  [
    "a name, which the proxy looks up",
    "socks5h",
    "http://origin.test:258/",
    raw(5, 1, 0, 3, 11) + "origin.test" + raw(1, 2),
  ],
  ["an IPv4 address", "socks5h", "http://192.0.2.1/", raw(5, 1, 0, 1, 192, 0, 2, 1, 0, 80)],
  [
    "an IPv6 address",
    "socks5",
    "http://[2001:db8::1:2]/",
    raw(5, 1, 0, 4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, 80),
  ],
  [
    "a name, looked up here",
    "socks5",
    "http://origin.test:8080/",
    raw(5, 1, 0, 1, 192, 0, 2, 7, 0x1f, 0x90),
  ],
];

for (const [name, scheme, url, request] of CALLS) {
  Deno.test(`${scheme} is asked for ${name} (RFC 1928 §4)`, async () => {
    await using proxy = await RawServer.start(socksScript(request.length));
    const resolve = { "origin.test": "192.0.2.7" };
    await withClient({ proxy: `${scheme}://127.0.0.1:${proxy.port}`, resolve }, async (client) => {
      assertEquals(await (await client.get(url)).text(), "hello");
      const greeting = raw(5, 1, 0);
      assertEquals(proxy.received.slice(0, greeting.length + request.length), greeting + request);
      // The origin sees an ordinary request.
      const http = proxy.received.slice(greeting.length + request.length);
      assertMatch(http, /^GET \/ HTTP\/1\.1\r\nHost: /);
    });
  });
}

for (const [type, address] of [[3, raw(3) + "abc"], [4, raw(...new Array(16).fill(9))]] as const) {
  Deno.test(`a reply with address type ${type} is read whole, and no more`, async () => {
    const reply = raw(5, 0, 0, type) + address + raw(0, 1);
    await using proxy = await RawServer.start(socksScript(10, reply));
    await withClient({ proxy: `socks5h://127.0.0.1:${proxy.port}` }, async (client) => {
      assertEquals(await (await client.get("http://192.0.2.1/")).text(), "hello");
    });
  });
}

Deno.test("a user and a password are shown to a proxy that asks (RFC 1929)", async () => {
  await using proxy = await RawServer.start(async (peer) => {
    await receivedBytes(peer, 4);
    await peer.send(raw(5, 2));
    await receivedBytes(peer, 4 + 1 + 1 + 4 + 1 + 3);
    await peer.send(raw(1, 0));
    await receivedBytes(peer, 4 + 10 + 10);
    await peer.send(OK);
    await peer.until("\r\n\r\n");
    await peer.send(response("in"));
    await peer.ended();
  });
  await withClient(
    { proxy: `socks5h://us%3Ar:p%C3%A4@127.0.0.1:${proxy.port}` },
    async (client) => {
      assertEquals(await (await client.get("http://192.0.2.1/")).text(), "in");
      assertEquals(
        proxy.received.slice(0, 14),
        raw(5, 2, 0, 2) + raw(1, 4) + "us:r" + raw(3) + raw(0x70, 0xc3, 0xa4),
      );
    },
  );
});

const REPLIES: [code: number, name: string][] = [
  [1, "general SOCKS server failure"],
  [2, "connection not allowed by ruleset"],
  [3, "network unreachable"],
  [4, "host unreachable"],
  [5, "connection refused"],
  [6, "TTL expired"],
  [7, "command not supported"],
  [8, "address type not supported"],
  [99, "unassigned reply code"],
];

Deno.test("every reply that refuses is told by its name (RFC 1928 §6)", async () => {
  for (const [code, name] of REPLIES) {
    await using proxy = await RawServer.start(
      socksScript(10, raw(5, code, 0, 1, 0, 0, 0, 0, 0, 0)),
    );
    await withClient({ proxy: `socks5://127.0.0.1:${proxy.port}` }, async (client) => {
      const error = await failure(client.get("http://192.0.2.1/"), BrokenError);
      assertEquals([error.code, error.sent], ["proxy refused", "none"]);
      assertStringIncludes(error.message, `it answered ${code}, ${name}`);
      assertStringIncludes(error.message, "192.0.2.1:80");
      assertEquals(client.stats(), NOTHING_LEFT);
    });
  }
});

const SECRET = "s3cret";
const FAULTS: [
  name: string,
  replies: string[],
  Kind: new (message: string) => LasaError,
  code: string,
  told: RegExp,
][] = [
  [
    "wants what is not known",
    [raw(5, 0xff)],
    BrokenError,
    "proxy refused",
    /neither everybody nor/,
  ],
  ["knows no such user", [raw(5, 2), raw(1, 1)], BrokenError, "proxy refused", /password is wrong/],
  ["chooses what was not offered", [raw(5, 1)], RemoteProtocolError, "remote protocol", /method 1/],
  ["speaks SOCKS4", [raw(4, 0)], RemoteProtocolError, "remote protocol", /version 4/],
  ["speaks HTTP", ["HTTP/1.1 400"], RemoteProtocolError, "remote protocol", /not speak SOCKS5/],
  ["ends at once", [""], BrokenError, "closed", /closed the connection/],
  [
    "answers with an unknown address",
    [ANYBODY, raw(5, 0, 0, 9, 0, 0)],
    RemoteProtocolError,
    "remote protocol",
    /address type 9/,
  ],
];

for (const [name, replies, Kind, code, told] of FAULTS) {
  Deno.test(`a SOCKS5 proxy that ${name}`, async () => {
    await using proxy = await RawServer.start(async (peer) => {
      for (const reply of replies) {
        const { length } = peer.received;
        await until(() => peer.received.length > length || peer.hasEnded);
        await peer.send(reply);
      }
      peer.end();
      await peer.ended();
    });
    const url = `socks5://user:${SECRET}@127.0.0.1:${proxy.port}`;
    await withClient({ proxy: url, maxRetries: 0 }, async (client) => {
      const error = await failure(client.get("http://192.0.2.1/"), Kind);
      assertEquals([error.code, error.sent], [code, "none"]);
      assertMatch(error.message, told);
      assertEquals(error.message.includes(SECRET), false);
    });
  });
}

Deno.test("a proxy that wants a user where none was given says so", async () => {
  await using proxy = await RawServer.start(async (peer) => {
    await receivedBytes(peer, 3);
    await peer.send(raw(5, 0xff));
    await peer.ended();
  });
  await withClient({ proxy: `socks5h://127.0.0.1:${proxy.port}` }, async (client) => {
    const error = await failure(client.get("http://192.0.2.1/"), BrokenError);
    assertStringIncludes(error.message, "it wants a user and a password");
  });
});

Deno.test("what does not fit the protocol is refused here", async () => {
  await using proxy = await RawServer.start(async (peer) => {
    await receivedBytes(peer, 3);
    await peer.send(ANYBODY);
    await peer.ended();
  });
  const at = `127.0.0.1:${proxy.port}`;
  await withClient({}, async (client) => {
    const long = `${"a.".repeat(130)}test`;
    const name = client.get(`http://${long}/`, { proxy: `socks5h://${at}` });
    assertStringIncludes((await failure(name, LocalProtocolError)).message, "264 bytes");
    const user = client.get("http://h/", { proxy: `socks5h://${"u".repeat(256)}:p@${at}` });
    assertStringIncludes((await failure(user, LocalProtocolError)).message, "256 bytes");
  });
});

Deno.test("addresses that a socks5:// proxy cannot call are tried in turn", async () => {
  await using proxy = await RawServer.start(async (peer) => {
    await receivedBytes(peer, 3);
    await peer.send(ANYBODY);
    await receivedBytes(peer, 13);
    if (peer.index === 0) await peer.send(raw(5, 4, 0, 1, 0, 0, 0, 0, 0, 0));
    else {
      await peer.send(OK);
      await peer.until("\r\n\r\n");
      await peer.send(response("second"));
    }
    await peer.ended();
  });
  const resolve = { "origin.test": ["192.0.2.1", "192.0.2.2"] };
  await withClient({ proxy: `socks5://127.0.0.1:${proxy.port}`, resolve }, async (client) => {
    assertEquals(await (await client.get("http://origin.test/")).text(), "second");
    assertEquals(proxy.peers.map((peer) => peer.received.charCodeAt(10)), [1, 2]);
  });
});

const USER = { name: "lasa", password: "s3cret-1" };

testWithMicrosocks("microsocks: plain and over TLS, with a user and without", async () => {
  await using plain = await RawServer.start(echo);
  await using secure = await RawServer.start(echo, tls.server);
  for (const user of [undefined, USER]) {
    await using peer = await startMicrosocks({ user });
    const secrets = user === undefined ? "" : `${user.name}:${user.password}@`;
    for (const scheme of ["socks5", "socks5h"]) {
      const proxy = `${scheme}://${secrets}127.0.0.1:${peer.port}`;
      await withClient({ proxy, tls: { caCerts: [tls.ca] } }, async (client) => {
        for (const server of [plain, secure]) {
          for (const host of ["127.0.0.1", "localhost"]) {
            const get = async (n: number) =>
              await (await client.get(server.url(`/${n}`, host))).text();
            const many = Array.from({ length: 10 }, (_, n) => n);
            assertEquals(await get(0), "GET /0");
            assertEquals(await Promise.all(many.map(get)), many.map((n) => `GET /${n}`));
          }
        }
      });
    }
  }
});

testWithMicrosocks("microsocks: whom it does not know, and where nobody listens", async () => {
  await using peer = await startMicrosocks({ user: USER });
  const at = `127.0.0.1:${peer.port}`;
  await withClient({}, async (client) => {
    const wrong = client.get("http://127.0.0.1/", { proxy: `socks5://lasa:wrong@${at}` });
    assertEquals((await failure(wrong, BrokenError)).code, "proxy refused");
    const nobody = client.get("http://127.0.0.1:1/", { proxy: `socks5://lasa:s3cret-1@${at}` });
    assertMatch((await failure(nobody, BrokenError)).message, /it answered 5, connection refused/);
  });
});
