import { createServer } from "node:tls";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { BrokenError, TlsError } from "../../src/errors.ts";
import type { Client } from "../../src/http/client.ts";
import { failure, withClient } from "../support/client.ts";
import { turns } from "../support/clock.ts";
import { runRestricted } from "../support/program.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";
import { pathOf, root } from "../support/sources.ts";
import { makeTestTls } from "../support/tls.ts";

const tls = await makeTestTls();

/** Runs a test with the path of a socket that does not exist yet. */
async function withPath(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/socket`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a test with a server on a Unix socket that tells what it was asked. */
async function withServer(test: (path: string) => Promise<void>): Promise<void> {
  await withPath(async (path) => {
    const server = Deno.serve({ path, onListen() {} }, async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/to") {
        return new Response(null, { status: 302, headers: { Location: "http://other.test/x" } });
      }
      const host = request.headers.get("host");
      return new Response(`${request.method} ${host}${pathname} ${await request.text()}`);
    });
    try {
      await test(path);
    } finally {
      await server.shutdown();
    }
  });
}

const text = async (client: Client, url: string, options?: object) =>
  await (await client.get(url, options)).text();

Deno.test("a client calls every host on its Unix socket; Host stays the URL's", async () => {
  await withServer(async (socketPath) => {
    await withClient({ socketPath }, async (client) => {
      assertEquals(await text(client, "http://docker.test/v1"), "GET docker.test/v1 ");
      assertEquals(await text(client, "http://docker.test:81/v2"), "GET docker.test:81/v2 ");
      assertEquals(await text(client, "http://docker.test/to"), "GET other.test/x ");
      const posted = await client.post("http://docker.test/up", { body: "body" });
      assertEquals(await posted.text(), "POST docker.test/up body");
      const many = await Promise.all([1, 2, 3].map((n) => text(client, `http://docker.test/${n}`)));
      assertEquals(many, [1, 2, 3].map((n) => `GET docker.test/${n} `));
    });
  });
});

Deno.test("a request has a Unix socket of its own, and a redirect stays on it", async () => {
  await using server = await RawServer.start(answering(() => response("over TCP")));
  await withServer(async (socketPath) => {
    await withClient({}, async (client) => {
      const url = server.url("/a");
      const host = `127.0.0.1:${server.port}`;
      assertEquals(await text(client, url), "over TCP");
      assertEquals(await text(client, url, { socketPath }), `GET ${host}/a `);
      assertEquals(await text(client, server.url("/to"), { socketPath }), "GET other.test/x ");
      assertEquals(await text(client, url), "over TCP");
    });
  });
});

Deno.test("a Unix socket goes past every proxy, and needs no client IP", async () => {
  await withServer(async (socketPath) => {
    const options = { socketPath, proxy: "http://proxy.test", clientIps: ["127.0.0.1"] };
    await withClient(options, async (client) => {
      assertEquals(await text(client, "http://a.test/x"), "GET a.test/x ");
    });
  });
});

Deno.test("https over a Unix socket checks the certificate for the URL's host", async () => {
  await withPath(async (socketPath) => {
    const server = createServer(tls.server, (socket) => {
      socket.on("data", () => socket.end(response("secure")));
    });
    server.on("tlsClientError", () => {});
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    await withClient({ socketPath, tls: { caCerts: [tls.ca] }, maxRetries: 0 }, async (client) => {
      assertEquals(await text(client, "https://localhost/"), "secure");
      const error = await failure(client.get("https://other.test/"), TlsError);
      assertStringIncludes(error.message, "other.test: its certificate is for another name");
    });
    await new Promise((resolve) => server.close(resolve));
    await turns(5);
  });
});

Deno.test("a Unix socket that is not there is named", async () => {
  await withPath(async (socketPath) => {
    await withClient({ socketPath, maxRetries: 0 }, async (client) => {
      const error = await failure(client.get("http://a.test/"), BrokenError);
      assertEquals([error.code, error.sent], ["no such file or directory", "none"]);
      assertStringIncludes(error.message, socketPath);
    });
  });
});

Deno.test("without the permission the error names it", async () => {
  const run = async (options: string, url: string) => {
    const program = `
      import { Client } from "@lasa/lasa/http";
      await new Client().get("${url}", ${options}).catch((e) => console.log(e.code, e.message));
    `;
    return (await runRestricted(program, [`--allow-read=${pathOf(root)}`])).out;
  };
  const ofPath = await run(`{ socketPath: "/nowhere/socket" }`, "http://a.test/");
  assertStringIncludes(ofPath, "permission denied Cannot GET http://a.test/");
  assertStringIncludes(ofPath, "run Deno with --allow-read=/nowhere/socket");
  const ofName = await run("{}", "http://a.test/");
  assertStringIncludes(ofName, "permission denied; run Deno with --allow-net=a.test:80");
  const ofAddress = await run("{}", "http://192.0.2.1:81/");
  assertStringIncludes(ofAddress, "permission denied; run Deno with --allow-net=192.0.2.1:81");
});
