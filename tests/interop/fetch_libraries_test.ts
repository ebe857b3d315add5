/**
 * Libraries that take a `fetch` of one's own, given lasa's: what they promise must hold.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import ky, { HTTPError, isHTTPError, isNetworkError, TimeoutError } from "ky";
import { createFetch, FetchError } from "ofetch";
import createClient, { type Middleware } from "openapi-fetch";
import { withClient } from "../support/client.ts";
import { echo, type Handler, type Seen, withServer } from "../support/fetch.ts";
import { RawServer } from "../support/raw_server.ts";

/** Answers 503 for a while. */
function failingFirst(failures: number, status = 503): Handler {
  let count = 0;
  return (request) => count++ < failures ? new Response("not now", { status }) : echo(request);
}

const retry = { limit: 2, delay: () => 1 };

Deno.test("ky sends and reads JSON, search parameters and fields", async () => {
  await withServer(echo, async (fetch, base) => {
    const api = ky.create({ fetch, baseUrl: `${base}/api/`, headers: { "x-own": "1" } });
    const seen = await api.post("things", { json: { a: [1, "ä"] }, searchParams: { q: "a b" } })
      .json<Seen>();
    assertEquals([seen.method, seen.path], ["POST", "/api/things?q=a+b"]);
    assertEquals([seen.body, seen.headers["x-own"]], ['{"a":[1,"ä"]}', "1"]);
    assertEquals(seen.headers["content-type"], "application/json");
    assertEquals(seen.headers["content-length"], "14");
    assertEquals(seen.headers.accept, "application/json");
    const got = await ky.get("things", { fetch, prefix: `${base}/v1` }).json<Seen>();
    assertEquals([got.method, got.path], ["GET", "/v1/things"]);
    const patched = await api.patch("things", { body: new URLSearchParams("a=b") }).json<Seen>();
    assertEquals([patched.method, patched.body], ["PATCH", "a=b"]);
  });
});

Deno.test("ky retries what may be repeated, and nothing else", async () => {
  await withServer(failingFirst(2), async (fetch, base) => {
    const attempts: number[] = [];
    const beforeRetry = [
      ({ retryCount }: { retryCount: number }) => void attempts.push(retryCount),
    ];
    const seen = await ky.put(base, { fetch, retry, json: { a: 1 }, hooks: { beforeRetry } })
      .json<Seen>();
    assertEquals([seen.body, attempts], ['{"a":1}', [1, 2]]);
  });
  await withServer(failingFirst(1), async (fetch, base) => {
    await assertRejects(() => ky.post(base, { fetch, retry, body: "once" }), HTTPError);
  });
});

Deno.test("ky's hooks see lasa's requests and responses, and may change them", async () => {
  await withServer(echo, async (fetch, base) => {
    const api = ky.create({
      fetch,
      hooks: {
        beforeRequest: [({ request }) => request.headers.set("x-hook", "set")],
        afterResponse: [async ({ response }) => {
          const seen: Seen = await response.clone().json();
          assertEquals([response.url, response.ok], [`${base}/`, true]);
          return Response.json({ ...seen, path: "changed" });
        }],
      },
    });
    const seen = await api.get(base).json<Seen>();
    assertEquals([seen.headers["x-hook"], seen.path], ["set", "changed"]);
  });
});

Deno.test("ky's HTTPError carries the response, whose body was read", async () => {
  const handler = () => Response.json({ why: "no such thing" }, { status: 404 });
  await withServer(handler, async (fetch, base, client) => {
    const error = await assertRejects(() => ky.get(base, { fetch }).json());
    assert(isHTTPError<{ why: string }>(error));
    assertEquals([error.response.status, error.data], [404, { why: "no such thing" }]);
    const kept = await ky.get(base, { fetch, throwHttpErrors: false });
    assertEquals([kept.status, await kept.json()], [404, { why: "no such thing" }]);
    assertEquals(client.stats().inFlight, 0);
  });
});

Deno.test("ky's timeout and signal end the request", async () => {
  await using server = await RawServer.start((peer) => peer.ended());
  await withClient({}, async ({ fetch }) => {
    const base = server.url();
    await assertRejects(() => ky.get(base, { fetch, timeout: 30, retry: 0 }), TimeoutError);
    const controller = new AbortController();
    const answer = ky.get(base, { fetch, signal: controller.signal, retry: 0 }).text();
    const reason = new Error("no longer wanted");
    setTimeout(() => controller.abort(reason), 10);
    const error = await assertRejects(() => answer);
    assertEquals(error, reason);
  });
});

Deno.test("ky reads streams and tells how far they are", async () => {
  const whole = "0123456789".repeat(50_000);
  await withServer(() => new Response(whole), async (fetch, base) => {
    const down: number[] = [];
    const text = await ky.get(base, {
      fetch,
      onDownloadProgress: ({ transferredBytes }) => void down.push(transferredBytes),
    }).text();
    assertEquals([text === whole, down.at(-1)], [true, whole.length]);
    let size = 0;
    for await (const piece of (await ky.get(base, { fetch })).body!) size += piece.length;
    assertEquals(size, whole.length);
  });
});

