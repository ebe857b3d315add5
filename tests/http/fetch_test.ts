import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { BrokenError } from "../../src/errors.ts";
import { Client } from "../../src/http/client.ts";

type Handler = (request: Request) => Response | Promise<Response>;

/** A server of the platform's and a client, both ended with the test. */
async function withServer(
  handler: Handler,
  test: (fetch: Client["fetch"], base: string, client: Client) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  const client = new Client();
  try {
    await test(client.fetch, `http://127.0.0.1:${server.addr.port}`, client);
  } finally {
    await client.closeAll();
    await server.shutdown();
  }
}

const echo: Handler = async (request) =>
  Response.json({
    method: request.method,
    type: request.headers.get("content-type"),
    own: request.headers.get("x-own"),
    body: await request.text(),
  });

Deno.test("fetch needs no binding and gives a Response with url and redirected", async () => {
  await withServer(
    (request) =>
      request.url.endsWith("/old")
        ? new Response(null, { status: 302, headers: { location: "/new" } })
        : new Response("new"),
    async (fetch, base) => {
      const response = await fetch(`${base}/old#part`);
      assertInstanceOf(response, Response);
      assertEquals([response.url, response.redirected, response.ok], [`${base}/new`, true, true]);
      assertEquals(await response.text(), "new");
    },
  );
});

Deno.test("fetch sends what a Request holds, and what init says over it", async () => {
  await withServer(echo, async (fetch, base) => {
    const request = new Request(base, {
      method: "POST",
      body: "from the request",
      headers: { "x-own": "1" },
    });
    const told = await (await fetch(request)).json();
    assertEquals(told, {
      method: "POST",
      type: "text/plain;charset=UTF-8",
      own: "1",
      body: "from the request",
    });
    const over = await (await fetch(base, { method: "put", body: new URLSearchParams("a=b") }))
      .json();
    assertEquals([over.method, over.body], ["PUT", "a=b"]);
  });
});

Deno.test("fetch sends forms with the boundary that their type names", async () => {
  await withServer(
    async (request) => Response.json([...(await request.formData()).entries()]),
    async (fetch, base) => {
      const form = new FormData();
      form.set("name", "value");
      assertEquals(await (await fetch(base, { method: "POST", body: form })).json(), [
        ["name", "value"],
      ]);
    },
  );
});

Deno.test("fetch does with redirects what the mode says", async () => {
  const handler: Handler = () => new Response("", { status: 301, headers: { location: "/" } });
  await withServer(handler, async (fetch, base) => {
    const response = await fetch(base, { redirect: "manual" });
    assertEquals([response.status, response.headers.get("location")], [301, "/"]);
    await response.body?.cancel();
    await assertRejects(() => fetch(base, { redirect: "error" }), TypeError);
    await assertRejects(() => fetch(base), TypeError, "redirects");
  });
});

Deno.test("fetch rejects with the signal's reason, before the head and in the body", async () => {
  const stalled: Handler = () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("begun")),
      }),
    );
  await withServer(stalled, async (fetch, base) => {
    const reason = new Error("no longer wanted");
    await assertRejects(
      () => fetch(base, { signal: AbortSignal.abort(reason) }),
      Error,
      reason.message,
    );
    const controller = new AbortController();
    const response = await fetch(base, { signal: controller.signal });
    const text = response.text();
    controller.abort(reason);
    await assertRejects(() => text, Error, reason.message);
  });
});

Deno.test("a network error is a TypeError that keeps lasa's own as its cause", async () => {
  const client = new Client({ maxRetries: 0 });
  const error = await assertRejects(() => client.fetch("http://127.0.0.1:1/"), TypeError);
  assertInstanceOf(error.cause, BrokenError);
  await client.closeAll();
});

Deno.test("HEAD and the null body statuses have no body", async () => {
  const handler: Handler = () => new Response(null, { status: 204 });
  await withServer(handler, async (fetch, base, client) => {
    assertEquals((await fetch(base)).body, null);
    assertEquals((await fetch(base, { method: "HEAD" })).body, null);
    assertEquals(client.stats().inFlight, 0);
  });
});

Deno.test("what has nothing to do with HTTP is left to the platform", async () => {
  const client = new Client();
  assertEquals(await (await client.fetch("data:text/plain,hello")).text(), "hello");
  await client.closeAll();
});

Deno.test("extend keeps the options and puts others over them", async () => {
  await withServer(echo, async (_fetch, base, client) => {
    const named = client.extend({ headers: { "x-own": "named" } });
    const patient = named.extend({ timeouts: { headers: 60_000 } });
    assertEquals((await (await patient.fetch(base)).json()).own, "named");
    assert(patient !== client);
    await named.closeAll();
    await patient.closeAll();
  });
});
