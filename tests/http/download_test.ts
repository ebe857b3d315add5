import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  AbortedError,
  BrokenError,
  BusyError,
  LocalProtocolError,
  RemoteProtocolError,
} from "../../src/errors.ts";
import type { Client } from "../../src/http/client.ts";
import type { DownloadOptions, DownloadProgress } from "../../src/http/download.ts";
import { text } from "../support/bytes.ts";
import { failure, withClient } from "../support/client.ts";
import { turns, until } from "../support/clock.ts";
import { Nginx, testWithNginx } from "../support/nginx.ts";
import { Random } from "../support/random.ts";
import { RangeOrigin } from "../support/range_origin.ts";
import { RawServer } from "../support/raw_server.ts";
import { makeTestTls } from "../support/tls.ts";

const CONTENT = new Random(1).text("0123456789abcdef", 100_000);

/** The SHA-256 of a text, in hexadecimal digits. */
async function sha256(content: string): Promise<string> {
  const bytes = Uint8Array.from(content, (char) => char.charCodeAt(0));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

interface Scene {
  readonly client: Client;
  readonly origin: RangeOrigin;
  readonly folder: string;
  readonly path: string;
  /** Downloads to the path, resting no longer than it must. */
  load(options?: DownloadOptions): ReturnType<Client["download"]>;
  /** What stands at the path. */
  loaded(): Promise<string>;
  /** The names in the folder. */
  names(): string[];
}

const quick = { retry: { backoffMs: 1 } };

/** Runs a test with an origin, a client and a folder. */
async function scene(test: (scene: Scene) => Promise<void>, version?: string): Promise<void> {
  await using origin = await RangeOrigin.start(CONTENT, version);
  const folder = await Deno.makeTempDir({ prefix: "lasa-download-" });
  const path = `${folder}/file.bin`;
  try {
    await withClient({ maxRetries: 0 }, (client) =>
      test({
        client,
        origin,
        folder,
        path,
        load: (options) => client.download(origin.url, path, { ...quick, ...options }),
        loaded: async () => text(await Deno.readFile(path)),
        names: () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort(),
      }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A stream that keeps what it takes. */
function collecting(): {
  stream: WritableStream<Uint8Array>;
  taken: () => string;
  end: () => unknown;
} {
  let taken = "";
  let end: unknown = "open";
  const stream = new WritableStream<Uint8Array>({
    write: (bytes) => void (taken += text(bytes)),
    close: () => void (end = "closed"),
    abort: (reason) => void (end = reason),
  });
  return { stream, taken: () => taken, end: () => end };
}

Deno.test("a download is loaded whole, without a coding, and leaves nothing beside it", async () => {
  await scene(async ({ origin, path, load, loaded, names }) => {
    await Deno.writeTextFile(path, "an older one");
    const seen: DownloadProgress[] = [];
    const result = await load({ onProgress: (progress) => void seen.push(progress) });
    assertEquals(result, { bytes: 100_000, resumedFrom: 0, resumptions: 0, url: origin.url });
    assertEquals([await loaded() === CONTENT, names()], [true, ["file.bin"]]);
    assertEquals(seen.at(-1), { receivedBytes: 100_000, totalBytes: 100_000 });
    assertEquals(origin.requests[0].headers["accept-encoding"], "identity");
    assertEquals(origin.asked, [[undefined, undefined]]);
  });
});

Deno.test("where the connection breaks, the rest is asked for with Range and If-Range", async () => {
  await scene(async ({ origin, load, loaded }) => {
    origin.cuts = [40_000, 20_000, 0, 39_999];
    const result = await load();
    assertEquals(await loaded() === CONTENT, true);
    assertEquals([result.resumptions, result.resumedFrom], [4, 0]);
    assertEquals(origin.asked, [
      [undefined, undefined],
      ["bytes=40000-", '"one"'],
      ["bytes=60000-", '"one"'],
      ["bytes=60000-", '"one"'],
      ["bytes=99999-", '"one"'],
    ]);
  });
});

Deno.test("a stream gets every byte once, and is closed", async () => {
  await scene(async ({ client, origin }) => {
    origin.cuts = [40_000, 20_000];
    const { stream, taken, end } = collecting();
    const result = await client.download(origin.url, stream, {
      ...quick,
      sha256: await sha256(CONTENT),
    });
    assertEquals([taken() === CONTENT, end(), result.resumptions], [true, "closed", 2]);
  });
});

Deno.test("a slow stream slows the server down", async () => {
  const body = "x".repeat(50_000_000);
  let sent = 0;
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`);
    const piece = new Uint8Array(100_000);
    for (; sent < body.length && !peer.hasEnded; sent += piece.length) await peer.send(piece);
  });
  await withClient({}, async (client) => {
    const controller = new AbortController();
    let release = () => {};
    const blocked = new Promise<void>((resolve) => release = resolve);
    const stream = new WritableStream<Uint8Array>({ write: () => blocked });
    const loading = client.download(server.url(), stream, { signal: controller.signal });
    const failed = failure(loading, AbortedError);
    await until(() => sent > 0);
    for (let before = -1; before !== sent;) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert(sent < body.length / 2, `${sent} bytes were sent`);
    // A stream that takes nothing does not keep the signal from ending it.
    controller.abort();
    await failed;
    release();
  });
});

Deno.test("a date that is good enough stands in for an ETag; a weak ETag is never sent", async () => {
  const date = "Date: Sat, 21 Nov 2026 00:00:10 GMT\r\n";
  const rows: [version: string, ifRange: string | undefined][] = [
    [`${date}Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT\r\n`, "Sat, 21 Nov 2026 00:00:00 GMT"],
    // RFC 9110 §8.8.2.2: it may have changed twice in that second.
    [`${date}Last-Modified: Sat, 21 Nov 2026 00:00:10 GMT\r\n`, undefined],
    ["Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT\r\n", undefined],
    ['ETag: W/"one"\r\n', undefined],
    [`ETag: W/"one"\r\n${date}Last-Modified: Sat, 21 Nov 2026 00:00:00 GMT\r\n`, undefined],
    ["ETag: one\r\n", undefined],
    ["", undefined],
  ];
  for (const [version, ifRange] of rows) {
    await scene(async ({ origin, load, loaded }) => {
      origin.cuts = [40_000];
      const result = await load();
      assertEquals([await loaded() === CONTENT, result.bytes], [true, 100_000]);
      const range = ifRange === undefined ? undefined : "bytes=40000-";
      assertEquals(origin.asked[1], [range, ifRange], version);
    }, version);
  }
});

Deno.test("what has changed meanwhile is loaded anew", async () => {
  await scene(async ({ origin, load, loaded, names }) => {
    origin.cuts = [40_000];
    origin.onCut = () => {
      origin.body = "something shorter";
      origin.version = 'ETag: "two"\r\n';
    };
    const result = await load();
    assertEquals([await loaded(), result.bytes, names()], ["something shorter", 17, ["file.bin"]]);
    assertEquals(origin.asked[1], ["bytes=40000-", '"one"']);
  });
});

Deno.test("a stream that has taken bytes cannot start anew: the download fails, and aborts it", async () => {
  const changes: ((origin: RangeOrigin) => void)[] = [
    (origin) => origin.version = 'ETag: "two"\r\n',
    (origin) => origin.onRequest = () => ({ status: "200 OK", body: CONTENT }),
  ];
  for (const change of changes) {
    await scene(async ({ client, origin }) => {
      origin.cuts = [40_000];
      origin.onCut = () => change(origin);
      const { stream, taken, end } = collecting();
      const loading = client.download(origin.url, stream, quick);
      const error = await failure(loading, BrokenError);
      assertEquals([error.code, end() === error], ["changed", true]);
      assertEquals(taken() === CONTENT.slice(0, 40_000), true);
    });
  }
});

Deno.test("a part that cannot be the rest is not taken: the file is loaded anew, without ranges", async () => {
  const head = 'ETag: "one"\r\n';
  const rest = CONTENT.slice(40_000);
  const lies: [what: string, head: string, body: string][] = [
    ["another beginning", `${head}Content-Range: bytes 40001-99999/100000\r\n`, rest.slice(1)],
    ["another total", `${head}Content-Range: bytes 40000-99999/100001\r\n`, rest],
    ["an end behind the total", `${head}Content-Range: bytes 40000-100000/100000\r\n`, `${rest}x`],
    ["another length", `${head}Content-Range: bytes 40000-99998/100000\r\n`, rest],
    ["another ETag", 'ETag: "two"\r\nContent-Range: bytes 40000-99999/100000\r\n', rest],
    ["no Content-Range", head, rest],
    ["several parts", "Content-Type: multipart/byteranges; boundary=x\r\n", rest],
    ["another unit", `${head}Content-Range: lines 40000-99999/100000\r\n`, rest],
    [
      "a coding",
      `${head}Content-Encoding: gzip\r\nContent-Range: bytes 40000-99999/100000\r\n`,
      rest,
    ],
  ];
  for (const [what, head, body] of lies) {
    await scene(async ({ origin, load, loaded }) => {
      origin.cuts = [40_000];
      origin.onRequest = (_request, number) =>
        number === 1 ? { status: "206 Partial Content", head, body } : null;
      await load();
      assertEquals([what, await loaded() === CONTENT], [what, true]);
      assertEquals([what, ...origin.asked[2]], [what, undefined, undefined]);
    });
  }
});

Deno.test("a shorter part than was asked for is taken, and what is missing is asked for", async () => {
  await scene(async ({ origin, load, loaded }) => {
    origin.cuts = [40_000];
    origin.onRequest = (_request, number) => {
      if (number !== 1) return null;
      const head = 'ETag: "one"\r\nContent-Range: bytes 40000-49999/*\r\n';
      return { status: "206 Partial Content", head, body: CONTENT.slice(40_000, 50_000) };
    };
    assertEquals((await load()).resumptions, 1);
    assertEquals(await loaded() === CONTENT, true);
    assertEquals(origin.asked.map(([range]) => range), [undefined, "bytes=40000-", "bytes=50000-"]);
  });
});

Deno.test("416 says that all is there, where the length is the same", async () => {
  await scene(async ({ origin, path, load, loaded, names }) => {
    await Deno.writeTextFile(`${path}.part`, CONTENT);
    const note = { url: origin.url, validator: '"one"', totalBytes: CONTENT.length };
    await Deno.writeTextFile(`${path}.part.json`, JSON.stringify(note));
    assertEquals((await load()).resumedFrom, 100_000);
    assertEquals([await loaded() === CONTENT, names()], [true, ["file.bin"]]);
    assertEquals(origin.asked, [["bytes=100000-", '"one"']]);
  });
  await scene(async ({ origin, path, load, loaded }) => {
    await Deno.writeTextFile(`${path}.part`, `${CONTENT}and more`);
    const note = { url: origin.url, validator: '"one"', totalBytes: null };
    await Deno.writeTextFile(`${path}.part.json`, JSON.stringify(note));
    assertEquals((await load()).resumedFrom, 0);
    assertEquals(await loaded() === CONTENT, true);
  });
});

Deno.test("what a failed download left is gone on with by the next", async () => {
  await scene(async ({ origin, path, load, loaded, names }) => {
    origin.cuts = [40_000];
    await failure(load({ maxRetries: 0 }), RemoteProtocolError);
    assertEquals(names(), ["file.bin.part", "file.bin.part.json"]);
    assertEquals(JSON.parse(await Deno.readTextFile(`${path}.part.json`)), {
      url: origin.url,
      validator: '"one"',
      totalBytes: 100_000,
    });
    const result = await load();
    assertEquals([result.resumedFrom, result.resumptions], [40_000, 0]);
    assertEquals([await loaded() === CONTENT, names()], [true, ["file.bin"]]);
    assertEquals(origin.asked[1], ["bytes=40000-", '"one"']);
  });
});

Deno.test("what is of something else, or of who knows what, is not gone on with", async () => {
  const right = (url: string) => ({ url, validator: '"one"', totalBytes: 100_000 });
  const notes: ((url: string) => string | null)[] = [
    () => null,
    () => "{",
    () => "null",
    (url) => JSON.stringify({ ...right(url), url: `${url}?other` }),
    (url) => JSON.stringify({ ...right(url), validator: null }),
    (url) => JSON.stringify({ ...right(url), totalBytes: 3 }),
  ];
  for (const note of notes) {
    await scene(async ({ origin, path, load, loaded, names }) => {
      await Deno.writeTextFile(`${path}.part`, "something else");
      const said = note(origin.url);
      if (said !== null) await Deno.writeTextFile(`${path}.part.json`, said);
      await load();
      assertEquals([await loaded() === CONTENT, names()], [true, ["file.bin"]]);
      assertEquals(origin.asked, [[undefined, undefined]]);
    });
  }
});

Deno.test("with resume: false nothing is gone on with and nothing is left", async () => {
  await scene(async ({ origin, path, load, names, loaded }) => {
    await Deno.writeTextFile(`${path}.part`, CONTENT.slice(0, 500));
    const note = { url: origin.url, validator: '"one"', totalBytes: 100_000 };
    await Deno.writeTextFile(`${path}.part.json`, JSON.stringify(note));
    origin.cuts = [40_000, null, 40_000];
    await load({ resume: false });
    assertEquals([await loaded() === CONTENT, names()], [true, ["file.bin"]]);
    assertEquals(origin.asked, [[undefined, undefined], ["bytes=40000-", '"one"']]);
    await Deno.remove(path);
    await failure(load({ resume: false, maxRetries: 0 }), RemoteProtocolError);
    assertEquals(names(), []);
  });
});

Deno.test("a process killed in the middle leaves what the next goes on with", async () => {
  await scene(async ({ origin, path, load, loaded, names }) => {
    let isCut = false;
    origin.cuts = [40_000];
    const held = Promise.withResolvers<void>();
    await using slow = await RawServer.start(async (peer) => {
      const request = await peer.request();
      if (request === null) return;
      await peer.send('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nETag: "one"\r\n\r\n');
      await peer.send(CONTENT.slice(0, 40_000));
      isCut = true;
      await Promise.race([held.promise, peer.ended()]);
    });
    const client = new URL("../../src/http/client.ts", import.meta.url).href;
    const program = `
      import { Client } from ${JSON.stringify(client)};
      await new Client().download(${JSON.stringify(slow.url("/file.bin"))}, ${
      JSON.stringify(path)
    });
    `;
    const map = new URL("../../tools/npm_imports.json", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--ext=ts", "--quiet", "--no-check", `--import-map=${map}`, program],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(async () => {
      await turns(20);
      return isCut && (await Deno.stat(`${path}.part`).catch(() => null))?.size === 40_000;
    });
    child.kill("SIGKILL");
    await child.status;
    held.resolve();
    assertEquals(names(), ["file.bin.part", "file.bin.part.json"]);
    // The same file, from where it is served now.
    const note = JSON.parse(await Deno.readTextFile(`${path}.part.json`));
    await Deno.writeTextFile(`${path}.part.json`, JSON.stringify({ ...note, url: origin.url }));
    origin.cuts = [];
    assertEquals((await load()).resumedFrom, 40_000);
    assertEquals([await loaded() === CONTENT, names()], [true, ["file.bin"]]);
  });
});

Deno.test("a connection that breaks too often fails the download with its last error", async () => {
  await scene(async ({ origin, load, names }) => {
    origin.cuts = [10_000, 10_000, 10_000, 10_000];
    const error = await failure(load({ maxRetries: 2 }), RemoteProtocolError);
    assertEquals([error.code, origin.requests.length], ["incomplete", 3]);
    assertEquals(names(), ["file.bin.part", "file.bin.part.json"]);
  });
});

Deno.test("a status that is no success fails the download; one that passes is asked again", async () => {
  await scene(async ({ origin, load, loaded, names }) => {
    origin.onRequest = () => ({ status: "404 Not Found", body: "not here" });
    const error = await failure(load(), BrokenError);
    assertEquals([error.code, origin.requests.length, names()], ["status 404", 1, []]);
    origin.onRequest = (_request, number) =>
      number < 3 ? { status: "502 Bad Gateway", body: "not now" } : null;
    assertEquals((await load()).resumptions, 2);
    assertEquals(await loaded() === CONTENT, true);
  });
});

Deno.test("a server that is not there fails the download at once", async () => {
  await scene(async ({ client, path, names }) => {
    const error = await failure(client.download("http://127.0.0.1:1/", path), BrokenError);
    assertEquals([error.sent, names()], ["none", []]);
  });
});

Deno.test("a digest is checked over all of it, and what does not have it is thrown away", async () => {
  await scene(async ({ origin, load, names, path }) => {
    origin.cuts = [40_000, null, 30_000];
    await load({ sha256: (await sha256(CONTENT)).toUpperCase() });
    await Deno.remove(path);
    const error = await failure(load({ sha256: await sha256("other") }), RemoteProtocolError);
    assertEquals([error.code, names()], ["digest", []]);
    await assertRejects(() => load({ sha256: "abc" }), TypeError);
  });
});

Deno.test("a signal ends a download, and what has come stays", async () => {
  await scene(async ({ origin, load, names }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = () => controller.abort();
    await failure(load({ signal, onProgress }), AbortedError);
    assertEquals(names(), ["file.bin.part", "file.bin.part.json"]);
    await failure(load({ signal }), AbortedError);
    assertEquals([origin.requests.length, names().length], [1, 2]);
  });
});

Deno.test("a file that cannot be written is told as the disk's error", async () => {
  await scene(async ({ client, origin, folder, path }) => {
    const missing = await failure(
      client.download(origin.url, `${folder}/missing/file.bin`),
      BrokenError,
    );
    assertEquals(missing.code, "disk");
    assert(missing.cause instanceof Deno.errors.NotFound);
    // What stands in the way of the whole file does not cost what was loaded.
    await Deno.mkdir(path);
    const blocked = await failure(client.download(origin.url, path), BrokenError);
    assertEquals(blocked.code, "disk");
    await Deno.remove(path);
    assertEquals((await client.download(origin.url, path)).resumedFrom, 100_000);
  });
});

Deno.test("two downloads to one file do not mix", async () => {
  await scene(async ({ load, loaded, names }) => {
    const both = await Promise.allSettled([load(), load()]);
    const failed = both.filter((each) => each.status === "rejected");
    assertEquals(failed.length, 1);
    assert(failed[0].reason instanceof BusyError);
    assertEquals([await loaded() === CONTENT, names()], [true, ["file.bin"]]);
  });
});

Deno.test("a body that is coded all the same is decoded, and loaded anew where it breaks", async () => {
  const coded = new Blob([CONTENT]).stream().pipeThrough(new CompressionStream("gzip"));
  const gzip = text(await new Response(coded).bytes());
  await scene(async ({ origin, load, loaded }) => {
    origin.cuts = [1_000];
    origin.onRequest = () => ({ head: 'ETag: "one"\r\nContent-Encoding: gzip\r\n', body: gzip });
    assertEquals((await load()).bytes, 100_000);
    assertEquals([await loaded() === CONTENT, origin.asked[1]], [true, [undefined, undefined]]);
  });
});

Deno.test("a body without a length is whole where it ends", async () => {
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    await peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    await peer.ended();
  });
  await withClient({}, async (client) => {
    const { stream, taken } = collecting();
    const seen: DownloadProgress[] = [];
    await client.download(server.url(), stream, { onProgress: (each) => void seen.push(each) });
    assertEquals([taken(), seen.at(-1)], ["hello", { receivedBytes: 5, totalBytes: null }]);
  });
});

Deno.test("an empty file is loaded too", async () => {
  await scene(async ({ origin, load, loaded, names }) => {
    origin.body = "";
    assertEquals((await load()).bytes, 0);
    assertEquals([await loaded(), names()], ["", ["file.bin"]]);
  });
});

Deno.test("the fields of ranges are the download's own", async () => {
  await scene(async ({ origin, load, client }) => {
    for (const name of ["Range", "if-range", "Accept-Encoding"]) {
      await failure(load({ headers: { [name]: "x" } }), LocalProtocolError);
    }
    await assertRejects(() => client.download(origin.url, new URL("http://127.0.0.1/")), TypeError);
    await load({ headers: { "x-own": "1" } });
    assertEquals(origin.requests[0].headers["x-own"], "1");
  });
});

testWithNginx(
  "nginx's file is loaded whole through a line that is cut again and again",
  async () => {
    const content = new TextEncoder().encode(new Random(2).text("0123456789abcdef", 3_000_000));
    await using nginx = await Nginx.start([["file.bin", content]], (await makeTestTls()).server);
    const random = new Random(3);
    let cuts = 0;
    await using line = await RawServer.start(async (peer) => {
      using origin = await Deno.connect({ hostname: "127.0.0.1", port: nginx.port });
      const request = await peer.request();
      if (request === null) return;
      const asked = request.raw.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
      await origin.write(new TextEncoder().encode(asked));
      const buffer = new Uint8Array(65_536);
      for (let left = 100_000 + random.below(500_000); left > 0;) {
        const count = await origin.read(buffer.subarray(0, Math.min(buffer.length, left)));
        if (count === null) return peer.end();
        await peer.send(buffer.slice(0, count));
        left -= count;
      }
      cuts++;
      if (cuts % 2 === 0) peer.reset();
      else peer.end();
    });
    await withClient({}, async (client) => {
      const path = await Deno.makeTempFile();
      try {
        const result = await client.download(line.url("/file.bin"), path, {
          ...quick,
          maxRetries: 100,
        });
        assertEquals(result.bytes, content.length);
        assertEquals(await Deno.readFile(path), content);
        assert(
          cuts > 2 && result.resumptions === cuts,
          `${cuts} cuts, ${result.resumptions} resumed`,
        );
      } finally {
        await Deno.remove(path);
      }
    });
  },
);
