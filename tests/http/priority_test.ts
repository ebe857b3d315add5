import { assertEquals } from "@std/assert";
import { failure, withClient } from "../support/client.ts";
import { until } from "../support/clock.ts";
import { AbortedError } from "../../src/errors.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

/** A server that answers nothing before it is let go, and tells what it was asked for. */
async function holding(): Promise<{ server: RawServer; asked: string[]; release: () => void }> {
  const go = Promise.withResolvers<void>();
  const asked: string[] = [];
  const server = await RawServer.start(answering(async ({ target }) => {
    asked.push(target);
    await go.promise;
    return response("ok");
  }));
  return { server, asked, release: go.resolve };
}

Deno.test("the more urgent is served first, and first come first served among equals", async () => {
  const { server, asked, release } = await holding();
  await using _ = server;
  await withClient({ maxConnPerTarget: 1, maxPipelinedRequests: 0 }, async (client) => {
    const get = async (name: string, priority?: number, signal?: AbortSignal) => {
      await (await client.get(server.url(`/${name}`), { priority, signal })).discard();
    };
    const all = [get("first")];
    await until(() => asked.length === 1);
    const abort = new AbortController();
    all.push(get("a"), get("b", -1), get("c", 5), get("d"), get("e", 5), get("f", 0.5));
    const given = failure(get("given-up", 5, abort.signal), AbortedError);
    all.push(get("g", 5));
    await until(() => client.stats().queued === 8);
    abort.abort();
    await given;
    release();
    await Promise.all(all);
    assertEquals(asked, ["/first", "/c", "/e", "/g", "/f", "/a", "/d", "/b"]);
  });
});

Deno.test("a free slot goes to the target with the most urgent request", async () => {
  const { server, asked, release } = await holding();
  await using _ = server;
  await using a = await RawServer.start(answering(({ target }) => {
    asked.push(`a${target}`);
    return response("ok");
  }));
  await using b = await RawServer.start(answering(({ target }) => {
    asked.push(`b${target}`);
    return response("ok");
  }));
  await withClient({ maxConn: 1 }, async (client) => {
    const get = async (url: string, priority = 0) => {
      await (await client.get(url, { priority })).discard();
    };
    const all = [get(server.url("/first"))];
    await until(() => asked.length === 1);
    all.push(get(a.url("/1")), get(b.url("/2"), 1));
    release();
    await Promise.all(all);
    assertEquals(asked, ["/first", "b/2", "a/1"]);
  });
});

Deno.test("a priority that is no number is refused", async () => {
  await withClient({}, async (client) => {
    let thrown: unknown;
    await client.get("http://127.0.0.1:1/", { priority: NaN }).catch((error) => thrown = error);
    assertEquals(thrown instanceof RangeError, true);
  });
});