Deno.test("ky tells a network error as one, and retries it", async () => {
  await withServer(echo, async (fetch) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    let count = 0;
    const counting: typeof fetch = (input, init) => {
      count++;
      return fetch(input, init);
    };
    const url = `http://127.0.0.1:${port}/`;
    const error = await assertRejects(() => ky.get(url, { fetch: counting, retry }));
    assert(isNetworkError(error));
    assertEquals(count, 3);
  }, { maxRetries: 0 });
});

/** What openapi-typescript would make of a description. */
interface paths {
  "/things/{id}": {
    get: {
      parameters: { path: { id: number }; query?: { deep?: boolean; tags?: string[] } };
      responses: {
        200: { content: { "application/json": Seen } };
        404: { content: { "application/json": { why: string } } };
      };
    };
    put: {
      parameters: { path: { id: number } };
      requestBody: { content: { "application/json": { name: string } } };
      responses: { 200: { content: { "application/json": Seen } } };
    };
    delete: {
      parameters: { path: { id: number } };
      responses: { 204: { content?: never } };
    };
  };
}

const things: Handler = (request) => {
  if (request.method === "DELETE") return new Response(null, { status: 204 });
  if (new URL(request.url).pathname === "/things/404") {
    return Response.json({ why: "no such thing" }, { status: 404 });
  }
  return echo(request);
};

Deno.test("openapi-fetch sends paths, queries and bodies, and gives data or the error", async () => {
  await withServer(things, async (fetch, base) => {
    const api = createClient<paths>({ baseUrl: base, fetch });
    const got = await api.GET("/things/{id}", {
      params: { path: { id: 7 }, query: { deep: true, tags: ["a", "b"] } },
    });
    assertEquals([got.data?.method, got.data?.path], ["GET", "/things/7?deep=true&tags=a&tags=b"]);
    assertEquals([got.response.url, got.error], [
      `${base}/things/7?deep=true&tags=a&tags=b`,
      undefined,
    ]);
    const put = await api.PUT("/things/{id}", { params: { path: { id: 7 } }, body: { name: "ä" } });
    assertEquals([put.data?.method, put.data?.body], ["PUT", '{"name":"ä"}']);
    assertEquals(put.data?.headers["content-length"], "13");
    const missing = await api.GET("/things/{id}", { params: { path: { id: 404 } } });
    assertEquals([missing.error, missing.response.status], [{ why: "no such thing" }, 404]);
    const gone = await api.DELETE("/things/{id}", { params: { path: { id: 7 } } });
    assertEquals([gone.response.status, gone.error], [204, undefined]);
    const stream = await api.GET("/things/{id}", {
      params: { path: { id: 7 } },
      parseAs: "stream",
    });
    assertInstanceOf(stream.data, ReadableStream);
    await stream.data.cancel();
  });
});

Deno.test("openapi-fetch's middleware changes requests and responses, and hears of errors", async () => {
  await withServer(things, async (fetch, base) => {
    const api = createClient<paths>({ baseUrl: base, fetch });
    const errors: unknown[] = [];
    const middleware: Middleware = {
      onRequest: ({ request }) => {
        request.headers.set("authorization", "Bearer abc");
        return request;
      },
      onResponse: ({ response }) => {
        const { body, ...rest } = response;
        return new Response(body ?? response.body, {
          ...rest,
          status: response.status,
          headers: { ...Object.fromEntries(response.headers), "x-own": "1" },
        });
      },
      onError: ({ error }) => void errors.push(error),
    };
    api.use(middleware);
    const { data, response } = await api.GET("/things/{id}", { params: { path: { id: 1 } } });
    assertEquals(data?.headers.authorization, "Bearer abc");
    assertEquals(response.headers.get("x-own"), "1");
    const controller = new AbortController();
    controller.abort();
    await assertRejects(() =>
      api.GET("/things/{id}", { params: { path: { id: 1 } }, signal: controller.signal })
    );
    assertEquals(errors, [controller.signal.reason]);
  });
});

Deno.test("ofetch sends, reads, retries and tells errors", async () => {
  await withServer(failingFirst(1), async (fetch, base) => {
    const $fetch = createFetch({ fetch, Headers, AbortController });
    const seen: Seen = await $fetch("/things", {
      baseURL: base,
      method: "PUT",
      query: { q: "a" },
      body: { name: "ä" },
      retry: 1,
      retryDelay: 1,
    });
    assertEquals([seen.method, seen.path, seen.body], ["PUT", "/things?q=a", '{"name":"ä"}']);
    const raw = await $fetch.raw(base, { responseType: "text" });
    assertEquals([raw.status, JSON.parse(raw._data!).method], [200, "GET"]);
  });
  await withServer(things, async (fetch, base) => {
    const $fetch = createFetch({ fetch, Headers, AbortController });
    const error = await assertRejects(() => $fetch(`${base}/things/404`), FetchError);
    assertEquals([error.status, error.data], [404, { why: "no such thing" }]);
  });
});
