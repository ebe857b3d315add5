import { assertEquals, assertStringIncludes } from "@std/assert";
import { LimitError, LocalProtocolError, RemoteProtocolError } from "../../src/errors.ts";
import type { ClientOptions, RequestOptions } from "../../src/http/options.ts";
import type { HttpResponse } from "../../src/http/response.ts";
import { failure, untilQuiet, withClient } from "../support/client.ts";
import { makeTestTls } from "../support/tls.ts";
import { answering, type RawRequest, RawServer, response } from "../support/raw_server.ts";

/** Redirects /from, answers everything else, and gives the requests that came. */
async function redirected(
  status: number,
  options: RequestOptions,
  location = "/to",
  client: ClientOptions = {},
): Promise<{ requests: RawRequest[]; answer: HttpResponse }> {
  const requests: RawRequest[] = [];
  await using server = await RawServer.start(answering((request) => {
    requests.push(request);
    return request.target.startsWith("/from")
      ? response("moved", `Location: ${location}\r\n`, `${status} Moved`)
      : response(request.method === "HEAD" ? "" : "there");
  }));
  let answer!: HttpResponse;
  await withClient(client, async (client) => {
    answer = await client.request(server.url("/from"), options);
    await answer.discard();
  });
  return { requests, answer };
}

const METHODS: [method: string, status: number, next: string, keepsBody: boolean][] = [
  ["GET", 301, "GET", false],
  ["GET", 302, "GET", false],
  ["GET", 303, "GET", false],
  ["GET", 307, "GET", false],
  ["GET", 308, "GET", false],
  ["HEAD", 301, "HEAD", false],
  ["HEAD", 303, "HEAD", false],
  ["HEAD", 307, "HEAD", false],
  ["POST", 301, "GET", false],
  ["POST", 302, "GET", false],
  ["POST", 303, "GET", false],
  ["POST", 307, "POST", true],
  ["POST", 308, "POST", true],
  ["PUT", 301, "PUT", true],
  ["PUT", 302, "PUT", true],
  ["PUT", 303, "GET", false],
  ["PUT", 307, "PUT", true],
  ["DELETE", 302, "DELETE", true],
  ["DELETE", 303, "GET", false],
];

for (const [method, status, next, keepsBody] of METHODS) {
  Deno.test(`${method} after ${status} becomes ${next}${keepsBody ? " with its body" : ""}`, async () => {
    const body = method === "GET" || method === "HEAD" ? undefined : "payload";
    const headers = { "X-Own": "1", "Content-Language": "en" };
    const { requests, answer } = await redirected(status, { method, body, headers });
    assertEquals(requests.map((each) => `${each.method} ${each.target}`), [
      `${method} /from`,
      `${next} /to`,
    ]);
    const second = requests[1];
    assertEquals(second.body, keepsBody ? "payload" : "");
    assertEquals(
      second.headers["content-type"],
      keepsBody ? requests[0].headers["content-type"] : undefined,
    );
    assertEquals(second.headers["content-language"], body && !keepsBody ? undefined : "en");
    assertEquals(second.headers["x-own"], "1");
    assertEquals([answer.redirected, answer.redirectCount, answer.status], [true, 1, 200]);
    assertEquals(new URL(answer.url).pathname, "/to");
  });
}

Deno.test("other statuses, and those without a Location, are answers", async () => {
  for (const status of [200, 300, 304, 305, 306, 404]) {
    const { answer } = await redirected(status, {});
    assertEquals([answer.status, answer.redirected], [status, false]);
  }
  await using server = await RawServer.start(answering(() => response("", "", "302 Found")));
  await withClient(
    {},
    async (client) => assertEquals((await client.get(server.url())).status, 302),
  );
});

Deno.test("a redirect can be left to the caller, or be an error", async () => {
  const { requests, answer } = await redirected(302, { redirect: "manual" });
  assertEquals([requests.length, answer.status, answer.headers.get("location")], [1, 302, "/to"]);
  await failure(redirected(302, { redirect: "error" }), LocalProtocolError);
});

