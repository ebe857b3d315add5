import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { LimitError, LocalProtocolError, RemoteProtocolError } from "../../src/errors.ts";
import { redirecting, redirectTo, type Seen, withServer } from "../support/fetch.ts";

Deno.test("fetch follows redirects and tells the last URL, without any fragment", async () => {
  await withServer(redirecting, async (fetch, base) => {
    for (const [to, from, url] of [["/new", "#own", "/new"], ["/new#theirs", "#own", "/new"]]) {
      const response = await fetch(base + redirectTo(to) + from);
      assertEquals([response.url, response.redirected, response.status], [base + url, true, 200]);
      await response.body?.cancel();
    }
    const direct = await fetch(`${base}/new#own`);
    assertEquals([direct.url, direct.redirected], [`${base}/new`, false]);
    await direct.body?.cancel();
  });
});

Deno.test("what fetch asks for after a redirect is what the status says", async () => {
  // Fetch, HTTP-redirect fetch, step 12: method after each status.
  const rows: [status: number, method: string, then: string, keepsBody: boolean][] = [
    [301, "POST", "GET", false],
    [302, "POST", "GET", false],
    [303, "POST", "GET", false],
    [307, "POST", "POST", true],
    [308, "POST", "POST", true],
    [301, "PUT", "PUT", true],
    [302, "DELETE", "DELETE", true],
    [303, "PUT", "GET", false],
    [303, "DELETE", "GET", false],
  ];
  await withServer(redirecting, async (fetch, base) => {
    for (const [status, method, then, keepsBody] of rows) {
      const from = base + redirectTo("/new", status);
      const seen: Seen = await (await fetch(from, { method, body: "abc" })).json();
      const type = keepsBody ? "text/plain;charset=UTF-8" : undefined;
      assertEquals(
        [status, method, seen.method, seen.body, seen.headers["content-type"]],
        [status, method, then, keepsBody ? "abc" : "", type],
      );
    }
    for (const status of [301, 302, 303, 307, 308]) {
      const response = await fetch(base + redirectTo("/new", status), { method: "HEAD" });
      assertEquals([response.status, response.redirected, response.body], [200, true, null]);
    }
  });
});

Deno.test("every kind of body that is at hand is sent again after 307", async () => {
  const form = new FormData();
  form.set("name", "value");
  await withServer(redirecting, async (fetch, base) => {
    const from = base + redirectTo("/new", 307);
    const bodies: BodyInit[] = [
      "abc",
      new TextEncoder().encode("abc"),
      new TextEncoder().encode("abc").buffer,
      new DataView(new TextEncoder().encode("abc").buffer),
      new Blob(["abc"]),
    ];
    for (const body of bodies) {
      const seen: Seen = await (await fetch(from, { method: "POST", body })).json();
      assertEquals([seen.method, seen.body, seen.headers["content-length"]], ["POST", "abc", "3"]);
      const request = new Request(from, { method: "POST", body });
      assertEquals((await (await fetch(request)).json()).body, "abc");
    }
    const seen: Seen = await (await fetch(from, { method: "POST", body: form })).json();
    const boundary = seen.headers["content-type"].split("boundary=")[1];
    assertEquals(seen.body.startsWith(`--${boundary}\r\n`), true);
  });
});

Deno.test("a stream cannot be sent again after 307, but 303 needs none", async () => {
  await withServer(redirecting, async (fetch, base) => {
    const post = (status: number) =>
      fetch(base + redirectTo("/new", status), {
        method: "POST",
        body: new Blob(["abc"]).stream(),
        duplex: "half",
      } as RequestInit);
    for (const status of [307, 308]) await assertRejects(() => post(status), TypeError, "stream");
    assertEquals((await (await post(303)).json()).method, "GET");
  });
});

Deno.test("with redirect: manual the redirect is given out as it is", async () => {
  await withServer(redirecting, async (fetch, base) => {
    for (const status of [301, 302, 303, 307, 308]) {
      const from = base + redirectTo("/new", status);
      const response = await fetch(from, { redirect: "manual" });
      assertEquals(
        [response.status, response.type, response.url, response.redirected, response.ok],
        [status, "basic", from, false, false],
      );
      assertEquals([response.headers.get("location"), await response.text()], [
        "/new",
        "elsewhere",
      ]);
    }
  });
});

Deno.test("with redirect: error every redirect is one, be it without a Location", async () => {
  await withServer(redirecting, async (fetch, base) => {
    for (const path of [redirectTo("/new"), "/redirect/302"]) {
      const error = await assertRejects(
        () => fetch(base + path, { redirect: "error" }),
        TypeError,
        "redirect",
      );
      assertInstanceOf(error.cause, LocalProtocolError);
    }
    const response = await fetch(`${base}/new`, { redirect: "error" });
    assertEquals(response.status, 200);
    await response.body?.cancel();
  });
});

Deno.test("a redirect without a Location, and 300 and 304, are answers", async () => {
  await withServer(redirecting, async (fetch, base) => {
    for (const status of [302, 307]) {
      const response = await fetch(`${base}/redirect/${status}`);
      assertEquals([response.status, response.redirected], [status, false]);
      await response.body?.cancel();
    }
    const response = await fetch(base + redirectTo("/new", 300));
    assertEquals([response.status, response.redirected], [300, false]);
    await response.body?.cancel();
  });
});

Deno.test("twenty redirects are followed, not one more", async () => {
  const handler = (request: Request) => {
    const left = Number(new URL(request.url).pathname.slice(1));
    if (left === 0) return new Response("there");
    return new Response(null, { status: 302, headers: { location: `/${left - 1}` } });
  };
  await withServer(handler, async (fetch, base) => {
    assertEquals(await (await fetch(`${base}/20`)).text(), "there");
    const error = await assertRejects(() => fetch(`${base}/21`), TypeError, "20 redirects");
    assertInstanceOf(error.cause, LimitError);
  });
});

Deno.test("a redirect to what is not HTTP, or no URL, is a network error", async () => {
  await withServer(redirecting, async (fetch, base) => {
    for (const to of ["data:text/plain,hello", "file:///etc/hosts", "foo:bar", "http://"]) {
      const error = await assertRejects(() => fetch(base + redirectTo(to)), TypeError);
      assertInstanceOf(error.cause, RemoteProtocolError, to);
    }
  });
});

Deno.test("Authorization and Cookie stay with the origin that they were meant for", async () => {
  const headers = { authorization: "Bearer abc", cookie: "a=b", "x-own": "1" };
  const given = (seen: Seen) =>
    ["authorization", "cookie", "x-own"].map((name) => seen.headers[name]);
  await withServer(redirecting, (_, elsewhere) =>
    withServer(redirecting, async (fetch, base) => {
      const same: Seen = await (await fetch(base + redirectTo("/new"), { headers })).json();
      assertEquals(given(same), ["Bearer abc", "a=b", "1"]);
      const other: Seen = await (await fetch(base + redirectTo(`${elsewhere}/x`), { headers }))
        .json();
      assertEquals(given(other), [undefined, undefined, "1"]);
      // Nor do they come back by way of another origin.
      const back = base + redirectTo(elsewhere + redirectTo(`${base}/new`));
      assertEquals(given(await (await fetch(back, { headers })).json()), [
        undefined,
        undefined,
        "1",
      ]);
    }));
});
