import { assertEquals } from "@std/assert";
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from "node:zlib";
import { LimitError, RemoteProtocolError } from "../../src/errors.ts";
import type { ClientOptions, RequestOptions } from "../../src/http/options.ts";
import type { HttpResponse } from "../../src/http/response.ts";
import { bytes, text } from "../support/bytes.ts";
import { failure, untilQuiet, withClient } from "../support/client.ts";
import { answering, RawServer, response } from "../support/raw_server.ts";

const PAGE = "lorem ipsum ".repeat(20_000);

async function withCoded(
  coding: string,
  body: Uint8Array,
  test: (answer: HttpResponse) => Promise<unknown>,
  options: { client?: ClientOptions; request?: RequestOptions; isBytewise?: boolean } = {},
): Promise<void> {
  await using server = await RawServer.start(async (peer) => {
    while (await peer.request() !== null) {
      const answer = response(text(body), `Content-Encoding: ${coding}\r\n`);
      await (options.isBytewise ? peer.sendBytewise(answer) : peer.send(answer));
    }
    peer.end();
  });
  await withClient(options.client ?? {}, async (client) => {
    await test(await client.get(server.url(), options.request));
    await untilQuiet(client);
  });
}

const CODED: [string, Uint8Array][] = [
  ["gzip", gzipSync(PAGE)],
  ["x-gzip", gzipSync(PAGE)],
  ["GZIP", gzipSync(PAGE)],
  ["deflate", deflateSync(PAGE)],
  ["deflate", deflateRawSync(PAGE)],
  ["br", brotliCompressSync(PAGE)],
  ["zstd", zstdCompressSync(PAGE)],
  ["identity", bytes(PAGE)],
  ["gzip, br", brotliCompressSync(gzipSync(PAGE))],
  ["br, identity, deflate", deflateSync(brotliCompressSync(PAGE))],
];

for (const [coding, body] of CODED) {
  Deno.test(`a body coded as ${coding} (${body.length} bytes) is decoded`, async () => {
    await withCoded(
      coding,
      body,
      async (answer) => assertEquals(await answer.text() === PAGE, true),
    );
    await withCoded(coding, body, async (answer) => {
      let all = "";
      for await (const piece of answer.body!) all += text(piece);
      assertEquals(all === PAGE, true);
    });
  });
}

Deno.test("a coded body that comes byte by byte is decoded", async () => {
  for (const [coding, body] of CODED.slice(0, 6).filter(([, body]) => body.length < 2_000)) {
    await withCoded(coding, body, async (answer) => {
      assertEquals(await answer.text() === PAGE, true);
    }, { isBytewise: true });
  }
});

Deno.test("an empty body is empty, whatever coding it claims", async () => {
  for (const coding of ["gzip", "deflate", "br", "zstd", "gzip, br"]) {
    await withCoded(coding, new Uint8Array(0), async (answer) => {
      assertEquals(await answer.text(), "");
    });
  }
});

Deno.test("a chunked body without any chunk is empty too", async () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n";
  await using server = await RawServer.start(answering(() => `${head}0\r\n\r\n`));
  await withClient({}, async (client) => {
    assertEquals(await (await client.get(server.url())).text(), "");
  });
});

Deno.test("a truncated or garbled body fails, and its connection serves on", async () => {
  const gzip = gzipSync(PAGE);
  const broken: [string, Uint8Array][] = [
    ["gzip", gzip.subarray(0, gzip.length - 9)],
    ["gzip", gzip.subarray(0, 5)],
    ["br", brotliCompressSync(PAGE).subarray(0, 20)],
    ["gzip", bytes("this is no gzip at all")],
    ["deflate", bytes("\xff\xff\xff\xff\xff")],
    ["br", bytes("\xff\xff\xff\xff\xff\xff")],
    ["gzip, gzip", gzip],
  ];
  for (const [coding, body] of broken) {
    await withCoded(coding, body, async (answer) => {
      assertEquals((await failure(answer.text(), RemoteProtocolError)).sent, "all");
    });
  }
});

Deno.test("a body may decode to no more than maxDecodedBytes", async () => {
  const bomb = gzipSync(new Uint8Array(20_000_000));
  const client = { maxDecodedBytes: 1_000_000 };
  await withCoded("gzip", bomb, async (answer) => {
    assertEquals((await failure(answer.text(), LimitError)).limit, "maxDecodedBytes");
  }, { client });
  await withCoded("gzip, gzip", gzipSync(bomb), async (answer) => {
    assertEquals((await failure(answer.text(), LimitError)).limit, "maxDecodedBytes");
  }, { client });
  await withCoded("gzip", gzipSync(PAGE), async (answer) => {
    assertEquals((await answer.bytes()).length, PAGE.length);
  }, { client });
});

Deno.test("more codings on top of one another than anybody needs are refused", async () => {
  await withCoded("gzip, gzip, gzip, gzip, gzip, gzip", bytes("x"), async (answer) => {
    const error = await answer.text().catch((error) => error);
    assertEquals([error.name, error.limit], ["LimitError", "maxCodings"]);
    await answer.discard();
  });
});

Deno.test("without decompress, and for a coding that is not known, the bytes stay as they are", async () => {
  const gzip = gzipSync("x");
  const raw = async (answer: HttpResponse) => {
    assertEquals(text(await answer.bytes()), text(gzip));
    assertEquals(answer.headers.has("content-encoding"), true);
  };
  await withCoded("gzip", gzip, raw, { request: { decompress: false } });
  await withCoded("gzip", gzip, raw, { client: { decompress: false } });
  await withCoded("compress", gzip, raw);
  await withCoded("gzip, compress", gzip, raw);
});

Deno.test("a coded body comes whole through a stream, which gives the buffers of its pieces away", async () => {
  const page = Array.from({ length: 20_000 }, (_, n) => `line ${n}\n`).join("");
  for (
    const [coding, coded] of [["gzip", gzipSync(page)], ["br", brotliCompressSync(page)]] as const
  ) {
    await withCoded(coding, coded, async (answer) => {
      assertEquals(await new Response(answer.body).text() === page, true, coding);
    });
  }
});

Deno.test("an answer to HEAD with a coding has no body to decode", async () => {
  await using server = await RawServer.start(
    answering(() => "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n"),
  );
  await withClient({}, async (client) => {
    assertEquals(await (await client.head(server.url())).text(), "");
  });
});

Deno.test("giving up a coded body in the middle does not wait for the rest of it", async () => {
  const gzip = gzipSync(crypto.getRandomValues(new Uint8Array(60_000)));
  await using server = await RawServer.start(async (peer) => {
    await peer.request();
    const head =
      `HTTP/1.1 200 OK\r\nContent-Length: ${gzip.length}\r\nContent-Encoding: gzip\r\n\r\n`;
    await peer.send(head + text(gzip.subarray(0, 30_000)));
    await peer.ended();
  });
  await withClient({ maxDrainBytes: 0 }, async (client) => {
    const looped = await client.get(server.url());
    for await (const _ of looped.chunks()) break;
    const streamed = await client.get(server.url());
    const reader = streamed.body!.getReader();
    await reader.read();
    await reader.cancel();
    await (await client.get(server.url())).discard();
  });
});
