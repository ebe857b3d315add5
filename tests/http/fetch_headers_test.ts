import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { memoryCache } from "../../src/http/cache/memory_cache.ts";
import { withClient } from "../support/client.ts";
import { echo, type Seen, withServer } from "../support/fetch.ts";
import { answering, RawServer, response as rawResponse } from "../support/raw_server.ts";

Deno.test("methods are forbidden or written in capitals as Fetch has it", async () => {
  await withServer(echo, async (fetch, base) => {
    for (const method of ["CONNECT", "TRACE", "TRACK", "connect", "Trace", "track"]) {
      await assertRejects(() => fetch(base, { method }), TypeError);
    }
    for (const method of ["", "a b", "G\u00c9T", "GET\r\n"]) {
      await assertRejects(() => fetch(base, { method }), TypeError);
    }
    for (const method of ["get", "Post", "pUT", "delete", "options"]) {
      assertEquals((await (await fetch(base, { method })).json()).method, method.toUpperCase());
    }
    for (const method of ["PROPFIND", "foo"]) {
      assertEquals((await (await fetch(base, { method })).json()).method, method);
    }
  });
});

Deno.test("URLs that are none, relative or hold credentials are a TypeError", async () => {
  await withServer(echo, async (fetch, base) => {
    const withUser = base.replace("//", "//user:password@");
    for (const url of ["", "/path", "http://", "http://[::1", withUser, "http://user@127.0.0.1/"]) {
      await assertRejects(() => fetch(url), TypeError);
    }
    for (const url of ["foo:bar", "about:blank", "ftp://127.0.0.1/", "ws://127.0.0.1/"]) {
      await assertRejects(() => fetch(url), TypeError);
    }
    // A program without types may call it so; it fails as a promise does.
    await assertRejects(() => Reflect.apply(fetch, undefined, []), TypeError);
    const seen: Seen = await (await fetch(new URL(`${base}/a b?c=ä`))).json();
    assertEquals(seen.path, "/a%20b?c=%C3%A4");
  });
});

Deno.test("data:, blob: and file: are read by the platform, also where lasa's fetch stands in its place", async () => {
  await withClient({}, async (client) => {
    const platform = globalThis.fetch;
    globalThis.fetch = client.fetch;
    const blob = URL.createObjectURL(new Blob(["of a blob"]));
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(file, "of a file");
      assertEquals(await (await fetch("data:text/plain,of%20data")).text(), "of data");
      assertEquals(await (await fetch(blob)).text(), "of a blob");
      assertEquals(await (await fetch(`file://${file}`)).text(), "of a file");
      await assertRejects(() => fetch("foo:bar"), TypeError);
    } finally {
      globalThis.fetch = platform;
      URL.revokeObjectURL(blob);
      await Deno.remove(file);
    }
  });
});

Deno.test("fetch has the platform's name and length", async () => {
  await withClient({}, (client) => {
    assertEquals([client.fetch.name, client.fetch.length], ["fetch", 1]);
    assertEquals(client.fetch === client.fetch, true);
    return Promise.resolve();
  });
});

Deno.test("fields are checked, combined and given out as Fetch has it", async () => {
  await using server = await RawServer.start(
    answering(() =>
      rawResponse(
        "",
        "X-Own: 1\r\nx-own:  2 \r\nX-OWN:\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2, 3\r\nX-Latin: \xe9\r\n",
        "200 Very\xe9 Well",
      )
    ),
  );
  await withClient({}, async (client) => {
    const { headers, statusText } = await client.fetch(server.url(), {
      headers: [["x-sent", "a"], ["X-Sent", "b"], ["x-latin", "\u00e9"]],
    });
    assertEquals(headers.get("x-own"), "1, 2, ");
    assertEquals(headers.getSetCookie(), ["a=1", "b=2, 3"]);
    assertEquals([headers.get("x-latin"), statusText], ["\u00e9", "Very\u00e9 Well"]);
    for (const change of ["append", "set"] as const) {
      assertThrows(() => headers[change]("x-own", "4"), TypeError);
    }
    assertThrows(() => headers.delete("x-own"), TypeError);
    // A copy is its own, and what is made of a response can be changed.
    const copy = new Headers(headers);
    copy.set("x-own", "4");
    assertEquals([copy.get("x-own"), headers.get("x-own")], ["4", "1, 2, "]);
    assertEquals(new Response(null, { headers }).headers.getSetCookie(), ["a=1", "b=2, 3"]);
    for (const bad of [["a b", "c"], ["a", "b\nc"], ["a", "b\0"], ["a", "\u0100"]]) {
      const headers = Object.fromEntries([bad]);
      await assertRejects(() => client.fetch(server.url(), { headers }), TypeError);
    }
  });
  assertEquals(/\r\nx-sent: a, b\r\n/i.test(server.received), true);
  assertEquals(server.received.includes("x-latin: \xe9\r\n"), true);
});