Deno.test("a Location is taken relative to the URL that was asked for", async () => {
  const cases: [string, string][] = [
    ["to", "/to"],
    ["?q", "/from?q"],
    ["./a/../b", "/b"],
    ["/x#y", "/x"],
    ["//127.0.0.1:PORT/z", "/z"],
  ];
  for (const [location, target] of cases) {
    const targets: string[] = [];
    await using server: RawServer = await RawServer.start(answering((request) => {
      targets.push(request.target);
      if (targets.length > 1) return response("");
      return response(
        "",
        `Location: ${location.replace("PORT", String(server.port))}\r\n`,
        "302 Found",
      );
    }));
    await withClient({}, async (client) => void await client.get(server.url("/from")));
    assertEquals(targets, ["/from", target]);
  }
});

Deno.test("a fragment is inherited unless the Location has its own", async () => {
  await using server = await RawServer.start(
    answering((request) =>
      request.target === "/to"
        ? response("")
        : response("", `Location: ${request.target.slice(1)}\r\n`, "302 Found")
    ),
  );
  await withClient({}, async (client) => {
    assertEquals(new URL((await client.get(server.url("/to#a"))).url).hash, "#a");
  });
  assertEquals(new URL((await redirected(302, {}, "/to#b")).answer.url).hash, "#b");
});

Deno.test("redirects are followed up to maxRedirects", async () => {
  let count = 0;
  await using server = await RawServer.start(
    answering(() => response("", `Location: /${++count}\r\n`, "302 Found")),
  );
  await withClient({ maxRedirects: 5 }, async (client) => {
    assertEquals((await failure(client.get(server.url()), LimitError)).limit, "maxRedirects");
    assertEquals(count, 6);
    await failure(client.get(server.url(), { maxRedirects: 0 }), LimitError);
    assertEquals(count, 7);
  });
});

Deno.test("credentials do not follow to another origin, and do not come back", async () => {
  const seen: string[] = [];
  const note = (request: RawRequest) => {
    const { authorization, cookie, host } = request.headers;
    const proxy = request.headers["proxy-authorization"];
    seen.push(
      [request.target, authorization, cookie, proxy, request.headers["x-own"], host].join(" "),
    );
  };
  await using second: RawServer = await RawServer.start(answering((request) => {
    note(request);
    return response("", `Location: ${first.url("/3")}\r\n`, "307 Moved");
  }));
  await using first: RawServer = await RawServer.start(answering((request) => {
    note(request);
    if (request.target === "/0") return response("", "Location: /1\r\n", "307 Moved");
    if (request.target === "/1") {
      return response("", `Location: ${second.url("/2")}\r\n`, "307 Moved");
    }
    return response("");
  }));
  const secrets = { Authorization: "a", Cookie: "c", "Proxy-Authorization": "p" };
  const own = `127.0.0.1:${first.port}`;
  const other = `127.0.0.1:${second.port}`;
  const expected = [
    `/0 a c p x ${own}`,
    `/1 a c p x ${own}`,
    `/2    x ${other}`,
    `/3    x ${own}`,
  ];
  await withClient({}, async (client) => {
    await client.get(first.url("/0"), { headers: { ...secrets, "X-Own": "x" } });
  });
  assertEquals(seen.splice(0), expected);
  // Those that a client sends with every request must not leak either.
  await withClient({ headers: { ...secrets, "X-Own": "x" } }, async (client) => {
    await client.get(first.url("/0"));
  });
  assertEquals(seen, expected);
});

Deno.test("a body that was a stream is not sent twice; one that a function makes is", async () => {
  const stream = () => ReadableStream.from([new Uint8Array([65])]);
  for (const status of [307, 308]) {
    await failure(redirected(status, { method: "POST", body: stream() }), LocalProtocolError);
    const { requests } = await redirected(status, { method: "POST", body: stream });
    assertEquals(requests.map((each) => each.body), ["A", "A"]);
  }
  const { requests } = await redirected(303, { method: "POST", body: stream() });
  assertEquals(requests[1].method, "GET");
});

Deno.test("a form that a function makes keeps its boundary when sent again", async () => {
  const form = () => {
    const form = new FormData();
    form.set("a", "1");
    return form;
  };
  const { requests } = await redirected(307, { method: "POST", body: form });
  for (const request of requests) {
    const boundary = request.headers["content-type"].split("boundary=")[1];
    assertEquals(request.body.startsWith(`--${boundary}\r\n`), true);
  }
});

