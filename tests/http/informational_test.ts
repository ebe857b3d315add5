/** Answers before the answer (RFC 9110 §15.2). @module */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { LimitError } from "../../src/errors.ts";
import type { InformationalResponse } from "../../src/http/options.ts";
import { current, spawn, wait } from "../../src/thread/mod.ts";
import { failure, NOTHING_LEFT, untilQuiet, withClient } from "../support/client.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

const HINTS = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nLink: </b.css>\r\n\r\n";
const EARLY = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + HINTS;

Deno.test("each 1xx answer but 100 is told, in order, before the answer", async () => {
  await using server = await RawServer.start(answering(({ target }) => EARLY + response(target)));
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await (await client.get(server.url("/0"))).text();
    const told: string[] = [];
    const all = await Promise.all([1, 2].map(async (n) => {
      const onInformational = ({ status, headers }: InformationalResponse) => {
        told.push(`${n}: ${status} ${headers.get("link")}`);
      };
      return await (await client.get(server.url(`/${n}`), { onInformational })).text();
    }));
    assertEquals(all, ["/1", "/2"]);
    const lines = [1, 2].flatMap((n) => [`${n}: 102 null`, `${n}: 103 </a.css>, </b.css>`]);
    assertEquals(told, lines);
  });
});

Deno.test("it is called in the thread that asked, whoever reads the connection", async () => {
  await using server = await RawServer.start(answering(({ target }) => HINTS + response(target)));
  await withClient({}, async (client) => {
    await (await client.get(server.url("/0"))).text();
    const threads: unknown[] = [];
    const thread = spawn(async () => {
      const onInformational = () => void threads.push(current());
      await (await client.get(server.url("/1"), { onInformational })).text();
    });
    assertEquals((await wait(thread)).ok, true);
    assertStrictEquals(threads[0], thread);
  });
});

Deno.test("what it throws fails its request alone; the connection stays", async () => {
  await using server = await RawServer.start(answering(({ target }) => HINTS + response(target)));
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    const mine = new SyntaxError("not this");
    const onInformational = () => {
      throw mine;
    };
    const error = await client.get(server.url("/1"), { onInformational }).catch((error) => error);
    assertStrictEquals(error, mine);
    await untilQuiet(client);
    assertEquals(await (await client.get(server.url("/2"))).text(), "/2");
    assertEquals(server.peers.length, 1);
    // A body that is on its way leaves nothing that another request could follow.
    const body = new ReadableStream<Uint8Array>();
    await using early = await RawServer.start((peer) => peer.send(HINTS));
    const options = { body, onInformational };
    assertStrictEquals(await client.post(early.url(), options).catch((error) => error), mine);
    assertEquals(client.stats(), { ...NOTHING_LEFT, connections: 1, idle: 1 });
  });
});

Deno.test("more than maxInformational of them end the request", async () => {
  await using server = await RawServer.start(answering(() => HINTS.repeat(4) + response("x")));
  await withClient({ maxInformational: 3 }, async (client) => {
    let count = 0;
    const asked = client.get(server.url(), { onInformational: () => void count++ });
    assertEquals((await failure(asked, LimitError)).limit, "maxInformational");
    assertEquals(count, 3);
  });
});
