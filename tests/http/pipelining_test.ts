import { assertEquals } from "@std/assert";
import { AbortedError, BrokenError, RemoteProtocolError } from "../../src/errors.ts";
import type { Client } from "../../src/http/client.ts";
import type { RequestOptions } from "../../src/http/options.ts";
import { failure, untilQuiet, withClient } from "../support/client.ts";
import { turns } from "../support/clock.ts";
import { winTrust } from "../support/pipelining.ts";
import {
  answering,
  type RawPeer,
  type RawRequest,
  type RawScript,
  RawServer,
  response,
} from "../support/raw_server.ts";

/** What a request asked for, as the answer that only it may get. */
function echo(request: RawRequest): string {
  return response(`${request.method} ${request.target}`);
}

/** Runs a script for a connection that has answered one request and then two, so that pipelining is trusted. */
function trusted(script: RawScript): RawScript {
  return async (peer: RawPeer) => {
    if (peer.index === 0) {
      await peer.send(echo((await peer.request())!));
      await peer.send((await peer.requests(2)).map(echo).join(""));
    }
    await script(peer);
  };
}

async function get(client: Client, url: string, options?: RequestOptions): Promise<string> {
  return await (await client.request(url, options)).text();
}

/** Has the client's trust won, then asks for several numbered pages at once. */
async function askAll(client: Client, server: RawServer, count: number): Promise<string[]> {
  await winTrust(client, server.url("/first"));
  return await Promise.all(
    Array.from({ length: count }, (_, n) => get(client, server.url(`/${n}`))),
  );
}

/** The answers that {@linkcode askAll} must give. */
function pages(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `GET /${n}`);
}

Deno.test("a target is not sent pipelined requests before it has answered one", async () => {
  let untaken = "";
  await using server = await RawServer.start(async (peer) => {
    const first = await peer.request();
    await turns(20);
    untaken = peer.untaken;
    await peer.send(echo(first!));
    const others = await peer.requests(3);
    await peer.send(others.map(echo).join(""));
    await peer.ended();
  });
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    const all = await Promise.all([0, 1, 2, 3].map((n) => get(client, server.url(`/${n}`))));
    assertEquals(all, pages(4));
    assertEquals([untaken, server.peers.length], ["", 1]);
  });
});

Deno.test("requests behind one another leave in one write and get their answers in order", async () => {
  await using server = await RawServer.start(trusted(async (peer) => {
    const requests = await peer.requests(11);
    await peer.sendBytewise(requests.map(echo).join(""));
    await peer.ended();
  }));
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    assertEquals(await askAll(client, server, 11), pages(11));
  });
});

Deno.test("at most maxPipelinedRequests wait behind the one being answered", async () => {
  for (const most of [0, 1, 3]) {
    const waiting: number[] = [];
    await using server = await RawServer.start(async (peer) => {
      for (let next = await peer.request(); next !== null; next = await peer.request()) {
        await turns(5);
        waiting.push(peer.untaken.split("\r\n\r\n").length - 1);
        await peer.send(echo(next));
      }
      peer.end();
    });
    await withClient({ maxConnPerTarget: 1, maxPipelinedRequests: most }, async (client) => {
      assertEquals(await askAll(client, server, 12), pages(12));
    });
    assertEquals(Math.max(...waiting), most);
  }
});

Deno.test("POST is never behind another request and nothing is ever behind it", async () => {
  const seen: string[] = [];
  await using server = await RawServer.start(async (peer) => {
    for (let next = await peer.request(); next !== null; next = await peer.request()) {
      await turns(5);
      const behind = peer.untaken === "" ? "" : " +";
      seen.push(`${next.method} ${next.target}${behind}`);
      await peer.send(echo(next));
    }
    peer.end();
  });
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await winTrust(client, server.url("/first"));
    const method = ["GET", "GET", "POST", "GET", "GET", "PUT", "POST", "GET"];
    const all = await Promise.all(
      method.map((method, n) => get(client, server.url(`/${n}`), { method })),
    );
    assertEquals(all, method.map((method, n) => `${method} /${n}`));
  });
  assertEquals(seen.slice(3), [
    "GET /0 +",
    "GET /1",
    "POST /2",
    "GET /3 +",
    "GET /4",
    "PUT /5",
    "POST /6",
    "GET /7",
  ]);
});

Deno.test("pipeline: false keeps a GET alone, idempotent: true lets a POST join in", async () => {
  const seen: string[] = [];
  await using server = await RawServer.start(async (peer) => {
    for (let next = await peer.request(); next !== null; next = await peer.request()) {
      await turns(5);
      seen.push(`${next.target}${peer.untaken === "" ? "" : " +"}`);
      await peer.send(echo(next));
    }
    peer.end();
  });
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await winTrust(client, server.url("/first"));
    await Promise.all([
      get(client, server.url("/0"), { pipeline: false }),
      get(client, server.url("/1"), { method: "POST", body: "b", idempotent: true }),
      get(client, server.url("/2"), { method: "POST", body: "b", idempotent: true }),
      get(client, server.url("/3")),
    ]);
  });
  assertEquals(seen.slice(3), ["/0", "/1 +", "/2 +", "/3"]);
});

