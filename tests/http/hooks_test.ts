import { assertEquals, assertStrictEquals } from "@std/assert";
import { BrokenError } from "../../src/errors.ts";
import type { RetryEvent } from "../../src/http/hooks.ts";
import { current, spawn, wait } from "../../src/thread/mod.ts";
import { failure, NOTHING_LEFT, untilQuiet, withClient } from "../support/client.ts";
import { answering, type RawRequest, RawServer, response } from "../support/raw_server.ts";

Deno.test("beforeRequest sees every request of a chain, and what it sets is sent", async () => {
  const requests: RawRequest[] = [];
  await using server = await RawServer.start(answering((request) => {
    requests.push(request);
    return request.target === "/from"
      ? response("", "Location: /to\r\n", "302 Found")
      : response("there");
  }));
  const seen: unknown[] = [];
  const hooks = {
    beforeRequest(
      request: { method: string; url: string; headers: Headers; redirectCount: number },
    ) {
      seen.push([request.method, new URL(request.url).pathname, request.redirectCount]);
      request.headers.set("X-Token", `t${request.redirectCount}`);
      request.headers.delete("X-Drop");
      request.headers.set("User-Agent", "mine");
    },
  };
  await withClient({ hooks }, async (client) => {
    const answer = await client.get(server.url("/from"), {
      headers: { "X-Drop": "1", "X-Own": "2" },
    });
    await answer.discard();
    assertEquals(seen, [["GET", "/from", 0], ["GET", "/to", 1]]);
    assertEquals(requests.map((each) => each.headers["x-token"]), ["t0", "t1"]);
    assertEquals(requests.map((each) => each.headers["x-own"]), ["2", "2"]);
    assertEquals(requests.map((each) => each.headers["user-agent"]), ["mine", "mine"]);
    assertEquals(requests.map((each) => "x-drop" in each.headers), [false, false]);
    // A request without any options of its own goes through it too.
    await (await client.get(server.url("/plain"))).discard();
    assertEquals(requests[2].headers["x-token"], "t0");
  });
});

Deno.test("afterResponse sees every answer before the caller does", async () => {
  await using server = await RawServer.start(
    answering(({ target }) =>
      target === "/from" ? response("", "Location: /to\r\n", "302 Found") : response("there")
    ),
  );
  const seen: number[] = [];
  const hooks = { afterResponse: (each: { status: number }) => void seen.push(each.status) };
  await withClient({ hooks }, async (client) => {
    assertEquals(await (await client.get(server.url("/from"))).text(), "there");
    assertEquals(seen, [302, 200]);
  });
});

Deno.test("what a hook throws ends the request, and nothing is left behind", async () => {
  await using server = await RawServer.start(
    answering(({ target }) =>
      target === "/from"
        ? response("", "Location: /to\r\n", "302 Found")
        : target === "/busy"
        ? response("", "Retry-After: 0\r\n", "503 Busy")
        : response("x".repeat(500_000))
    ),
  );
  const mine = new Error("mine");
  const fail = () => {
    throw mine;
  };
  const table = [
    ["/", { beforeRequest: fail }],
    ["/", { afterResponse: fail }],
    ["/busy", { beforeRetry: fail }],
    ["/from", { beforeRedirect: fail }],
  ] as const;
  for (const [path, hooks] of table) {
    await withClient({ hooks }, async (client) => {
      let thrown: unknown;
      await client.get(server.url(path)).catch((error) => thrown = error);
      assertStrictEquals(thrown, mine);
      await untilQuiet(client);
    });
  }
});

Deno.test("beforeRedirect may leave a redirect to the caller", async () => {
  await using server = await RawServer.start(
    answering(({ target }) => response("here", `Location: ${target}x\r\n`, "302 Found")),
  );
  const hooks = {
    beforeRedirect: (each: { redirectCount: number; url: string }) =>
      each.redirectCount <= 2 && each.url.length < 1_000,
  };
  await withClient({ hooks }, async (client) => {
    const answer = await client.get(server.url("/a"));
    assertEquals([answer.status, await answer.text(), answer.redirectCount], [302, "here", 2]);
    assertEquals(answer.redirects, [
      { status: 302, url: server.url("/a"), location: "/ax" },
      { status: 302, url: server.url("/ax"), location: "/axx" },
    ]);
  });
});

Deno.test("beforeRetry is told of faults and of answers, in the caller's thread, and may refuse", async () => {
  let arrived = 0;
  await using server = await RawServer.start(async (peer) => {
    for (let next = await peer.request(); next !== null; next = await peer.request()) {
      arrived++;
      if (next.target === "/dies") return peer.reset();
      await peer.send(response("", "Retry-After: 0\r\n", "503 Busy"));
    }
  });
  const seen: [number, string, string | undefined][] = [];
  const hooks = {
    beforeRetry(event: RetryEvent) {
      const what = event.error?.constructor.name ?? String(event.response?.status);
      seen.push([event.attempt, what, current()?.name]);
      return event.attempt < 3;
    },
  };
  await withClient({ hooks, maxRetries: 9, retry: { backoffMs: 1 } }, async (client) => {
    const thread = spawn(async () => {
      const error = await failure(client.get(server.url("/dies")), BrokenError);
      assertEquals([error.sent, client.stats()], ["all", NOTHING_LEFT]);
      const answer = await client.get(server.url("/busy"));
      assertEquals([answer.status, answer.retryCount], [503, 2]);
    });
    const result = await wait(thread);
    if (!result.ok) throw result.error;
    const name = thread.name;
    assertEquals(seen, [
      [1, "BrokenError", name],
      [2, "BrokenError", name],
      [3, "BrokenError", name],
      [1, "503", name],
      [2, "503", name],
      [3, "503", name],
    ]);
    assertEquals(arrived, 6);
  });
});

Deno.test("an extended client has the hooks of both, its own first where they collide", async () => {
  await using server = await RawServer.start(answering(() => response("ok")));
  const seen: string[] = [];
  const base = {
    beforeRequest: () => void seen.push("base"),
    afterResponse: () => void seen.push("after"),
  };
  await withClient({ hooks: base }, async (client) => {
    const extended = client.extend({ hooks: { beforeRequest: () => void seen.push("own") } });
    await (await extended.get(server.url())).discard();
    await extended.closeAll();
    assertEquals(seen, ["own", "after"]);
  });
});