Deno.test("how a body is framed is not the caller's to say", async () => {
  await withServer(echo, async (fetch, base) => {
    const headers = { "content-length": "9", "transfer-encoding": "chunked" };
    const post: Seen = await (await fetch(base, { method: "POST", body: "abc", headers })).json();
    assertEquals([post.body, post.headers["content-length"]], ["abc", "3"]);
    assertEquals(post.headers["transfer-encoding"], undefined);
    const get: Seen = await (await fetch(base, { headers })).json();
    assertEquals([get.headers["content-length"], get.headers["transfer-encoding"]], [
      undefined,
      undefined,
    ]);
    for (const method of ["POST", "PUT"]) {
      const empty: Seen = await (await fetch(base, { method })).json();
      assertEquals(empty.headers["content-length"], "0");
    }
  });
});

Deno.test("a part is asked for without a coding, and cache modes are told (HTTP-network-or-cache fetch)", async () => {
  await withServer(echo, async (fetch, base) => {
    const seen = async (init: RequestInit): Promise<Seen["headers"]> =>
      (await (await fetch(base, init)).json()).headers;
    assertEquals((await seen({ headers: { range: "bytes=0-" } }))["accept-encoding"], "identity");
    assertEquals((await seen({ cache: "no-cache" }))["cache-control"], "max-age=0");
    for (const cache of ["no-store", "reload"] as const) {
      const headers = await seen({ cache });
      assertEquals([headers["cache-control"], headers.pragma], ["no-cache", "no-cache"]);
    }
    const own = await seen({ cache: "no-store", headers: { "cache-control": "own" } });
    assertEquals(own["cache-control"], "own");
    const plain = await seen({});
    assertEquals([plain["cache-control"], plain.pragma], [undefined, undefined]);
  });
});

Deno.test("values of options that are none are a TypeError", async () => {
  await withServer(echo, async (fetch, base) => {
    for (const name of ["redirect", "cache", "credentials", "mode", "signal"]) {
      await assertRejects(() => fetch(base, { [name]: "nonsense" }), TypeError);
    }
    await assertRejects(() => fetch(base, { mode: "navigate" }), TypeError);
    const init: RequestInit = { keepalive: true, credentials: "omit", referrer: "", mode: "cors" };
    assertEquals((await fetch(base, init)).status, 200);
  });
});

Deno.test("what a server answers is given out: fetch asks once, whatever Retry-After says", async () => {
  let count = 0;
  const handler = () => {
    count++;
    return new Response("later", { status: 503, headers: { "retry-after": "0" } });
  };
  await withServer(handler, async (fetch, base) => {
    const response = await fetch(base);
    assertEquals([response.status, await response.text(), count], [503, "later", 1]);
  }, { retry: { statuses: [503] } });
});

Deno.test("fetch goes by the client's cache as its mode says", async () => {
  let count = 0;
  const handler = () => {
    count++;
    return new Response(`answer ${count}`, { headers: { "cache-control": "max-age=60" } });
  };
  await withServer(handler, async (fetch, base) => {
    const text = async (cache: RequestCache) => await (await fetch(base, { cache })).text();
    assertEquals([await text("default"), await text("default")], ["answer 1", "answer 1"]);
    assertEquals([await text("no-store"), await text("default")], ["answer 2", "answer 1"]);
    assertEquals([await text("reload"), await text("force-cache")], ["answer 3", "answer 3"]);
  }, { cache: memoryCache() });
});

Deno.test("the client's own fields and hooks hold for fetch too", async () => {
  const statuses: number[] = [];
  const hooks = {
    beforeRequest: (request: { headers: Headers }) => request.headers.set("x-hook", "1"),
    afterResponse: (response: { status: number }) => void statuses.push(response.status),
  };
  await withServer(echo, async (fetch, base) => {
    const seen: Seen = await (await fetch(base)).json();
    assertEquals([seen.headers["x-hook"], seen.headers["x-own"], statuses], ["1", "own", [200]]);
  }, { headers: { "x-own": "own" }, hooks });
});