for (const way of ["end", "reset"] as const) {
  Deno.test(`a connection that dies in mid-pipeline (${way}): every GET gets its own answer elsewhere`, async () => {
    await using server = await RawServer.start(trusted(async (peer) => {
      if (peer.index > 0) return await answering(echo)(peer);
      const requests = await peer.requests(5);
      await peer.send(requests.slice(0, 2).map(echo).join(""));
      await turns(3);
      peer[way]();
    }));
    await withClient({ maxConnPerTarget: 1 }, async (client) => {
      assertEquals(await askAll(client, server, 20), pages(20));
      // Only the front was perhaps at fault; for the others it is no retry.
      assertEquals([server.peers.length, client.totals().retries], [2, 1]);
    });
  });
}

Deno.test("those that are sent again come before those that wait, in their order", async () => {
  const seen: string[] = [];
  await using server = await RawServer.start(trusted(async (peer) => {
    if (peer.index > 0) {
      return await answering((request) => {
        seen.push(request.target);
        return echo(request);
      })(peer);
    }
    await peer.requests(4);
    peer.end();
  }));
  await withClient({ maxConnPerTarget: 1, maxPipelinedRequests: 3 }, async (client) => {
    assertEquals(await askAll(client, server, 8), pages(8));
  });
  assertEquals(seen, ["/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7"]);
});

Deno.test("Connection: close in mid-pipeline: those behind are asked for again, and not as a retry", async () => {
  await using server = await RawServer.start(trusted(async (peer) => {
    const request = await peer.request();
    await turns(3);
    // What stands behind the close must not be taken for an answer (RFC 9112 §9.6).
    await peer.send(
      response(`GET ${request!.target}`, "Connection: close\r\n") + response("lie"),
    );
    peer.end();
  }));
  await withClient({ maxConnPerTarget: 1, maxRetries: 0 }, async (client) => {
    assertEquals(await askAll(client, server, 4), pages(4));
    assertEquals([client.totals().retries, server.peers.length], [0, 4]);
  });
});

Deno.test("POST on a connection that dies fails and says how much was sent", async () => {
  for (const way of ["end", "reset"] as const) {
    await using server = await RawServer.start(async (peer) => {
      await peer.request();
      peer[way]();
    });
    await withClient({}, async (client) => {
      const error = await failure(client.post(server.url(), { body: "x" }), BrokenError);
      assertEquals(error.sent, "all");
      assertEquals(error.code, way === "end" ? "closed" : "connection reset by peer");
      assertEquals(server.peers.length, 1);
    });
  }
});

Deno.test("garbage: the front fails, those behind it are sent again elsewhere", async () => {
  await using server = await RawServer.start(trusted(async (peer) => {
    if (peer.index > 0) return await answering(echo)(peer);
    await peer.requests(4);
    await peer.send("SSH-2.0-OpenSSH_9.2\r\n");
    await peer.ended();
  }));
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await winTrust(client, server.url("/first"));
    const results = await Promise.allSettled(
      [0, 1, 2, 3].map((n) => get(client, server.url(`/${n}`))),
    );
    const [front, ...others] = results;
    assertEquals(front.status, "rejected");
    const reason = (front as PromiseRejectedResult).reason;
    assertEquals([reason instanceof RemoteProtocolError, reason.sent], [true, "all"]);
    assertEquals(
      others.map((each) => each.status === "fulfilled" && each.value),
      pages(4).slice(1),
    );
  });
});

Deno.test("aborting one of a pipeline drains its answer and sends no neighbour again", async () => {
  const seen: string[] = [];
  const go = Promise.withResolvers<void>();
  await using server = await RawServer.start(trusted(async (peer) => {
    const requests = await peer.requests(4);
    await go.promise;
    seen.push(...requests.map((each) => each.target));
    await peer.send(requests.map(echo).join(""));
    await answering((request) => {
      seen.push(request.target);
      return echo(request);
    })(peer);
  }));
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await winTrust(client, server.url("/first"));
    const abort = [new AbortController(), new AbortController()];
    const all = [0, 1, 2, 3].map((n) =>
      get(client, server.url(`/${n}`), { signal: abort[n]?.signal }).catch((error) => error)
    );
    await server.peers[0].until("/3");
    for (const each of abort) each.abort();
    assertEquals(client.stats().inFlight, 4);
    go.resolve();
    const [a, b, ...others] = await Promise.all(all);
    assertEquals([a, b].map((each) => [each instanceof AbortedError, each.sent]), [[true, "all"], [
      true,
      "all",
    ]]);
    assertEquals(others, ["GET /2", "GET /3"]);
    await untilQuiet(client);
    assertEquals(await get(client, server.url("/4")), "GET /4");
    assertEquals([seen, server.peers.length], [["/0", "/1", "/2", "/3", "/4"], 1]);
  });
});

Deno.test("aborting all of a pipeline closes its connection", async () => {
  await using server = await RawServer.start(trusted((peer) => peer.ended()));
  await withClient({ maxConnPerTarget: 1 }, async (client) => {
    await winTrust(client, server.url("/first"));
    const abort = new AbortController();
    const all = [0, 1, 2].map((n) =>
      failure(client.get(server.url(`/${n}`), { signal: abort.signal }), AbortedError)
    );
    await server.peers[0].until("/2");
    abort.abort();
    await Promise.all(all);
    assertEquals(client.stats().connections, 0);
  });
});