Deno.test("Location that is no HTTP URL, or holds credentials, is the server's fault", async () => {
  for (const location of ["ftp://a/", "http://", "javascript:1", "http://u:p@127.0.0.1/"]) {
    await failure(redirected(302, {}, location), RemoteProtocolError);
  }
});

Deno.test("a redirect from https to http is refused unless it is allowed, for all or for one", async () => {
  const tls = await makeTestTls();
  await using plain = await RawServer.start(answering(() => response("in the open")));
  await using safe = await RawServer.start(
    answering(() => response("", `Location: ${plain.url()}\r\n`, "302 Found")),
    tls.server,
  );
  const options = { tls: { caCerts: [tls.ca] } };
  await withClient(options, async (client) => {
    await failure(client.get(safe.url()), RemoteProtocolError);
    assertEquals(plain.peers.length, 0);
    const answer = await client.get(safe.url(), { allowInsecureRedirect: true });
    assertEquals(await answer.text(), "in the open");
  });
  await withClient({ ...options, allowInsecureRedirect: true }, async (client) => {
    assertEquals(await (await client.get(safe.url())).text(), "in the open");
    await failure(client.get(safe.url(), { allowInsecureRedirect: false }), RemoteProtocolError);
  });
});

Deno.test("Connection: close goes with every request of a chain that asks for it", async () => {
  const { requests } = await redirected(302, { close: true });
  assertEquals(requests.map((each) => each.headers["connection"]), ["close", "close"]);
});

Deno.test("a loop is told as one", async () => {
  await using server = await RawServer.start(
    answering(({ target }) =>
      response("", `Location: ${target === "/a" ? "/b" : "/a"}\r\n`, "302 Found")
    ),
  );
  await withClient({ maxRedirects: 4 }, async (client) => {
    const loop = await failure(client.get(server.url("/a")), LimitError);
    assertEquals([loop.limit, /in a loop/.test(loop.message)], ["maxRedirects", true]);
  });
});

Deno.test("a Location that is said twice is followed once, and several that differ are refused", async () => {
  await using server = await RawServer.start(
    answering(({ target }) => {
      if (target === "/to,%20/to" || target === "/to") return response(target);
      const second = target === "/same" ? "/to" : "/elsewhere";
      return response("moved", `Location: /to\r\nLocation: ${second}\r\n`, "302 Found");
    }),
  );
  await withClient({}, async (client) => {
    const response = await client.get(server.url("/same"));
    assertEquals([response.url, await response.text()], [server.url("/to"), "/to"]);
    const error = await failure(client.get(server.url("/two")), RemoteProtocolError);
    assertStringIncludes(error.message, `Location is "/to" and "/elsewhere"`);
    await untilQuiet(client);
    assertEquals(client.stats().idle, 1);
  });
});

Deno.test("a Location beyond ASCII is taken as UTF-8, and as it stands where it is none", async () => {
  const locations: Record<string, string> = { "/utf8": "/\xc3\xa9", "/latin1": "/\xe9" };
  await using server = await RawServer.start(
    answering(({ target }) =>
      target in locations
        ? response("", `Location: ${locations[target]}\r\n`, "302 Found")
        : response(target)
    ),
  );
  await withClient({}, async (client) => {
    for (const path of Object.keys(locations)) {
      assertEquals(await (await client.get(server.url(path))).text(), "/%C3%A9");
    }
  });
});

Deno.test("a redirect that is not followed tells that the request had left", async () => {
  await using server = await RawServer.start(
    answering(({ target }) => response("", `Location: ${target.slice(1)}\r\n`, "302 Found")),
  );
  await withClient({}, async (client) => {
    for (const location of ["ftp://a/", "http://u:p@a/"]) {
      const error = await failure(client.get(server.url(`/${location}`)), RemoteProtocolError);
      assertEquals(error.sent, "all");
    }
    const wish = client.get(server.url("/x"), { redirect: "error" });
    assertEquals((await failure(wish, LocalProtocolError)).sent, "all");
  });
});
